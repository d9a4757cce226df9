using Npgsql;
using Tollgate.Core.Costs;
using Tollgate.Core.Llm;
using Tollgate.Core.Money;
using Tollgate.Engine.Costs;
using Tollgate.Engine.Ledger;
using Tollgate.Engine.Postgres;
using Tollgate.Engine.Quotas;
using Tollgate.Testing;

namespace Tollgate.Engine.Tests.Costs;

/// <summary>Compares the rollups of calls with the records, and checks that the checker finds tampered ones.</summary>
public sealed class FoldTests(TestPostgres postgres) : IAsyncLifetime
{
    private TestDatabase? _database;
    private CostRig? _rig;

    private TestDatabase Database => _database!;

    private CostRig Rig => _rig!;

    public async ValueTask InitializeAsync()
    {
        _database = await postgres.CreateDatabaseAsync();
        _rig = await CostRig.StartAsync(_database);
    }

    public async ValueTask DisposeAsync()
    {
        await _rig!.DisposeAsync();
        await _database!.DisposeAsync();
    }

    [Fact]
    public async Task Two_servers_that_fold_while_calls_come_in_count_each_call_once()
    {
        const int Customers = 7;
        const int Rounds = 25;
        await using var otherServer = new Database(Database.ConnectionString, new());
        using var stop = new CancellationTokenSource();
        var folding = Task.WhenAll(FoldUntilAsync(Rig.Fold, stop.Token), FoldUntilAsync(new(otherServer, Rig.Ledger.Parked), stop.Token));

        var random = new Random(3);
        var (cost, tokens, errors, calls) = (0m, 0L, 0, 0);
        for (var round = 0; round < Rounds; round++)
        {
            var batch = Enumerable.Range(0, Customers)
                .Select(customer =>
                    CostRig.Call($"c{customer}", round % 3 == 0 ? "dear" : "cheap", random.Next(1_000_000), random.Next(1_000)) with
            {
                Feature = customer % 2 == 0 ? "chat" : null, Status = random.Next(10) == 0 ? 503 : 200,
                LatencyMilliseconds = random.Next(60_000),
            }).ToList();
            await Rig.RecordAsync(batch);
            await Rig.RecordAsync(batch);
            if (round % 5 == 0)
            {
                await Rig.VoidAsync(batch[0]);
                await Rig.VoidAsync(batch[0]);
                batch.RemoveAt(0);
            }

            calls += batch.Count;
            errors += batch.Count(call => call.Status == 503);
            tokens += batch.Sum(call => (long)call.Usage.TotalTokens.Value);
            cost += batch.Sum(call => CostOf(call));
        }

        await stop.CancelAsync();
        await folding;
        await Rig.FoldAllAsync();

        (await Rig.SumAsync("calls")).ShouldBe(calls);
        (await Rig.SumAsync("cost_usd")).ShouldBe(cost);
        (await Rig.SumAsync("errors")).ShouldBe(errors);
        (await Rig.SumAsync("input_tokens + output_tokens")).ShouldBe(tokens);
        (await Database.ScalarAsync<decimal>("SELECT sum(cost_usd) FROM call_customer_days")).ShouldBe(cost);
        (await Database.ScalarAsync<decimal>("SELECT sum(calls)::numeric FROM call_latencies")).ShouldBe(calls);
        (await Database.ScalarAsync<long>("SELECT count(*) FROM call_queue")).ShouldBe(0);
        await Rig.ShouldBeCleanAsync();
    }

    private decimal CostOf(LlmCall call) => Engine.Llm.RecordLlmCalls.CostOf(Rig.Project, call, Rig.Ledger.Clock.Now()).Cost!.Value.Dollars;

