using System.Globalization;
using Npgsql;
using NpgsqlTypes;
using Tollgate.Core.Money;
using Tollgate.Core.Rating;
using Tollgate.Core.Time;
using Tollgate.Engine.Postgres;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Invoicing;

/// <summary>The position of a row in the list, which makes its id.</summary>
public readonly record struct LateUsagePlace(Instant PeriodStart, int Account, int Feature)
{
    private const long MicrosecondsPerSecond = 1_000_000;

    /// <summary>Returns an opaque id; quota periods begin at whole seconds.</summary>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{PeriodStart.UnixMicroseconds / MicrosecondsPerSecond}-{Account}-{Feature}");

    public static bool TryParse(string text, out LateUsagePlace place)
    {
        place = default;
        if (text.Split('-') is not [var start, var account, var feature]
            || !uint.TryParse(start, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)
            || !int.TryParse(account, NumberStyles.None, CultureInfo.InvariantCulture, out var accountNumber)
            || !int.TryParse(feature, NumberStyles.None, CultureInfo.InvariantCulture, out var featureNumber))
        {
            return false;
        }

        place = new(Instant.FromUnixSeconds(seconds), accountNumber, featureNumber);
        return true;
    }
}

/// <summary>Usage that arrived too late for the invoice of its period, and was not billed.</summary>
/// <param name="Customer">The project's own id.</param>
/// <param name="Feature">The feature's code, even if the catalogue has dropped it since.</param>
public sealed record LateUsageRow(LateUsagePlace Place, string Customer, string Feature, Period Period, LateUsage Ignored);

/// <summary>Reads usage that a meter's policy ignored. The project bounds every statement.</summary>
public sealed class LateUsageQueries(NpgsqlDataSource database)
{
    /// <summary>Lists the newest period first.</summary>
    /// <param name="after">The last row of the previous page; null: the beginning.</param>
    public async Task<IReadOnlyList<LateUsageRow>> ListAsync(
        ProjectSnapshot project, LateUsagePlace? after, int limit, CancellationToken cancel)
    {
        await using var command = database.Command(
            InvoiceSql.LateUsage,
            project.Id,
            SqlCommands.OrNull(after?.PeriodStart.ToUtc(), NpgsqlDbType.TimestampTz),
            SqlCommands.OrNull(after?.Account, NpgsqlDbType.Integer),
            SqlCommands.OrNull(after?.Feature, NpgsqlDbType.Integer),
            limit);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var rows = new List<LateUsageRow>();
        var row = new RowReader(reader);
        while (await reader.ReadAsync(cancel))
        {
            var period = new Period(row.Time("period_start"), row.Time("period_end"));
            rows.Add(new(
                new(period.Start, row.Whole("account"), row.Whole("feature")), row.Text("customer_id"), row.Text("feature_code"), period,
                new(Quantity.Of(row.Number("ignored_quantity")), new(row.Long("ignored_amount"), Currency.Of(row.Text("currency"))))));
        }

        return rows;
    }
}
