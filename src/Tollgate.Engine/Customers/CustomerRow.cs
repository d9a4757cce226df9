using System.Text.Json;
using Npgsql;
using NpgsqlTypes;
using Tollgate.Core.Catalog;
using Tollgate.Core.Customers;
using Tollgate.Core.Time;
using Tollgate.Engine.Postgres;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Customers;

/// <summary>A row of <c>customers</c> with the plan version that it is pinned to.</summary>
/// <param name="PlanVersionId">Null: the newest version of the project's default plan.</param>
/// <param name="Overrides">JSON: feature code → changed members of the entitlement.</param>
public sealed record CustomerRow(Customer Customer, short Partition, int Account, int? PlanVersionId, string Overrides)
{
    /// <summary>The billing cycles that determine billing months.</summary>
    public IReadOnlyList<BillingCycle> Cycles { get; init; } = [];

    /// <summary>The version before <see cref="PlanAssignedAt"/>.</summary>
    public int? PreviousPlanVersionId { get; init; }

    public Instant? PlanAssignedAt { get; init; }

    /// <summary>The add-ons of the subscription: see <see cref="AddOnText"/>.</summary>
    public string AddOns { get; init; } = AddOnText.None;

    /// <summary>The customer whose balances this one uses, as its member; null: its own.</summary>
    public string? Owner => Customer.Owner;

    /// <summary>Reads the columns of <c>CustomerSql.Columns</c>, in their order.</summary>
    /// <param name="first">The index of the first of them.</param>
    internal static CustomerRow Read(NpgsqlDataReader reader, ProjectSnapshot project, int first = 0)
    {
        var profile = new CustomerProfile
        {
            Name = TextOrNull(1),
            Email = TextOrNull(2),
            Currency = TextOrNull(3),
            TimeZone = TextOrNull(4),
            Country = TextOrNull(5),
            TaxId = TextOrNull(6),
            TaxExempt = TextOrNull(20) is { } exempt ? JsonSerializer.Deserialize<TaxExemption>(exempt) : null,
            Metadata = JsonSerializer.Deserialize<Dictionary<string, string>>(reader.GetString(first + 7))!,
        };
        var customer = new Customer(
            reader.GetString(first + 0),
            profile,
            TextOrNull(10) ?? project.Catalog.DefaultPlan.Code,
            reader.IsDBNull(first + 11) ? project.Catalog.DefaultPlan.Number : reader.GetInt32(first + 11),
            Instant.FromUtc(reader.GetDateTime(first + 8)))
        {
            Owner = TextOrNull(19),
            Vat = VatOf(TextOrNull(22), reader.GetBoolean(first + 21) && VatIds.InVies(profile.Country, profile.TaxId) is not null),
        };
        return new(
            customer, reader.GetInt16(first + 12), reader.GetInt32(first + 13),
            reader.IsDBNull(first + 9) ? null : reader.GetInt32(first + 9), reader.GetString(first + 14))
        {
            Cycles = CycleText.Read(reader.GetString(first + 15)),
            PreviousPlanVersionId = reader.IsDBNull(first + 16) ? null : reader.GetInt32(first + 16),
            PlanAssignedAt = reader.IsDBNull(first + 17) ? null : Instant.FromUtc(reader.GetDateTime(first + 17)),
            AddOns = reader.GetString(first + 18),
        };

        string? TextOrNull(int column) => reader.IsDBNull(first + column) ? null : reader.GetString(first + column);
    }

    /// <param name="json">The last answer; null: there is none.</param>
    private static VatStanding VatOf(string? json, bool isDue)
    {
        if (json is null)
        {
            return VatStanding.Of(null, isDue);
        }

        using var document = JsonDocument.Parse(json);
        var check = document.RootElement;
        var last = new VatCheck(
            CatalogWords.Read<VatAnswer>(check.GetProperty("Answer").GetString()!), check.GetProperty("Source").GetString()!,
            Instant.From(check.GetProperty("AskedAt").GetDateTimeOffset()))
        {
            Consultation = check.GetProperty("Consultation").GetString(), Name = check.GetProperty("Name").GetString(),
            Detail = check.GetProperty("Detail").GetString(),
        };
        return VatStanding.Of(last, isDue) with { AskedSince = Instant.From(check.GetProperty("Since").GetDateTimeOffset()) };
    }

    /// <summary>Returns the parameters <c>$4..$11</c> of the statements that write a profile.</summary>
    internal static object?[] ProfileParameters(CustomerProfile profile) =>
    [
        profile.Name, profile.Email, profile.Currency, profile.TimeZone, profile.Country, profile.TaxId,
        Json(JsonSerializer.Serialize(profile.Metadata)),
        profile.TaxExempt is { } exempt ? Json(JsonSerializer.Serialize(exempt)) : SqlCommands.OrNull(null, NpgsqlDbType.Jsonb),
    ];

    internal static NpgsqlParameter Json(string text) => new() { Value = text, NpgsqlDbType = NpgsqlDbType.Jsonb };
}
