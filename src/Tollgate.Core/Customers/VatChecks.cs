using System.Globalization;
using System.Text.Json.Serialization;
using Tollgate.Core.Time;

namespace Tollgate.Core.Customers;

/// <summary>What came of asking for a VAT id.</summary>
public enum VatAnswer
{
    Valid,
    Invalid,

    /// <summary>VIES, or the register of the id's country, did not answer.</summary>
    Unavailable,
}

/// <summary>What a customer's VAT id is known to be.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<VatStatus>))]
public enum VatStatus
{
    /// <summary>Nobody is asked: there is no id, or its country is not in VIES.</summary>
    Unchecked,

    /// <summary>Form and check digits are right, and VIES has not answered yet, or the look-up is off.</summary>
    Pending,
    Valid,
    Invalid,
}

/// <summary>One answer: a fact, never changed.</summary>
/// <param name="Source"><c>vies</c> or <c>sandbox</c>.</param>
/// <param name="AskedAt">When the source was asked, also where the answer was taken over from another customer with the same id.</param>
public sealed record VatCheck(VatAnswer Answer, string Source, Instant AskedAt)
{
    /// <summary>The consultation number: the proof that VIES was asked. VIES gives one when the seller's own VAT id is known.</summary>
    public string? Consultation { get; init; }

    /// <summary>The owner of the id, where its country tells.</summary>
    public string? Name { get; init; }

    /// <summary>Why there was no answer, or what VIES wrote of an id that it could not read.</summary>
    public string? Detail { get; init; }
}

/// <summary>Where a customer's VAT id stands.</summary>
/// <param name="Check">The last answer that says valid or invalid; where there is none, the last attempt.</param>
public sealed record VatStanding(VatStatus Status, VatCheck? Check)
{
    /// <summary>When VIES was first asked for the id; null: it was not asked.</summary>
    public Instant? AskedSince { get; init; }

    public static readonly VatStanding Unchecked = new(VatStatus.Unchecked, null);

    /// <param name="check">See <see cref="Check"/>.</param>
    /// <param name="isDue">VIES will be asked.</param>
    public static VatStanding Of(VatCheck? check, bool isDue) => new(
        check?.Answer switch
        {
            VatAnswer.Valid => VatStatus.Valid,
            VatAnswer.Invalid => VatStatus.Invalid,
            _ => isDue ? VatStatus.Pending : VatStatus.Unchecked,
        },
        check);
}

/// <summary>What an invoice keeps of the check of its buyer's VAT id, as it stood when the invoice was issued.</summary>
public sealed record VatEvidence(VatStatus Status, string? Source, DateTimeOffset? CheckedAt, string? Consultation)
{
    /// <summary>VIES was first asked so long ago that a pending id takes no tax off any more.</summary>
    public bool IsOverdue { get; init; }

    /// <param name="at">When the invoice is issued, on the project's clock.</param>
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

    /// <summary>Behind the sentence about reverse charge.</summary>
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
    /// A pending id takes tax off for so long after VIES was first asked. Registers are down for hours, rarely for days: an id that no
    /// register knows after two weeks is not waiting for one to come back.
    /// </summary>
    public static readonly TimeSpan LongestPending = TimeSpan.FromDays(14);

    /// <summary>An answer serves all customers of the project with the same id for so long.</summary>
    public static readonly TimeSpan Shared = TimeSpan.FromDays(1);

    /// <summary>Digits within an id that decide what a sandbox project is answered. All other ids are valid.</summary>
    public const string InvalidInSandbox = "111111", UnavailableInSandbox = "222222";

    /// <summary>
    /// Ids are given back and taken away: what was valid is asked for again after a month, what was not after a week. The pause after no
    /// answer grows (<c>ParkedWork</c>).
    /// </summary>
    public static TimeSpan RetryAfter(VatAnswer answer) => answer switch
    {
        VatAnswer.Valid => TimeSpan.FromDays(30),
        VatAnswer.Invalid => TimeSpan.FromDays(7),
        _ => TimeSpan.FromSeconds(10),
    };

    /// <summary>Sandbox projects have no network.</summary>
    public static VatCheck InSandbox(ViesId id, Instant now) => id.Number switch
    {
        var number when number.Contains(InvalidInSandbox, StringComparison.Ordinal) => new(VatAnswer.Invalid, Sandbox, now),
        var number when number.Contains(UnavailableInSandbox, StringComparison.Ordinal) =>
            new(VatAnswer.Unavailable, Sandbox, now) { Detail = "The sandbox does not answer for ids with 222222." },
        _ => new(VatAnswer.Valid, Sandbox, now) { Name = "Sandbox company", Consultation = "SANDBOX" },
    };
}
