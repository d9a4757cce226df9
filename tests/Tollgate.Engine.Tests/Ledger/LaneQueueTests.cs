using System.Diagnostics;
using Tollgate.Core.Ledger;
using Tollgate.Core.Money;
using Tollgate.Engine.Ledger;
using Tollgate.Engine.Projects;
using Tollgate.Engine.Quotas;
using Tollgate.Testing;

namespace Tollgate.Engine.Tests.Ledger;

/// <summary>The number of operations that wait in a lane, and its limits.</summary>
public sealed class LaneQueueTests(TestPostgres postgres)
{
    private const string Catalog =
        """
        code: shop
        name: Shop
        default_plan: free
        features: [{code: scans, name: Scans}]
        plans:
          - {code: free, name: Free, entitlements: [{feature: scans, quota: 1000000}]}
        """;

    [Fact]
    public async Task The_depth_is_exact_under_bulk_and_mixed_load_and_never_negative()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        await using var rig = await LedgerRig.StartAsync(database, Catalog);
        var bulk = Enumerable.Range(0, 2_000).Select(i => new EventOrder($"e{i}", $"c{i % 50}", "scans", Quantity.One, null, null, false))
            .ToArray();
        using var over = new CancellationTokenSource();
        var lowest = Task.Run(() =>
        {
            var least = 0;
            while (!over.IsCancellationRequested)
            {
                least = Math.Min(least, Enumerable.Range(0, 2).Min(i => rig.Lanes.LaneOf((short)i).Depth));
            }

            return least;
        });

        // The same events repeatedly, with single operations between them: the threads are busy, so that a lane takes twice for one batch.
        await Task.WhenAll(Enumerable.Range(0, 5)
            .Select(_ => Task.Run(() => rig.Gate.RecordAsync(rig.Project, bulk, CancellationToken.None).AsTask()))
            .Concat<Task>(Enumerable.Range(0, 1_000).Select(i => Task.Run(() => rig.ConsumeAsync($"c{i % 50}", "scans")))));
        await over.CancelAsync();

