using Npgsql;
using NpgsqlTypes;
using Tollgate.Core.Money;
using Tollgate.Core.Rating;
using Tollgate.Engine.Invoicing;
using Tollgate.Engine.Postgres;

namespace Tollgate.Engine.Verification;

/// <summary>
/// Recomputes the price of rated usage and of lines with one price by the rules, and compares it with the billed amounts. Streams: memory
/// does not grow with the data.
/// </summary>
internal static class VerifyRates
{
    public static async Task<VerifyFinding> RunAsync(NpgsqlConnection connection, int? projectId, CancellationToken cancel)
    {
        await using var command = connection.Command(InvoiceVerifySql.Rates, SqlCommands.OrNull(projectId, NpgsqlDbType.Integer));
        command.CommandTimeout = 0;
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var (first, count) = (new List<VerifyPlace>(), 0L);
        var row = new RowReader(reader);
        while (await reader.ReadAsync(cancel))
        {
            var currency = Currency.Of(row.Text("currency"));
            var (expected, found) = (Again(row, currency), new MoneyAmount(row.Long("amount"), currency));
            if (expected == found)
            {
                continue;
            }

            count++;
            if (first.Count < VerifySql.Listed)
            {
                var feature = row.TextOrNull("feature");
                first.Add(
                    new(row.Text("project"), row.Text("customer"), feature, row.Text("place"), expected.ToString(), found.ToString()));
            }
        }

        return new("rates", "the amount of a line or a rated period differs from its price times its quantity", true, count, first);
    }

    private static MoneyAmount Again(RowReader row, Currency currency) => row.TextOrNull("parts") is { } parts
        ? RatingRules.Rate(PartText.Read(parts, currency, static _ => null), currency).Amount
        : new ExactMoney(row.Number("quantity") * row.Number("unit_price"), currency).Rounded();
}
