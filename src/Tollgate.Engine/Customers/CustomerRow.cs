using System.Text.Json;
using Npgsql;
using NpgsqlTypes;
using Tollgate.Core.Customers;
using Tollgate.Core.Time;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Customers;

/// <summary>A row of <c>customers</c> with the plan version that it is pinned to.</summary>
/// <param name="PlanVersionId">Null: the newest version of the project's default plan.</param>
/// <param name="Overrides">JSON: feature code → changed members of the entitlement.</param>
public sealed record CustomerRow(Customer Customer, short Partition, int Account, int? PlanVersionId, string Overrides)
{
    /// <summary>The columns of <c>CustomerSql.Columns</c>, in their order.</summary>
    internal static CustomerRow Read(NpgsqlDataReader reader, ProjectSnapshot project)
    {
        var profile = new CustomerProfile
        {
            Name = TextOrNull(1),
            Email = TextOrNull(2),
            Currency = TextOrNull(3),
            TimeZone = TextOrNull(4),
            Country = TextOrNull(5),
            TaxId = TextOrNull(6),
            Metadata = JsonSerializer.Deserialize<Dictionary<string, string>>(reader.GetString(7))!,
        };
        var customer = new Customer(
            reader.GetString(0),
            profile,
            TextOrNull(10) ?? project.Catalog.DefaultPlan.Code,
            reader.IsDBNull(11) ? project.Catalog.DefaultPlan.Number : reader.GetInt32(11),
            Instant.FromUtc(reader.GetDateTime(8)));
        return new(customer, reader.GetInt16(12), reader.GetInt32(13), reader.IsDBNull(9) ? null : reader.GetInt32(9), reader.GetString(14));

        string? TextOrNull(int column) => reader.IsDBNull(column) ? null : reader.GetString(column);
    }

    /// <summary>The parameters <c>$4..$10</c> of the statements that write a profile.</summary>
    internal static object?[] ProfileParameters(CustomerProfile profile) =>
    [
        profile.Name, profile.Email, profile.Currency, profile.TimeZone, profile.Country, profile.TaxId,
        Json(JsonSerializer.Serialize(profile.Metadata)),
    ];

    internal static NpgsqlParameter Json(string text) => new() { Value = text, NpgsqlDbType = NpgsqlDbType.Jsonb };
}
