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
        while (await reader.ReadAsync(cancel))
        {
            var currency = Currency.Of(reader.GetString(7));
            var (expected, found) = (Again(reader, currency), new MoneyAmount(reader.GetInt64(8), currency));
            if (expected == found)
            {
                continue;
            }

            count++;
            if (first.Count < VerifySql.Listed)
            {
                var feature = reader.IsDBNull(2) ? null : reader.GetString(2);
                first.Add(
                    new(reader.GetString(0), reader.GetString(1), feature, reader.GetString(3), expected.ToString(), found.ToString()));
            }
        }

        return new("rates", "the amount of a line or a rated period differs from its price times its quantity", true, count, first);
    }

    private static MoneyAmount Again(NpgsqlDataReader reader, Currency currency)
    {
        var quantity = Quantity.Of(reader.GetDecimal(5));
        if (reader.IsDBNull(4))
        {
            return new ExactMoney(quantity.Value * reader.GetDecimal(6), currency).Rounded();
        }

        return reader.IsDBNull(9)
            ? RatingRules.Rate(PriceText.Read(reader.GetString(4), currency), quantity).Amount
            : RatingRules.Rate(PartText.Read(reader.GetString(9), currency, static _ => null), currency).Amount;
    }
}
