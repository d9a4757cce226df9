using System.Globalization;
using System.Text.Json.Serialization;
using Tollgate.Core.Time;

namespace Tollgate.Core.Customers;

/// <summary>The answer to the check of a VAT id.</summary>
public enum VatAnswer
{
    Valid,
    Invalid,

    /// <summary>VIES, or the register of the id's country, did not answer.</summary>
    Unavailable,
}

/// <summary>The status of a customer's VAT id.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<VatStatus>))]
public enum VatStatus
{
    /// <summary>Not checked: there is no id, or its country is not in VIES.</summary>
    Unchecked,

    /// <summary>The form and the check digits are right, and VIES has not answered yet, or the look-up is off.</summary>
    Pending,
    Valid,
    Invalid,
}

/// <summary>One answer: an immutable fact.</summary>
/// <param name="Source"><c>vies</c> or <c>sandbox</c>.</param>
/// <param name="AskedAt">The time of the request to the source, also for an answer shared from another customer with the same id.</param>
public sealed record VatCheck(VatAnswer Answer, string Source, Instant AskedAt)
{
    /// <summary>
    /// The consultation number, which proves the request to VIES. VIES gives one if the request names the seller's VAT id.
    /// </summary>
    public string? Consultation { get; init; }

    /// <summary>The owner of the id, if its country reveals it.</summary>
    public string? Name { get; init; }

    /// <summary>The reason why there is no answer, or the text of VIES about an id that it could not read.</summary>
    public string? Detail { get; init; }
}

/// <summary>The status of a customer's VAT id with its check.</summary>
/// <param name="Check">The last answer that is valid or invalid; without one, the last attempt.</param>
public sealed record VatStanding(VatStatus Status, VatCheck? Check)
{
    /// <summary>The time of the first request to VIES for the id; null: none was made.</summary>
    public Instant? AskedSince { get; init; }

    public static readonly VatStanding Unchecked = new(VatStatus.Unchecked, null);

    /// <param name="check">See <see cref="Check"/>.</param>
    /// <param name="isDue">True if Tollgate will ask VIES.</param>
    public static VatStanding Of(VatCheck? check, bool isDue) => new(
        check?.Answer switch
        {
            VatAnswer.Valid => VatStatus.Valid,
            VatAnswer.Invalid => VatStatus.Invalid,
            _ => isDue ? VatStatus.Pending : VatStatus.Unchecked,
        },
        check);
}

/// <summary>The check of the buyer's VAT id, as an invoice keeps it from the time of its issue.</summary>
public sealed record VatEvidence(VatStatus Status, string? Source, DateTimeOffset? CheckedAt, string? Consultation)
{
    /// <summary>True if the first request to VIES is so old that a pending id no longer removes tax.</summary>
    public bool IsOverdue { get; init; }

    /// <param name="at">The time of the invoice's issue, on the project's clock.</param>
    public static VatEvidence? Of(VatStanding standing, Instant at) => standing switch
    {
        { Status: VatStatus.Unchecked } => null,
        { Check: { } check } => new(standing.Status, check.Source, check.AskedAt.ToOffset(), check.Consultation)
        {
            IsOverdue = standing.Status == VatStatus.Pending && standing.AskedSince is { } since
                && at >= since.Plus(VatCheckRules.LongestPending),
        },
        _ => new(standing.Status, null, null, null),
    };

    /// <summary>The text after the sentence about reverse charge.</summary>
    public string Note => Status switch
    {
        VatStatus.Valid => string.Create(
            CultureInfo.InvariantCulture,
            $" {SourceName} confirmed the VAT id on {CheckedAt:yyyy-MM-dd}{(Consultation is { } number ? $", consultation {number}" : "")}."),
        VatStatus.Pending => " VIES has not confirmed the VAT id yet.",
        _ => "",
    };

    private string SourceName => Source == VatCheckRules.Sandbox ? "The sandbox" : "VIES";
}

public static class VatCheckRules
{
    public const string Vies = "vies", Sandbox = "sandbox";

    /// <summary>
    /// The time after the first request to VIES for which a pending id removes tax. Registers are down for hours, rarely for days: an id
    /// without an answer after two weeks is not waiting for a register to return.
    /// </summary>
    public static readonly TimeSpan LongestPending = TimeSpan.FromDays(14);

    /// <summary>The time for which all customers of the project with the same id share an answer.</summary>
    public static readonly TimeSpan Shared = TimeSpan.FromDays(1);

    /// <summary>Digits within an id that select the answer in a sandbox project. All other ids are valid.</summary>
    public const string InvalidInSandbox = "111111", UnavailableInSandbox = "222222";

    /// <summary>
    /// Returns the time until the next check. Ids are returned and revoked, so Tollgate checks a valid id again after a month, an invalid
    /// one after a week. The pause without an answer grows (<c>ParkedWork</c>).
    /// </summary>
    public static TimeSpan RetryAfter(VatAnswer answer) => answer switch
    {
        VatAnswer.Valid => TimeSpan.FromDays(30),
        VatAnswer.Invalid => TimeSpan.FromDays(7),
        _ => TimeSpan.FromSeconds(10),
    };

    /// <summary>Returns the answer for sandbox projects, which have no network.</summary>
    public static VatCheck InSandbox(ViesId id, Instant now) => id.Number switch
    {
        var number when number.Contains(InvalidInSandbox, StringComparison.Ordinal) => new(VatAnswer.Invalid, Sandbox, now),
        var number when number.Contains(UnavailableInSandbox, StringComparison.Ordinal) =>
            new(VatAnswer.Unavailable, Sandbox, now) { Detail = "The sandbox does not answer for ids with 222222." },
        _ => new(VatAnswer.Valid, Sandbox, now) { Name = "Sandbox company", Consultation = "SANDBOX" },
    };
}