    private static async Task FoldUntilAsync(FoldCalls fold, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            await fold.RunAsync(CancellationToken.None);
            await Task.Delay(1, CancellationToken.None);
        }
    }

    [Fact]
    public async Task A_fold_that_is_cut_off_has_done_nothing_and_the_next_one_does_it_all()
    {
        await Rig.RecordAsync(
            [.. Enumerable.Range(0, 5).Select(i => CostRig.Call("ann", "dear") with { LatencyMilliseconds = 100 + (100 * i) })]);
        await Database.ExecuteAsync("ALTER TABLE call_latencies ADD CONSTRAINT cut_off CHECK (bucket < 0)");
        await Rig.Fold.RunAsync(CancellationToken.None);

        (await Database.ScalarAsync<long>("SELECT count(*) FROM parked_work WHERE work = 'call_costs'")).ShouldBe(5, "Each failed alone.");
        (await Database.ScalarAsync<long>("SELECT count(*) FROM call_queue")).ShouldBe(5);
        (await Rig.SumAsync("calls")).ShouldBe(0);
        await Rig.ShouldBeCleanAsync();

        await Database.ExecuteAsync("ALTER TABLE call_latencies DROP CONSTRAINT cut_off");
        await Database.ExecuteAsync("UPDATE parked_work SET next_attempt_at = now()");
        await Rig.FoldAllAsync();
        (await Rig.SumAsync("cost_usd")).ShouldBe(5m);
        await Rig.ShouldBeCleanAsync();
    }

    [Fact]
    public async Task A_read_that_catches_up_waits_for_the_fold_of_another_server()
    {
        await Rig.RecordAsync(CostRig.Call("ann", "dear"), CostRig.Call("ann", "cheap"));
        await using var other = await Database.Source.OpenConnectionAsync();
        await using var folding = await other.BeginTransactionAsync();
        await using (var take = new NpgsqlCommand("SELECT * FROM call_queue FOR UPDATE", other))
        {
            await take.ExecuteNonQueryAsync();
        }

        (await Rig.Fold.RunAsync(CancellationToken.None)).ShouldBe(0, "The loop leaves to others what they are at.");
        var catchingUp = Rig.Fold.CatchUpAsync(Rig.Project.Id, CancellationToken.None);
        (await Task.WhenAny(catchingUp, Task.Delay(300))).ShouldNotBe(catchingUp);
        await Rig.Fold.CatchUpAsync(Rig.Project.Id + 1, CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(3));
        await folding.RollbackAsync();
        await catchingUp;
        (await Rig.SumAsync("calls")).ShouldBe(2);
    }

    [Fact]
    public async Task A_read_folds_the_calls_of_its_own_project_only()
    {
        await Rig.RecordAsync(CostRig.Call("ann", "dear"), CostRig.Call("bob", "cheap"));
        await Rig.Fold.CatchUpAsync(Rig.Project.Id + 1, CancellationToken.None);
        (await Database.ScalarAsync<long>("SELECT count(*) FROM call_queue")).ShouldBe(2, "They are not its own.");
        await Rig.Fold.CatchUpAsync(Rig.Project.Id, CancellationToken.None);
        (await Database.ScalarAsync<long>("SELECT count(*) FROM call_queue")).ShouldBe(0);
        (await Rig.SumAsync("cost_usd")).ShouldBe(1.001m);
        await Rig.ShouldBeCleanAsync();
    }

    [Fact]
    public async Task A_voided_call_is_in_no_figure_whether_it_was_folded_before_or_not()
    {
        var call = CostRig.Call("ann", "dear", output: 500_000) with
        {
            Feature = "chat", LatencyMilliseconds = 812, Status = 500, IsEstimated = true,
        };
        var other = call with { Id = Guid.CreateVersion7().ToString("D") };
        await Rig.RecordAsync(call);
        await Rig.FoldAllAsync();
        (await Rig.SumAsync("cost_usd")).ShouldBe(2m);
        await Rig.RecordAsync(other);
        await Rig.VoidAsync(call);
        await Rig.VoidAsync(other);
        await Rig.FoldAllAsync();

        (await Rig.SumAsync(
            "abs(calls) + abs(errors) + abs(estimated_calls) + abs(input_tokens) + abs(output_tokens) + abs(cost_usd)")).ShouldBe(0m);
        (await Database.ScalarAsync<decimal>("SELECT sum(abs(calls))::numeric FROM call_latencies")).ShouldBe(0m);
        await Rig.ShouldBeCleanAsync();
    }

    [Fact]
    public async Task An_unknown_cost_is_counted_apart_and_never_as_0()
    {
        await Rig.RecordAsync(CostRig.Call("ann", "dear"), CostRig.Call("ann", "riddle"), CostRig.Call("ann", "riddle"));
        await Rig.FoldAllAsync();
        (await Rig.SumAsync("unpriced_calls", "model = 'riddle'")).ShouldBe(2m);
        (await Rig.SumAsync("unpriced_calls", "model = 'dear'")).ShouldBe(0m);
        (await Rig.SumAsync("cost_usd")).ShouldBe(1m);
    }

    [Fact]
    public async Task A_correction_changes_the_cost_of_the_day_and_counts_no_call()
    {
        await Rig.RecordAsync(CostRig.Call("ann", "riddle") with { Feature = "chat" });
        var correction = new EventOrder("fix-1", "ann", "llm_cost_adjustment", Quantity.One, null, null, Enforce: false)
        {
            ComputedJson = """{"provider":"","model":"riddle","feature":"chat","day":"2026-01-31","cost_usd":0.25,"unpriced_calls":-1}""",
        };
        await Rig.Ledger.Gate.RecordAsync(Rig.Project, [correction], CancellationToken.None);
        await Rig.FoldAllAsync();
        (await Rig.SumAsync("calls")).ShouldBe(1m);
        (await Rig.SumAsync("unpriced_calls")).ShouldBe(0m);
        (await Rig.SumAsync("cost_usd", "day = '2026-01-31' AND model = 'riddle' AND feature = 'chat' AND plan = 'free'")).ShouldBe(0.25m);
        await Rig.ShouldBeCleanAsync();
    }

    [Fact]
    public async Task Events_of_the_type_that_are_no_priced_calls_are_left_out()
    {
        await Rig.Ledger.RecordAsync("ann", "llm_call", properties: """{"model":"dear","cost_usd":7,"status":"odd"}""");
        await Rig.Ledger.ConsumeAsync("ann", "chat");
        (await Database.ScalarAsync<long>("SELECT count(*) FROM call_queue")).ShouldBe(0);
        await Rig.ShouldBeCleanAsync();
    }

    [Fact]
    public async Task Buckets_of_the_database_are_those_that_are_read()
    {
        // Each bucket's value lies within 5 % of every latency that the database puts into it.
        await using var command = Database.Source.CreateCommand(
            "SELECT latency_bucket(ms), min(ms)::numeric, max(ms)::numeric FROM generate_series(0, 200000) AS ms GROUP BY 1");
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
        {
            var value = LatencyHistogram.ValueOf(reader.GetInt16(0)).Value;
            foreach (var ms in (decimal[])[reader.GetDecimal(1), reader.GetDecimal(2)])
            {
                Math.Abs(value - ms).ShouldBeLessThanOrEqualTo(0.05m * ms, $"{ms} ms as {value}");
            }
        }
    }

    [Theory]
    [InlineData("call_days", "UPDATE call_days SET cost_usd = cost_usd + 0.000000001 WHERE model = 'dear'")]
    [InlineData("call_days", "UPDATE call_days SET plan = 'pro' WHERE model = 'dear'")]
    [InlineData("call_days", "DELETE FROM call_days WHERE model = 'dear'")]
    [InlineData(
        "call_days",
        "INSERT INTO call_days SELECT project_id, day + 1, provider, model, feature, plan, 1, 0, 0, 0, 0, 0, 0, 0 FROM call_days LIMIT 1")]
    [InlineData("call_customer_days", "UPDATE call_customer_days SET errors = errors + 1 WHERE model = 'dear'")]
    [InlineData("call_customer_days", "DELETE FROM call_customer_days WHERE model = 'dear'")]
    [InlineData("call_latencies", "UPDATE call_latencies SET calls = calls + 1 WHERE model = 'dear'")]
    [InlineData("call_latencies", "UPDATE call_latencies SET bucket = bucket + 1 WHERE model = 'dear'")]
    [InlineData("call_days", "INSERT INTO call_queue SELECT id, account, month, partition, 1 FROM call_facts WHERE model = 'dear'")]
    [InlineData("call_days", "UPDATE events SET data = jsonb_set(data, '{calc,cost_usd}', '3') WHERE data #>> '{props,model}' = 'dear'")]
    public async Task Tampered_rollups_are_found(string kind, string tampering)
    {
        await Rig.RecordAsync(CostRig.Call("ann", "dear") with { LatencyMilliseconds = 5 }, CostRig.Call("ann", "cheap"));
        await Rig.FoldAllAsync();
        await Rig.ShouldBeCleanAsync();
        await Database.ExecuteAsync(tampering);
        (await Rig.VerifyAsync()).Findings.Single(finding => finding.Kind == kind).Count.ShouldBePositive();
    }
}
