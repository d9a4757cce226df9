using Npgsql;
using NpgsqlTypes;
using Tollgate.Core.Analytics;
using Tollgate.Core.Customers;
using Tollgate.Core.Money;
using Tollgate.Core.Time;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Postgres;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Analytics;

/// <summary>The use of a feature by a customer in the running period, and what is expected.</summary>
/// <param name="Limit">Quota and grants; null: unlimited.</param>
public sealed record UsageProjected(string Customer, string Feature, Quantity Used, Quantity? Limit, Period Period, UsageForecast Forecast);

/// <summary>Projects the usage of running quota periods.</summary>
public sealed class ForecastQueries(NpgsqlDataSource database, AdoptionQueries adoption, Clock clock)
{
    /// <summary>
    /// Returns the use in running periods; the one first that reaches its limit first at an even pace, and use without a limit last.
    /// </summary>
    /// <param name="customer">Null: all customers.</param>
    /// <param name="feature">Null: all features.</param>
    public async Task<IReadOnlyList<UsageProjected>> ListAsync(
        ProjectSnapshot project, string? customer, string? feature, int most, CancellationToken cancel)
    {
        var now = clock.Now(project);
        var paces = await adoption.PacesAsync(project, cancel);
        object[] what = [project.Id, now.ToUtc(), SqlCommands.OrNull(feature, NpgsqlDbType.Text), (long)most];
        await using var command = customer is null
            ? database.Command(ForecastSql.OfProject, what)
            : database.Command(ForecastSql.OfCustomer, [.. what, CustomerPlace.PartitionOf(project.Id, customer), customer]);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var rows = new List<UsageProjected>();
        var row = new RowReader(reader);
        while (await reader.ReadAsync(cancel))
        {
            var (used, period) = (Quantity.Of(row.Number("used")), new Period(row.Time("period_start"), row.Time("period_end")));
            Quantity? limit = row.NumberOrNull("most") is { } quota ? Quantity.Of(quota) : null;
            var isLevel = project.Catalog.FeaturesByKey.TryGetValue(row.Whole("feature"), out var entry) && entry.Feature.IsLevel;
            rows.Add(new(
                row.Text("customer"), row.Text("code"), used, limit, period,
                isLevel
                    ? new(used, limit is { } most2 && used >= most2 ? now : null)
                    : ForecastRules.Of(
                        used, limit, period, now, paces.GetValueOrDefault(row.Whole("feature"), WeekdayPace.Even), project.Zone)));
        }

        return rows;
    }
}
