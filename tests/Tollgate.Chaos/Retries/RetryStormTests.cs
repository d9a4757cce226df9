using System.Text.Json.Nodes;
using Tollgate.Chaos.Client;
using Tollgate.Chaos.Servers;

namespace Tollgate.Chaos.Retries;

/// <summary>QUALITY R2: each id is sent one to five times in parallel, to both servers, some copies with other content.</summary>
public sealed class RetryStormTests(ChaosServers servers)
{
    private const int Ids = 1_000;
    private const int Customers = 10;

    [Fact]
    public async Task Each_id_has_one_effect_however_often_it_is_sent()
    {
        var form = Form.Of(rounds: 1);
        var chaos = await servers.TwoServersAsync();
        using var project = await chaos.ProjectAsync("storm");
        await form.EachAsync(async seed =>
        {
            var effects = new decimal[Customers];
            await Parallel.ForAsync(0, Ids, new ParallelOptions { MaxDegreeOfParallelism = 64 }, async (number, _) =>
            {
                var random = Form.ChanceOf(seed, number);
                var customer = number % Customers;
                var effect =
                    await (number % 3 == 2 ? ReportAsync(project, random, seed, number) : ConsumeAsync(project, random, seed, number));
                lock (effects)
                {
                    effects[customer] += effect;
                }
            });
            for (var customer = 0; customer < Customers; customer++)
            {
                (await Usage.OfAsync(project.Gate, $"storm-{seed}-{customer}", Catalogue.Unlimited)).Used.ShouldBe(effects[customer]);
            }
        });
        await chaos.ShouldVerifyAsync();
    }

    [Fact]
    public async Task A_replay_answers_as_before_also_when_the_quota_is_full()
    {
        var chaos = await servers.TwoServersAsync();
        using var project = await chaos.ProjectAsync("replay");
        var first = await project.Gate.ConsumeAsync("full", Catalogue.Thousand, 600, "first");
        (await project.Gate.ConsumeAsync("full", Catalogue.Thousand, 400, "second")).Fate.ShouldBe(Fate.Granted);
        (await project.Gates[1].ConsumeAsync("full", Catalogue.Thousand, 1, "third")).Code.ShouldBe("quota_exceeded");

        var again = await project.Gates[1].ConsumeAsync("full", Catalogue.Thousand, 600, "first");
        (again.Fate == Fate.Granted && again.Replayed).ShouldBeTrue(again.ToString());
        again.Number("used").ShouldBe(first.Number("used"), "a replay tells the original decision, not a new one");
        var altered = await project.Gate.ConsumeAsync("full", Catalogue.Thousand, 599, "first");
        altered.Code.ShouldBe("idempotency_key_reused", altered.ToString());
        var elsewhere = await project.Gate.ConsumeAsync("full", Catalogue.Unlimited, 600, "first");
        elsewhere.Code.ShouldBe("idempotency_key_reused", elsewhere.ToString());
        (await Usage.OfAsync(project.Gate, "full", Catalogue.Thousand)).Used.ShouldBe(1_000);
        await chaos.ShouldVerifyAsync();
    }

    [Fact]
    public async Task One_reservation_is_made_settled_and_counted_once()
    {
        var chaos = await servers.TwoServersAsync();
        using var project = await chaos.ProjectAsync("holds");
        var amounts = new Dictionary<string, decimal> { [Catalogue.Thousand] = 100 };
        await Parallel.ForAsync(0, 20, async (number, _) =>
        {
            var customer = $"holder-{number}";
            var made = await AtOnceAsync(5, copy => project.Gates[copy % 2].ReserveAsync(customer, amounts, 600, $"hold-{number}"));
            made.ShouldAllBe(answer => answer.Fate == Fate.Granted);
            made.Count(answer => !answer.Replayed).ShouldBe(1, "one of the copies makes the reservation");
            (await Usage.OfAsync(project.Gate, customer, Catalogue.Thousand)).Held.ShouldBe(100);

            var settled = await AtOnceAsync(5, copy =>
                project.Gates[copy % 2].SettleAsync(made[0].Id, new Dictionary<string, decimal> { [Catalogue.Thousand] = 70 }));
            settled.ShouldAllBe(answer => answer.Fate == Fate.Granted);
            settled.Count(answer => !answer.Replayed).ShouldBe(1, "one of the copies settles it");
            (await Usage.OfAsync(project.Gates[1], customer, Catalogue.Thousand)).ShouldBe(new Usage(1_000, 70, 0, 930));
        });
        await chaos.ShouldVerifyAsync();
    }

    [Fact]
    public async Task A_settle_and_a_release_at_once_have_one_winner()
    {
        var chaos = await servers.TwoServersAsync();
        using var project = await chaos.ProjectAsync("races");
        var amounts = new Dictionary<string, decimal> { [Catalogue.Thousand] = 100 };
        await Parallel.ForAsync(0, 40, async (number, _) =>
        {
            var customer = $"racer-{number}";
            var hold = (await project.Gate.ReserveAsync(customer, amounts, 600)).Id;
            var ends = await AtOnceAsync(
                2, copy => copy == 0 ? project.Gates[0].SettleAsync(hold, amounts) : project.Gates[1].ReleaseAsync(hold));
            ends.Count(answer => answer.Fate == Fate.Granted).ShouldBe(1, $"{ends[0]} and {ends[1]}");
            var used = ends[0].Fate == Fate.Granted ? 100 : 0;
            (await Usage.OfAsync(project.Gate, customer, Catalogue.Thousand)).ShouldBe(new Usage(1_000, used, 0, 1_000 - used));
        });
        await chaos.ShouldVerifyAsync();
    }

