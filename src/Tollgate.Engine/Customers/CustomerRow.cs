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

    /// <summary>Returns null if this project has no such customer.</summary>
    internal static async Task<CustomerRow?> FindAsync(
        NpgsqlConnection connection, ProjectSnapshot project, string id, CancellationToken cancel)
    {
        await using var command = connection.Command(CustomerSql.Find, CustomerPlace.PartitionOf(project.Id, id), project.Id, id);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        return await reader.ReadAsync(cancel) ? Read(new(reader), project) : null;
    }

    /// <summary>Reads the columns of <c>CustomerSql.Columns</c>.</summary>
    internal static CustomerRow Read(RowReader row, ProjectSnapshot project)
    {
        var profile = new CustomerProfile
        {
            Name = row.TextOrNull("name"),
            Email = row.TextOrNull("email"),
            Currency = row.TextOrNull("customer_currency"),
            TimeZone = row.TextOrNull("time_zone"),
            Country = row.TextOrNull("country"),
            TaxId = row.TextOrNull("tax_id"),
            TaxExempt = row.TextOrNull("tax_exempt") is { } exempt ? JsonSerializer.Deserialize<TaxExemption>(exempt) : null,
            Metadata = JsonSerializer.Deserialize<Dictionary<string, string>>(row.Text("metadata"))!,
        };
        var customer = new Customer(
            row.Text("customer_id"),
            profile,
            row.TextOrNull("plan_code") ?? project.Catalog.DefaultPlan.Code,
            row.IsNull("plan_version") ? project.Catalog.DefaultPlan.Number : row.Whole("plan_version"),
            row.Time("created_at"))
        {
            Owner = row.TextOrNull("owner"),
            Vat = VatOf(
                row.TextOrNull("vat_check"), row.Flag("vat_check_is_due") && VatIds.InVies(profile.Country, profile.TaxId) is not null),
        };
        return new(
            customer, row.Small("customer_partition"), row.Whole("customer_account"),
            row.WholeOrNull("customer_plan_version_id"), row.Text("overrides"))
        {
            Cycles = CycleText.Read(row.Text("cycles")),
            PreviousPlanVersionId = row.WholeOrNull("previous_plan_version_id"),
            PlanAssignedAt = row.TimeOrNull("plan_assigned_at"),
            AddOns = row.Text("customer_add_ons"),
        };
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
