using System.Globalization;
using Npgsql;
using Tollgate.Core.Metering;
using Tollgate.Core.Money;
using Tollgate.Server.Tests.Customers;

namespace Tollgate.Server.Tests.Analytics;

/// <summary>The rule of signals exists in C#, for the door, and in SQL, for recorded events and verify. Both must say the same.</summary>
[Collection(RunningServerTests.Invoicing)]
public sealed class SignalRuleTests(RunningServer running)
{
    private const int Events = 4_000;

    private static readonly string[] Types =
        [SignalRules.OnboardingCompleted, SignalRules.SupportTicket, SignalRules.Csat, SignalRules.ValueMetric];

    private static readonly string[] Scores =
        ["0", "1", "2", "3", "4", "5", "6", "-1", "4.0", "4.000", "4.5", "14", "\"5\"", "\"5.0\"", "\"5.\"", "\"5 \"", "\"5\\n\"", "\"٥\"", "\"\"",
         "null", "true", "[5]", "{\"a\":5}"];

    private static readonly string[] Words =
        ["\"hours_saved\"", "\"h\"", "\"h9_\"", "\"Hours\"", "\"9h\"", "\"_h\"", "\"\"", "\"ساعات\"", "\"a b\"", "\"h\\n\"", "\"o'clock\"", "\"é\"",
         "7", "null", "true", "[\"h\"]"];

    private static readonly string[] Numbers =
        ["0", "0.0", "7", "7.50", "0.000000001", "0.0000000001", "1.0000000000", "999999999999999999.999999999", "1000000000000000000", "-0.5",
         "\"7\"", "null", "false", "[7]"];

    // jsonb forgets how a number was written, so only a number that the door accepts is compared.
    private static readonly string[] Spellings = ["1e3", "2E0", "5e-1", "1e-10", "1e30", "0e5", "-0", "3.0000000000000000000000000000000000"];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Both_rules_read_the_same_signal_from_a_random_event(int seed)
    {
        var random = new Random(seed);
        var events = Enumerable.Range(0, Events).Select(_ => EventOf(random)).ToList();
        var recorded = await SignalsAsync(events);
        var accepted = 0;
        for (var at = 0; at < events.Count; at++)
        {
            var (type, quantity, properties, isPlain) = events[at];
            var signal = SignalRules.Of(SignalRules.KindOf(type)!.Value, Quantity.Of(quantity), properties, out _);
            if (signal is null && !isPlain)
            {
                continue;
            }

            accepted += signal is null ? 0 : 1;
            recorded.GetValueOrDefault(at).ShouldBe(
                signal is null ? null : (signal.Name, signal.Unit, signal.Value.Value), $"{type} {quantity} {properties}");
        }

        accepted.ShouldBeInRange(Events / 4, Events - (Events / 8), "Both answers are tested.");
    }

    private async Task<Dictionary<int, (string Name, string Unit, decimal Value)?>> SignalsAsync(
        List<(string Type, decimal Quantity, string? Properties, bool IsPlain)> events)
    {
        await using var connection = new NpgsqlConnection(running.ConnectionString);
        await connection.OpenAsync(TestContext.Current.CancellationToken);
        await using var command = new NpgsqlCommand(
            """
            SELECT x.number - 1, s.name, s.unit, trim_scale(s.value)
              FROM unnest($1::text[], $2::numeric[], $3::text[]) WITH ORDINALITY AS x (type, quantity, properties, number)
             CROSS JOIN LATERAL signal_of(x.type, x.quantity, x.properties::jsonb) s
            """, connection)
        {
            Parameters =
            {
                new() { Value = events.Select(static one => one.Type).ToArray() },
                new() { Value = events.Select(static one => one.Quantity).ToArray() },
                new() { Value = events.Select(static one => one.Properties).ToArray() },
            },
        };
        await using var reader = await command.ExecuteReaderAsync(TestContext.Current.CancellationToken);
        var signals = new Dictionary<int, (string, string, decimal)?>();
        while (await reader.ReadAsync(TestContext.Current.CancellationToken))
        {
            signals.Add((int)reader.GetInt64(0), (reader.GetString(1), reader.GetString(2), reader.GetDecimal(3)));
        }

        return signals;
    }

    private static (string Type, decimal Quantity, string? Properties, bool IsPlain) EventOf(Random random)
    {
        var (type, quantity) = (Types[random.Next(Types.Length)], random.Next(0, 100_000) / 1_000m);
        if (random.Next(12) == 0)
        {
            return (type, quantity, null, true);
        }

        var isPlain = random.Next(4) > 0;
        var value = isPlain ? Number(random) : Spellings[random.Next(Spellings.Length)];
        List<string> members = [];
        Add("score", random.Next(3) == 0 ? Scores[random.Next(Scores.Length)] : random.Next(1, 6).ToString(CultureInfo.InvariantCulture));
        Add("name", Word(random, SignalRules.LongestName));
        Add("unit", Word(random, SignalRules.LongestUnit));
        Add("value", value);
        return (type, quantity, "{" + string.Join(',', members) + "}", isPlain);

        void Add(string name, string json)
        {
            if (random.Next(8) > 0)
            {
                members.Add($"\"{name}\":{json}");
            }
        }
    }

    private static string Number(Random random) => random.Next(3) > 0
        ? (random.Next() / 1_000m).ToString(CultureInfo.InvariantCulture)
        : Numbers[random.Next(Numbers.Length)];

    private static string Word(Random random, int longest) => random.Next(6) switch
    {
        0 => Words[random.Next(Words.Length)],
        1 => "\"" + new string('a', longest + random.Next(2)) + "\"",
        _ => $"\"w{random.Next(200)}\"",
    };
}