    [Fact]
    public async Task An_Idempotency_Key_replays_the_whole_answer_byte_by_byte()
    {
        var chaos = await servers.TwoServersAsync();
        using var project = await chaos.ProjectAsync("keys");
        const string Customer = "topped-up";
        var body = new JsonObject { ["feature"] = Catalogue.Thousand, ["amount"] = 50 };
        (await project.Gate.ConsumeAsync(Customer, Catalogue.Thousand, 1)).Fate.ShouldBe(Fate.Granted);
        var answers = await AtOnceAsync(
            5, copy => project.Gates[copy % 2].PostAsync($"/v1/customers/{Customer}/grants", body.DeepClone(), "grant-1"));

        // A copy that arrives during the first one may be told to wait; afterwards all get the same bytes.
        answers.ShouldAllBe(answer => answer.Fate == Fate.Granted || (answer.Fate == Fate.Conflict && answer.RetryAfter != null));
        answers.Count(answer => answer.Fate == Fate.Granted && !answer.ReplayedWhole).ShouldBe(1);
        var again = await project.Gates[1].PostAsync($"/v1/customers/{Customer}/grants", body.DeepClone(), "grant-1");
        again.ReplayedWhole.ShouldBeTrue(again.ToString());
        again.Text.ShouldBe(answers.First(answer => answer.Fate == Fate.Granted).Text);
        body["amount"] = 51;
        (await project.Gate.PostAsync($"/v1/customers/{Customer}/grants", body, "grant-1")).Code.ShouldBe("idempotency_key_reused");
        (await Usage.OfAsync(project.Gate, Customer, Catalogue.Thousand)).Limit.ShouldBe(1_050);
        await chaos.ShouldVerifyAsync();
    }

    /// <returns>The amount that took effect.</returns>
    private static async Task<decimal> ConsumeAsync(Project project, Random random, int seed, int number)
    {
        var amounts = Amounts(random);
        var customer = $"storm-{seed}-{number % Customers}";
        var answers = await AtOnceAsync(amounts.Length, copy =>
            project.Gates[(number + copy) % 2].ConsumeAsync(customer, Catalogue.Unlimited, amounts[copy], $"id-{seed}-{number}"));
        answers.ShouldAllBe(answer => answer.Fate == Fate.Granted || answer.Code == "idempotency_key_reused");
        var winner = Array.FindIndex(answers, answer => answer.Fate == Fate.Granted && !answer.Replayed);
        (winner >= 0).ShouldBeTrue($"nobody was first: {string.Join(" | ", answers.AsEnumerable())}");
        for (var copy = 0; copy < amounts.Length; copy++)
        {
            var expected = copy == winner ? "first" : amounts[copy] == amounts[winner] ? "replayed" : "refused";
            var seen = answers[copy].Fate == Fate.Conflict ? "refused" : answers[copy].Replayed ? "replayed" : "first";
            seen.ShouldBe(
                expected, $"copy {copy} of id-{seed}-{number} with {amounts[copy]}; {amounts[winner]} was first: {answers[copy]}");
        }

        return amounts[winner];
    }

    private static async Task<decimal> ReportAsync(Project project, Random random, int seed, int number)
    {
        var amounts = Amounts(random);
        var customer = $"storm-{seed}-{number % Customers}";
        var answers = await AtOnceAsync(amounts.Length, copy => project.Gates[(number + copy) % 2].RecordAsync(new JsonArray(new JsonObject
        {
            ["id"] = $"id-{seed}-{number}",
            ["customer"] = customer,
            ["type"] = Catalogue.Unlimited,
            ["quantity"] = amounts[copy],
        })));
        answers.ShouldAllBe(answer => answer.Fate == Fate.Granted);
        var winner = Array.FindIndex(answers, answer => answer.Number("accepted") == 1);
        (winner >= 0).ShouldBeTrue($"nobody was first: {string.Join(" | ", answers.AsEnumerable())}");
        for (var copy = 0; copy < amounts.Length; copy++)
        {
            answers[copy].Number("accepted").ShouldBe(copy == winner ? 1 : 0, $"{answers[copy]}");
            answers[copy].Number("replayed").ShouldBe(copy != winner && amounts[copy] == amounts[winner] ? 1 : 0, $"{answers[copy]}");
            var rejected = answers[copy].Member("rejected").EnumerateArray().Select(one => one.GetProperty("code").GetString()).ToArray();
            rejected.ShouldBe(amounts[copy] == amounts[winner] ? [] : ["idempotency_key_reused"]);
        }

        return amounts[winner];
    }

    // Most storms send identical copies; in one of five, one copy or more has another amount.
    private static decimal[] Amounts(Random random)
    {
        var altered = random.Next(5) == 0;
        return [.. Enumerable.Range(0, random.Next(1, 6)).Select(copy => altered && random.Next(2) == 0 ? 2m : 1m)];
    }

    private static Task<Answer[]> AtOnceAsync(int copies, Func<int, Task<Answer>> send) =>
        Task.WhenAll(Enumerable.Range(0, copies).Select(send));
}