        (await lowest).ShouldBe(0);
        Enumerable.Range(0, 2).Select(i => rig.Lanes.LaneOf((short)i).Depth).ShouldAllBe(depth => depth == 0);
        (await database.ScalarAsync<long>("SELECT count(*) FROM events")).ShouldBe(3_000);
    }

    [Fact]
    public async Task A_full_queue_refuses_and_ending_the_lane_answers_what_waits()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        await using var rig = await LedgerRig.StartAsync(
            database, Catalog, new LedgerOptions { Lanes = 1, QueueLength = 40, MaxBatch = 10 });
        await rig.ConsumeAsync("c", "scans");
        var lane = rig.Lanes.LaneOf(0);

        // Another transaction holds the customer's balance, so the first batch waits for it and all others wait behind it.
        await using var connection = await database.Source.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using (var hold = connection.CreateCommand())
        {
            hold.CommandText = "SELECT FROM balances FOR UPDATE";
            await hold.ExecuteNonQueryAsync();
        }

        var first = rig.ConsumeAsync("c", "scans");
        await Eventually.UntilAsync(() => lane.Depth == 0);
        var waiting = Enumerable.Range(0, 60).Select(_ => rig.ConsumeAsync("c", "scans")).ToArray();

        lane.Depth.ShouldBe(40);
        waiting.Count(static one => one.IsCompleted).ShouldBe(20);
        var ending = lane.CompleteAsync(CancellationToken.None);
        await transaction.RollbackAsync();
        await ending;

        (await first).Fault.ShouldBe(GateFault.None);
        (await Task.WhenAll(waiting)).CountBy(static answer => answer.Fault).ToDictionary()
            .ShouldBe(new Dictionary<GateFault, int> { [GateFault.None] = 40, [GateFault.Overloaded] = 20 }, ignoreOrder: true);
        lane.Depth.ShouldBe(0);
        (await rig.ConsumeAsync("c", "scans")).Fault.ShouldBe(GateFault.Overloaded);
    }

    [Fact]
    public async Task A_flood_of_batches_does_not_take_the_places_of_single_operations()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        await using var rig = await LedgerRig.StartAsync(
            database, Catalog, new LedgerOptions { Lanes = 1, QueueLength = 40, MaxBatch = 10 });
        foreach (var customer in (string[])["c", "f0", "f1", "f2", "f3", "f4", "f5", "f6"])
        {
            await rig.ConsumeAsync(customer, "scans");
        }

        var lane = rig.Lanes.LaneOf(0);
        await using var connection = await database.Source.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using (var hold = connection.CreateCommand())
        {
            // The whole table: no customer is the cause, so the lane waits instead of setting one aside.
            hold.CommandText = "LOCK TABLE balances";
            await hold.ExecuteNonQueryAsync();
        }

        var first = rig.ConsumeAsync("c", "scans");
        await Eventually.UntilAsync(() => lane.Depth == 0);
        var flood = Enumerable.Range(0, 5).Select(batch => rig.Gate.RecordAsync(
            rig.Project,
            [.. Enumerable.Range(0, 100)
                .Select(i => new EventOrder($"e{batch}-{i}", $"f{i % 7}", "scans", Quantity.One, null, null, false))],
                CancellationToken.None).AsTask()).ToArray();
        await Eventually.UntilAsync(() => lane.Depth >= BulkBudget.Part);
        var single = rig.ConsumeAsync("d", "scans");

        single.IsCompleted.ShouldBeFalse("it waits for its turn instead of being refused");
        await transaction.RollbackAsync();
        (await single).Fault.ShouldBe(GateFault.None);
        (await first).Fault.ShouldBe(GateFault.None);
        (await Task.WhenAll(flood)).SelectMany(static answers => answers).ShouldAllBe(static answer => answer.Fault == GateFault.None);
        lane.Depth.ShouldBe(0);
    }

    /// <summary>No caller waits behind a transaction of a project whose every event changes a hundred balances.</summary>
    [Fact]
    public async Task Events_that_many_meters_read_take_as_much_room_as_their_effects()
    {
        var codes = Enumerable.Range(0, 100).Select(static n => $"f{n}").ToArray();
        await using var database = await postgres.CreateDatabaseAsync();
        await using var rig = await LedgerRig.StartAsync(
            database,
            $$"""
            code: shop
            name: Shop
            default_plan: free
            features: [{{string.Join(", ", codes.Select(static code => $"{{code: {code}, name: {code}, meters: [{{event_type: boom, aggregate: count}}]}}"))}}]
            plans:
              - {code: free, name: Free, entitlements: [{{string.Join(", ", codes.Select(static code => $"{{feature: {code}, quota: unlimited}}"))}}]}
            """);
        await rig.Gate.RecordAsync(rig.Project, [Boom(0)], CancellationToken.None);

        await rig.Gate.RecordAsync(rig.Project, [.. Enumerable.Range(1, 300).Select(Boom)], CancellationToken.None);

        (await database.ScalarAsync<decimal>("SELECT sum(used) FROM balances")).ShouldBe(100 * 301);
        (await database.ScalarAsync<long>(
            "SELECT max(n) FROM (SELECT count(*) AS n FROM events GROUP BY xmin::text) t")).ShouldBeLessThanOrEqualTo(22);

        static EventOrder Boom(int n) => new($"e{n}", "c", "boom", Quantity.One, null, null, false);
    }

    [Fact]
    public async Task Streams_of_a_customer_whose_row_is_held_take_no_place_of_others()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        await using var rig = await LedgerRig.StartAsync(
            database, Catalog, new LedgerOptions { Lanes = 1, QueueLength = 100, MaxBatch = 10 });
        await rig.ConsumeAsync("held", "scans");
        await rig.ConsumeAsync("free", "scans");
        await using var held = await HeldRow.OfAsync(database, "held");
        var streams = new List<Task<IReadOnlyList<GateAnswer>>> { StreamAsync(rig, 0, "held") };
        await Task.Delay(TimeSpan.FromMilliseconds(300));
        (await StreamAsync(rig, 1, "free").WaitAsync(TimeSpan.FromSeconds(5))).ShouldAllBe(
            static answer => answer.Fault == GateFault.None, "another stream goes on");
        streams.AddRange(Enumerable.Range(2, 59).Select(stream => StreamAsync(rig, stream, "held")));
        await Task.Delay(TimeSpan.FromMilliseconds(300));

        for (var watch = Stopwatch.StartNew(); watch.Elapsed < TimeSpan.FromSeconds(2);)
        {
            var asked = Stopwatch.GetTimestamp();
            (await rig.ConsumeAsync("free", "scans")).Fault.ShouldBe(GateFault.None);
            Stopwatch.GetElapsedTime(asked).ShouldBeLessThan(TimeSpan.FromSeconds(1));
            await Task.Delay(5);
        }

        streams.ShouldAllBe(static stream => !stream.IsCompleted);
        await held.DisposeAsync();
        (await Task.WhenAll(streams)).SelectMany(static answers => answers).ShouldAllBe(static answer => answer.Fault == GateFault.None);

        // An operation that returns from aside is answered a moment before its count there ends.
        await Eventually.UntilAsync(() => rig.Lanes.LaneOf(0).Depth == 0);
        (await rig.StandingAsync("held", "scans")).Used.ShouldBe(Quantity.Of(1_201));
    }

    [Fact]
    public async Task Streams_of_a_customer_whose_row_is_held_stop_no_other_project()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        await using var rig = await LedgerRig.StartAsync(
            database, Catalog, new LedgerOptions { Lanes = 1, QueueLength = 400, MaxBatch = 100 });
        var other = await rig.AddProjectAsync("other", Catalog);
        await rig.ConsumeAsync("held", "scans");
        await StreamAsync(rig, -1, "held", other);
        await using var held = await HeldRow.OfAsync(database, "held");
        Task<IReadOnlyList<GateAnswer>>[] streams = [
            .. Enumerable.Range(0, 60).Select(stream => StreamAsync(rig, stream, "held")), StreamAsync(rig, 0, "held", other)];

        // They return and go aside again, many times and together.
        await Task.Delay(TimeSpan.FromSeconds(2));
        (await StreamAsync(rig, 1, "free", other)
            .WaitAsync(TimeSpan.FromSeconds(5))).ShouldAllBe(static answer => answer.Fault == GateFault.None);
        streams.ShouldAllBe(static stream => !stream.IsCompleted);
        await Eventually.UntilAsync(() => rig.Lanes.LaneOf(0).Depth <= 400); // Returning operations count twice for a moment.
        await held.DisposeAsync();
        (await Task.WhenAll(streams).WaitAsync(TimeSpan.FromSeconds(20))).SelectMany(static answers => answers)
            .ShouldAllBe(static answer => answer.Fault == GateFault.None);
        await Eventually.UntilAsync(() => rig.Lanes.LaneOf(0).Depth == 0);
    }

    [Fact]
    public async Task A_project_that_streams_without_end_delays_its_neighbours_batch_by_one_transaction()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        await using var rig = await LedgerRig.StartAsync(database, Catalog, new LedgerOptions { Lanes = 1 });
        var lane = rig.Lanes.LaneOf(0);
        var other = await rig.AddProjectAsync("other", Catalog);
        await SendAsync(rig, other, "n", 1);
        await using var table = await StopAsync(rig);
        var flood = Enumerable.Range(0, 60).Select(batch => SendAsync(rig, rig.Project, $"f{batch}", 125)).ToArray();
        var full = lane.Depth;
        full.ShouldBeInRange(4_096, 4_096 + 125, "the share of a project, and one part; the others wait at their senders");

        var neighbour = SendAsync(rig, other, "batch", 125);

        lane.Depth.ShouldBe(full + 125, "it waits for no room");
        await table.DisposeAsync();
        await neighbour;
        await Task.WhenAll(flood);
        (await TransactionsAsync(database))[0].ShouldContainKeyAndValue("other", 125);
        await Eventually.UntilAsync(() => lane.Depth == 0);
    }

    [Fact]
    public async Task Projects_share_a_transaction_by_what_their_batches_cost_and_not_by_how_many_they_are()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        await using var rig = await LedgerRig.StartAsync(database, Catalog, new LedgerOptions { Lanes = 1 });
        var (large, small) = (await rig.AddProjectAsync("large", Catalog), await rig.AddProjectAsync("small", Catalog));
        await SendAsync(rig, large, "n", 1);
        await SendAsync(rig, small, "n", 1);
        await using var table = await StopAsync(rig);
        Task[] all =
        [
            SendAsync(rig, rig.Project, "f", 3_000), SendAsync(rig, large, "f", 3_000),
            .. Enumerable.Range(0, 200).Select(batch => SendAsync(rig, small, $"f{batch}", 5)),
        ];

        await table.DisposeAsync();
        await Task.WhenAll(all);

        // 2,000 events go into one transaction of a lane that has no single operations.
        var first = (await TransactionsAsync(database))[0];
        first.Keys.ShouldBe(["shop", "large", "small"], ignoreOrder: true);
        first.Values.ShouldAllBe(static events => events >= 625 && events <= 750, "a third, and a part more or less");
    }

    [Fact]
    public async Task Many_projects_that_stream_leave_room_for_another_and_stay_below_the_bound()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        await using var rig = await LedgerRig.StartAsync(
            database, Catalog, new LedgerOptions { Lanes = 1, QueueLength = 1_000, MaxBatch = 400 });
        var lane = rig.Lanes.LaneOf(0);
        foreach (var n in Enumerable.Range(0, 7))
        {
            await SendAsync(rig, await rig.AddProjectAsync($"p{n}", Catalog), "n", 1);
        }

        await using var table = await StopAsync(rig);
        var floods = Enumerable.Range(0, 6)
            .SelectMany(n => Enumerable.Range(0, 200).Select(batch => SendAsync(rig, rig.Directory.Find($"p{n}")!, $"f{batch}", 5)))
            .ToArray();
        var before = lane.Depth;

        var last = SendAsync(rig, rig.Directory.Find("p6")!, "f", 5);

        lane.Depth.ShouldBe(before + 5, "it waits for no room");
        lane.Depth.ShouldBeLessThanOrEqualTo(1_000);
        await table.DisposeAsync();
        await last;
        await Task.WhenAll(floods);
        (await database.ScalarAsync<long>("SELECT count(*) FROM events")).ShouldBe(6_000 + 5 + 7 + 3);
        await Eventually.UntilAsync(() => lane.Depth == 0);
    }

    /// <summary>
    /// Stops the only lane with one event in its hand, for ten seconds at most or until the result is disposed. It sends no single
    /// operations, so that the next transaction takes as many batches as it may. The event has a customer of its own: the lane forgets who
    /// is locked, and events of a customer whom it does not know weigh more.
    /// </summary>
    private static async Task<Npgsql.NpgsqlConnection> StopAsync(LedgerRig rig)
    {
        await SendAsync(rig, rig.Project, "warm", 1);
        await SendAsync(rig, rig.Project, "warm-first", 1, "first");
        var connection = new Npgsql.NpgsqlConnection(rig.Database.ConnectionString + ";Pooling=false");
        await connection.OpenAsync();
        await using (var hold = new Npgsql.NpgsqlCommand("BEGIN; LOCK TABLE balances IN ACCESS EXCLUSIVE MODE", connection))
        {
            await hold.ExecuteNonQueryAsync();
        }

        _ = SendAsync(rig, rig.Project, "first", 1, "first");
        await Eventually.UntilAsync(() => rig.Lanes.LaneOf(0).Depth == 0);

        // Longer than the lane waits for a lock before it forgets the customer.
        await Task.Delay(100);
        return connection;
    }

    /// <summary>Events of one customer in one request.</summary>
    private static Task<IReadOnlyList<GateAnswer>> SendAsync(
        LedgerRig rig, ProjectSnapshot project, string name, int events, string customer = "c") => rig.Gate.RecordAsync(
        project,
        [.. Enumerable.Range(0, events).Select(i => new EventOrder($"{name}-{i}", customer, "scans", Quantity.One, null, null, false))],
        CancellationToken.None).AsTask();

    /// <summary>The number of events of each project in each transaction with several, in order.</summary>
    private static async Task<List<Dictionary<string, long>>> TransactionsAsync(TestDatabase database)
    {
        await using var command = database.Source.CreateCommand(
            """
            SELECT e.xmin::text::bigint, p.code, count(*)
              FROM events e
              JOIN customers c USING (partition, account)
              JOIN projects p ON p.id = c.project_id
             GROUP BY 1, 2
             ORDER BY 1
            """);
        await using var row = await command.ExecuteReaderAsync();
        var all = new List<(long Transaction, string Project, long Events)>();
        while (await row.ReadAsync())
        {
            all.Add((row.GetInt64(0), row.GetString(1), row.GetInt64(2)));
        }

        return [.. all.GroupBy(static one => one.Transaction).Where(static one => one.Sum(static part => part.Events) > 1)
            .Select(static one => one.ToDictionary(static part => part.Project, static part => part.Events))];
    }

    [Fact]
    public async Task Single_operations_of_a_customer_whose_row_is_held_count_while_they_are_aside()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        await using var rig = await LedgerRig.StartAsync(
            database, Catalog, new LedgerOptions { Lanes = 1, QueueLength = 40, MaxBatch = 10 });
        await rig.ConsumeAsync("held", "scans");
        await using var held = await HeldRow.OfAsync(database, "held");
        var answers = new List<Task<GateAnswer>>();
        for (var watch = Stopwatch.StartNew(); watch.Elapsed < TimeSpan.FromSeconds(2);)
        {
            answers.Add(rig.ConsumeAsync("held", "scans"));
            await Task.Delay(5);
        }

        answers.Count(static one => !one.IsCompleted).ShouldBeLessThanOrEqualTo(50, "what the queue takes, and one batch");
        await held.DisposeAsync();
        (await Task.WhenAll(answers)).Select(static answer => answer.Fault).Distinct().ShouldBe([GateFault.None, GateFault.Overloaded]);
        await Eventually.UntilAsync(() => rig.Lanes.LaneOf(0).Depth == 0);
    }

    /// <summary>Twenty events.</summary>
    private static Task<IReadOnlyList<GateAnswer>> StreamAsync(
        LedgerRig rig, int stream, string customer, ProjectSnapshot? project = null) => rig.Gate.RecordAsync(
        project ?? rig.Project,
        [.. Enumerable.Range(0, 20).Select(i => new EventOrder($"s{stream}-{i}", customer, "scans", Quantity.One, null, null, false))],
        CancellationToken.None).AsTask();

    [Fact]
    public async Task A_lane_whose_connection_broke_decides_again_on_a_new_one_and_counts_once()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        await using var rig = await LedgerRig.StartAsync(database, Catalog, new LedgerOptions { Lanes = 2 });
        await Eventually.UntilAsync(() => rig.StandingProcess > 0);
        for (var round = 0; round < 4; round++)
        {
            for (var customer = 0; customer < 8; customer++)
            {
                (await rig.ConsumeAsync($"c{customer}", "scans")).Fault.ShouldBe(GateFault.None);
                (await rig.ReserveAsync($"c{customer}", "scans", 1)).Fault.ShouldBe(GateFault.None);
            }

            await OutsideAsync(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = current_database() AND pid NOT IN "
                    + "(pg_backend_pid(), $1)",
                rig.StandingProcess);
        }

        (await OutsideAsync("SELECT sum(used)::bigint FROM balances")).ShouldBe(32);
        (await OutsideAsync("SELECT sum(held)::bigint FROM balances")).ShouldBe(32);

        // On a separate connection, because those of the pool are killed too.
        async Task<long?> OutsideAsync(string sql, params object[] values)
        {
            await using var source = Npgsql.NpgsqlDataSource.Create(database.ConnectionString + ";Pooling=false");
            await using var command = source.CreateCommand(sql);
            Array.ForEach(values, value => command.Parameters.Add(new() { Value = value }));
            return (long?)await command.ExecuteScalarAsync();
        }
    }
}
