using System.Text.Json.Nodes;
using Tollgate.Chaos.Client;
using Tollgate.Chaos.Servers;

namespace Tollgate.Chaos.Verification;

/// <summary>Tests the checker that all tests here rely on: clean if all is right, and it finds tampering.</summary>
public sealed class VerifyTests(ChaosServers servers)
{
    private static readonly (string What, string Break, string Mend)[] Tampering =
    [
        ("a balance counts more than its events",
            "UPDATE balances SET used = used + 1 WHERE used = 8 AND account = {0}",
            "UPDATE balances SET used = used - 1 WHERE used = 9 AND account = {0}"),
        ("a balance counts less than its events",
            "UPDATE balances SET used = used - 1 WHERE used = 8 AND account = {0}",
            "UPDATE balances SET used = used + 1 WHERE used = 7 AND account = {0}"),
        ("a balance holds what no reservation holds",
            "UPDATE balances SET held = held + 1 WHERE held = 3 AND account = {0}",
            "UPDATE balances SET held = held - 1 WHERE held = 4 AND account = {0}"),
        ("an event was altered",
            "UPDATE events SET quantity = quantity + 1 WHERE quantity = 5 AND account = {0}",
            "UPDATE events SET quantity = quantity - 1 WHERE quantity = 6 AND account = {0}"),
        ("an event is gone",
            "CREATE TABLE kept AS SELECT * FROM events WHERE quantity = 5 AND account = {0}; DELETE FROM events WHERE quantity = 5 AND "
                + "account = {0}",
            "INSERT INTO events SELECT * FROM kept; DROP TABLE kept"),
    ];

    [Fact]
    public async Task Verify_is_clean_until_somebody_tampers_and_after_it_was_mended()
    {
        var chaos = await servers.TwoServersAsync();
        using var project = await chaos.ProjectAsync("verify");
        await chaos.ShouldVerifyAsync();

        (await project.Gate.ConsumeAsync("watched", Catalogue.Thousand, 5)).Fate.ShouldBe(Fate.Granted);
        (await project.Gate.RecordAsync(new JsonArray(new JsonObject
        {
            ["id"] = "fact",
            ["customer"] = "watched",
            ["type"] = Catalogue.Thousand,
            ["quantity"] = 3,
        }))).Fate.ShouldBe(Fate.Granted);
        (await project.Gate.ReserveAsync("watched", new Dictionary<string, decimal> { [Catalogue.Thousand] = 3 }, 3_600)).Fate.ShouldBe(
            Fate.Granted);
        await chaos.ShouldVerifyAsync();

        foreach (var (what, spoil, mend) in Tampering)
        {
            await chaos.TamperAsync(Ours(spoil));
            var (code, output) = await chaos.VerifyAsync();
            code.ShouldNotBe(0, $"Verify did not see that {what}:\n{output}");
            output.ShouldContain("watched", customMessage: $"Verify does not say whom it concerns when {what}:\n{output}");
            await chaos.TamperAsync(Ours(mend));
            await chaos.ShouldVerifyAsync();
        }
    }

    // Other tests' customers are in the same database.
    private static string Ours(string sql) =>
        sql.Replace("{0}", "(SELECT account FROM customers WHERE id = 'watched')", StringComparison.Ordinal);
}
