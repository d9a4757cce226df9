using Tollgate.Core.Customers;
using Tollgate.Core.Money;
using Tollgate.Core.Quotas;
using Tollgate.Core.Time;
using Tollgate.Engine.Customers;
using Tollgate.Engine.Grants;
using Tollgate.Engine.Ledger;
using Tollgate.Engine.Metering;
using Tollgate.Engine.Projects;
using Tollgate.Engine.Tests.Ledger;
using Tollgate.Engine.Verification;
using Tollgate.Testing;

namespace Tollgate.Engine.Tests.Customers;

/// <summary>Members share their owner's balances: exactly, on several servers, while they join and leave.</summary>
public sealed class MembersTests(TestPostgres postgres) : IAsyncLifetime
{
    private const string Shop =
        """
        code: shop
        name: Shop
        default_plan: free
        features:
          - {code: scan, name: Scans}
          - {code: job, name: Jobs}
          - {code: chat, name: Chats}
          - {code: export, name: Exports, kind: switch}
        plans:
          - code: free
            name: Free
            entitlements:
              - {feature: scan, quota: 3}
              - {feature: job, quota: 1000}
              - {feature: chat, quota: unlimited}
              - {feature: export, enabled: true}
        """;

    private static readonly MemberProfile Nobody = new(null, null, null);

    private TestDatabase? _database;
    private LedgerRig? _rig;

    private LedgerRig Rig => _rig!;

    private ProjectSnapshot Project => Rig.Project;

    private AddMember Add => new(Rig.Changes, Rig.Clock, new());

    private RemoveMember Remove => new(Rig.Changes, Rig.Clock);

    private MemberQueries Queries => new(_database!.Source, new(_database.Source));

    public async ValueTask InitializeAsync()
    {
        _database = await postgres.CreateDatabaseAsync();
        _rig = await LedgerRig.StartAsync(_database, Shop);
    }

    public async ValueTask DisposeAsync()
    {
        await _rig!.DisposeAsync();
        await _database!.DisposeAsync();
    }

    [Fact]
    public async Task Members_use_the_balances_of_their_owner()
    {
        await AddAsync("acme", "ann", "bob");
        (await Rig.ConsumeAsync("ann", "scan")).Decision!.Allowed.ShouldBeTrue();
        (await Rig.ConsumeAsync("acme", "scan")).Decision!.Standing!.Used.ShouldBe(Quantity.Of(2));
        (await Rig.RecordAsync("bob", "scan", enforce: true)).Decision!.Allowed.ShouldBeTrue();
        (await Rig.ConsumeAsync("ann", "scan")).Decision!.Outcome.ShouldBe(Outcome.QuotaExceeded);
        (await Rig.Gate.CheckAsync(Project, "bob", "scan", Quantity.One, default)).Decision!.Outcome.ShouldBe(Outcome.QuotaExceeded);
        foreach (var who in (string[])["acme", "ann", "bob"])
        {
            (await Rig.StandingAsync(who, "scan")).Used.ShouldBe(Quantity.Of(3));
        }

        (await _database!.ScalarAsync<long>("SELECT count(*) FROM balances WHERE used > 0")).ShouldBe(1);
        await ShouldVerifyAsync();
    }

    [Fact]
    public async Task The_first_call_of_a_member_on_a_server_that_does_not_know_it_uses_the_owners_balances()
    {
        await AddAsync("acme", "ann");
        await using var fresh = await LedgerRig.StartAsync(_database!);
        (await fresh.Gate.CheckAsync(Project, "ann", "scan", Quantity.One, default)).Decision!.Allowed.ShouldBeTrue();
        (await fresh.RecordAsync("ann", "scan", 3)).Decision!.Allowed.ShouldBeTrue();
        (await fresh.StandingAsync("acme", "scan")).Used.ShouldBe(Quantity.Of(3));
        (await fresh.ReserveAsync("ann", "scan", 1)).Decision!.Outcome.ShouldBe(Outcome.QuotaExceeded);
    }

    [Fact]
    public async Task Forty_members_of_one_customer_on_two_servers_get_exactly_its_cap()
    {
        string[] members = [.. Enumerable.Range(0, 40).Select(i => $"u{i}")];
        await AddAsync("acme", members);
        await using var second = await LedgerRig.StartAsync(_database!);
        var answers = await Task.WhenAll(Enumerable.Range(0, 5_000).Select(i =>
            (i % 2 == 0 ? Rig : second).ConsumeAsync(i % 41 == 40 ? "acme" : members[i % 41], "job")));
        answers.Count(a => a.Fault == GateFault.None && a.Decision!.Allowed).ShouldBe(1_000);
        answers.Count(a => a.Fault != GateFault.None).ShouldBe(0);
        (await _database!.ScalarAsync<decimal>("SELECT sum(used) FROM balances")).ShouldBe(1_000);
        (await _database.ScalarAsync<long>("SELECT count(DISTINCT data ->> 'by') FROM events")).ShouldBeGreaterThan(
            1, "The order is not defined, but more than one member gets units.");
        await ShouldVerifyAsync();
    }

    [Fact]
    public async Task Members_that_come_and_go_during_a_burst_count_once_and_in_one_place()
    {
        await using var second = await LedgerRig.StartAsync(_database!);
        var moves = Task.Run(async () =>
        {
            for (var round = 0; round < 15; round++)
            {
                await AddAsync("acme", "u0", "u1", "u2");
                await Task.Delay(10);
                foreach (var member in (string[])["u2", "u0", "u1"])
                {
                    (await Remove.RunAsync(Project, "acme", member, default)).ShouldBeTrue();
                }
            }
        });
        var answers = new List<GateAnswer>();
        while (!moves.IsCompleted || answers.Count == 0)
        {
            answers.AddRange(await Task.WhenAll(Enumerable.Range(0, 60).Select(async i => (i % 3) switch
            {
                0 => await (i % 2 == 0 ? Rig : second).ConsumeAsync($"u{i % 4}", "job"),
                1 => await (i % 2 == 0 ? Rig : second).RecordAsync($"u{i % 4}", "job", enforce: true),
                _ => await (i % 2 == 0 ? Rig : second).ConsumeAsync(i % 4 == 3 ? "acme" : $"u{i % 4}", "job", 2),
            })));
        }

        await moves;
        answers.ShouldAllBe(a => a.Fault == GateFault.None);
        var allowed = answers.Where(a => a.Decision!.Allowed).Select(a => a.Id).ToList();
        (await _database!.ScalarAsync<long>("SELECT count(*) FROM events")).ShouldBe(allowed.Count);
        (await _database.ScalarAsync<long>("SELECT count(*) FROM balances WHERE used > 1000")).ShouldBe(0);
        (await _database.ScalarAsync<decimal>("SELECT sum(used) FROM balances")).ShouldBe(
            await _database.ScalarAsync<decimal>("SELECT sum(quantity) FROM events"));
        await ShouldVerifyAsync();
    }

    [Fact]
    public async Task Another_server_that_remembers_a_member_notices_that_it_has_left()
    {
        await AddAsync("acme", "ann");
        await using var second = await LedgerRig.StartAsync(_database!);
        await second.ConsumeAsync("ann", "scan", 3);
        (await Remove.RunAsync(Project, "acme", "ann", default)).ShouldBeTrue();

        var own = await second.ConsumeAsync("ann", "scan");
        own.Decision!.Standing!.Used.ShouldBe(Quantity.One);
        (await second.RecordAsync("ann", "unmetered")).Fault.ShouldBe(GateFault.None);
        (await second.ConsumeAsync("ann", "export")).Decision!.Outcome.ShouldBe(Outcome.SwitchedOn);
        (await second.StandingAsync("acme", "scan")).Used.ShouldBe(Quantity.Of(3));
        (await EventsOfAsync("ann")).Select(e => e.Type).ShouldBe(["scan", "unmetered"], ignoreOrder: true);
        await ShouldVerifyAsync();
    }

    [Fact]
    public async Task An_event_that_no_meter_reads_notices_too_that_a_member_has_left()
    {
        await AddAsync("acme", "ann");
        await using var second = await LedgerRig.StartAsync(_database!);
        await second.RecordAsync("ann", "unmetered");
        (await Remove.RunAsync(Project, "acme", "ann", default)).ShouldBeTrue();
        await second.RecordAsync("ann", "unmetered");
        (await EventsOfAsync("acme")).ShouldHaveSingleItem().Member.ShouldBe("ann");
        (await EventsOfAsync("ann")).ShouldHaveSingleItem().Member.ShouldBeNull();
    }

    [Fact]
    public async Task Another_server_that_remembers_a_customer_notices_that_it_has_become_a_member()
    {
        await using var second = await LedgerRig.StartAsync(_database!);
        await second.ConsumeAsync("ann", "scan", 2);
        await AddAsync("acme", "ann");
        (await second.ConsumeAsync("ann", "scan")).Decision!.Standing!.Used.ShouldBe(Quantity.One);
        (await second.StandingAsync("ann", "scan")).Used.ShouldBe(Quantity.One);

        // Its own balances wait until it leaves.
        (await Remove.RunAsync(Project, "acme", "ann", default)).ShouldBeTrue();
        (await second.StandingAsync("ann", "scan")).Used.ShouldBe(Quantity.Of(2));
    }

    [Fact]
    public async Task Another_server_is_told_so_that_events_which_no_meter_reads_go_to_the_owner()
    {
        await using var second = await LedgerRig.StartAsync(_database!);
        await second.RecordAsync("ann", "unmetered");
        await AddAsync("acme", "ann");
        for (var attempt = 0; attempt < 100 && !(await EventsOfAsync("acme")).Any(); attempt++)
        {
            await second.RecordAsync("ann", "unmetered");
            await Task.Delay(20);
        }

        (await EventsOfAsync("acme")).ShouldHaveSingleItem().Member.ShouldBe("ann");
    }

    [Fact]
    public async Task Facts_say_which_member_it_was()
    {
        await AddAsync("acme", "ann", "bob");
        await Rig.ConsumeAsync("ann", "chat", id: "a-1");
        await Rig.ConsumeAsync("acme", "chat", id: "o-1");
        var hold = await Rig.ReserveAsync("bob", "chat", 2, id: "b-1");
        await Rig.SettleAsync(hold.Id!);
        await Rig.Gate.VoidAsync(Project, "a-1", "ann", default);

        (await EventsOfAsync("acme")).Select(e => (e.Id, e.Member)).Where(e => e.Id is "a-1" or "o-1" or "b-1")
            .ShouldBe([("a-1", "ann"), ("o-1", null), ("b-1", "bob")], ignoreOrder: true);
        (await EventsOfAsync("acme", "ann")).Select(e => e.Quantity.Value).ShouldBe([1m, -1m], ignoreOrder: true);
        (await EventsOfAsync("acme", "bob")).ShouldHaveSingleItem().Quantity.ShouldBe(Quantity.Of(2));
        await ShouldVerifyAsync();
    }

    [Fact]
    public async Task An_id_belongs_to_the_owner_and_says_who_used_it()
    {
        await AddAsync("acme", "ann", "bob");
        await Rig.ConsumeAsync("ann", "chat", id: "once");
        (await Rig.ConsumeAsync("ann", "chat", id: "once")).Replayed.ShouldBeTrue();
        (await Rig.ConsumeAsync("bob", "chat", id: "once")).Fault.ShouldBe(GateFault.IdReused);
        (await Rig.ConsumeAsync("acme", "chat", id: "once")).Fault.ShouldBe(GateFault.IdReused);
        (await Rig.ReserveAsync("ann", "scan", 1, id: "held")).Fault.ShouldBe(GateFault.None);
        (await Rig.ReserveAsync("bob", "scan", 1, id: "held")).Fault.ShouldBe(GateFault.IdReused);
        (await Rig.ReserveAsync("ann", "scan", 1, id: "held")).Replayed.ShouldBeTrue();
    }

    [Fact]
    public async Task A_reservation_settles_where_it_was_made_whoever_has_joined_or_left_since()
    {
        var own = await Rig.ReserveAsync("ann", "scan", 2);
        await AddAsync("acme", "ann");
        (await Rig.Gate.SettleAsync(Project, own.Id!, "ann", null, default)).Fault.ShouldBe(GateFault.None);

        var shared = await Rig.ReserveAsync("ann", "scan", 3);
        (await Rig.ReserveAsync("acme", "scan", 1)).Decision!.Outcome.ShouldBe(Outcome.QuotaExceeded);
        (await Remove.RunAsync(Project, "acme", "ann", default)).ShouldBeTrue();
        (await Rig.Gate.SettleAsync(Project, shared.Id!, "bob", null, default)).Fault.ShouldBe(GateFault.HoldUnknown);
        (await Rig.Gate.SettleAsync(Project, shared.Id!, "ann", null, default)).Fault.ShouldBe(GateFault.None);

        (await Rig.StandingAsync("ann", "scan")).Used.ShouldBe(Quantity.Of(2));
        (await Rig.StandingAsync("acme", "scan")).Used.ShouldBe(Quantity.Of(3));
        (await EventsOfAsync("acme")).ShouldHaveSingleItem().Member.ShouldBe("ann");
        await ShouldVerifyAsync();
    }

    [Fact]
    public async Task A_reservation_of_a_member_expires_by_itself()
    {
        await AddAsync("acme", "ann");
        await Rig.ReserveAsync("ann", "scan", 3, TimeSpan.FromSeconds(1));
        (await Rig.ConsumeAsync("acme", "scan")).Decision!.Outcome.ShouldBe(Outcome.QuotaExceeded);
        await Task.Delay(1_200);
        (await Rig.ConsumeAsync("ann", "scan", 3)).Decision!.Allowed.ShouldBeTrue();
    }

    [Fact]
    public async Task Events_from_before_a_customer_joined_can_be_voided_by_its_id()
    {
        await Rig.ConsumeAsync("ann", "scan", id: "before");
        await AddAsync("acme", "ann");
        (await Rig.Gate.VoidAsync(Project, "before", "ann", default)).Fault.ShouldBe(GateFault.None);
        (await Rig.Gate.VoidAsync(Project, "never", "ann", default)).Fault.ShouldBe(GateFault.EventUnknown);
        (await Remove.RunAsync(Project, "acme", "ann", default)).ShouldBeTrue();
        (await Rig.StandingAsync("ann", "scan")).Used.ShouldBe(Quantity.Zero);
        await ShouldVerifyAsync();
    }

    [Fact]
    public async Task Adding_again_replays_and_what_cannot_be_a_member_is_refused()
    {
        var grace = new MemberProfile("Grace", "grace@example.com", "editor");
        (await Add.RunAsync(Project, "acme", "ann", grace, default)).Outcome.ShouldBe(AddMemberOutcome.Added);
        (await Add.RunAsync(Project, "acme", "ann", grace, default)).ShouldSatisfyAllConditions(
            again => again.Outcome.ShouldBe(AddMemberOutcome.Replayed), again => again.Member!.Profile.ShouldBe(grace));
        (await RefusalAsync("acme", "ann")).ShouldBe(AddMemberOutcome.Conflict);
        (await RefusalAsync("globex", "ann")).ShouldBe(AddMemberOutcome.Elsewhere);
        (await RefusalAsync("acme", "acme")).ShouldBe(AddMemberOutcome.Nested);
        (await RefusalAsync("ann", "bob")).ShouldBe(AddMemberOutcome.Nested);
        (await RefusalAsync("globex", "acme")).ShouldBe(AddMemberOutcome.Nested);
        (await Queries.ListAsync(Project, "acme", 10, null, default))!.Select(m => m.Id).ShouldBe(["ann"]);
        (await Remove.RunAsync(Project, "globex", "ann", default)).ShouldBeFalse();
        (await Remove.RunAsync(Project, "acme", "nobody", default)).ShouldBeFalse();
        await ShouldVerifyAsync();
    }

    [Fact]
    public async Task The_last_place_is_given_once()
    {
        var add = new AddMember(Rig.Changes, Rig.Clock, new() { MostMembers = 3 });
        var answers = await Task.WhenAll(Enumerable.Range(0, 12).Select(i => add.RunAsync(Project, "acme", $"u{i}", Nobody, default)));
        answers.Count(a => a.Outcome == AddMemberOutcome.Added).ShouldBe(3);
        answers.Count(a => a.Outcome == AddMemberOutcome.NoSeat).ShouldBe(9);
    }

    [Fact]
    public async Task Two_that_add_each_other_do_not_deadlock_and_one_wins()
    {
        for (var round = 0; round < 10; round++)
        {
            var (a, b) = ($"a{round}", $"b{round}");
            var answers = await Task.WhenAll(Add.RunAsync(Project, a, b, Nobody, default), Add.RunAsync(Project, b, a, Nobody, default));
            answers.Select(answer => answer.Outcome).ShouldBe([AddMemberOutcome.Added, AddMemberOutcome.Nested], ignoreOrder: true);
        }

        await ShouldVerifyAsync();
    }

    [Fact]
    public async Task A_member_has_no_plan_grants_or_overrides_of_its_own_and_cannot_be_deleted()
    {
        await AddAsync("acme", "ann");
        (await new AssignPlan(Rig.Changes, Rig.Clock).RunAsync(Project, "ann", "free", default)).Outcome.ShouldBe(
            AssignPlanOutcome.IsMember);
        var grant = await new AddGrant(Rig.Changes, Rig.Clock).RunAsync(
            Project, "ann", new("scan", Quantity.Of(5), Core.Ledger.GrantSource.TopUp, null, null, null, null), default);
        (grant.Outcome, grant.Owner).ShouldBe((AddGrantOutcome.IsMember, "acme"));
        (await new SetOverrides(Rig.Changes, Rig.Clock).RunAsync(
            Project, "ann", new Dictionary<string, Core.Catalog.EntitlementOverride>(), [], default)).Owner.ShouldBe("acme");
        var delete = new DeleteCustomer(Rig.Changes);
        (await delete.RunAsync(Project, "ann", default)).ShouldBe(DeleteCustomerOutcome.IsMember);
        (await delete.RunAsync(Project, "acme", default)).ShouldBe(DeleteCustomerOutcome.HasMembers);
        (await Remove.RunAsync(Project, "acme", "ann", default)).ShouldBeTrue();
        (await delete.RunAsync(Project, "ann", default)).ShouldBe(DeleteCustomerOutcome.Deleted);
    }

    [Fact]
    public async Task The_same_user_of_another_project_is_somebody_else()
    {
        await AddAsync("acme", "ann");
        var reading = Engine.Catalog.CatalogReader.ReadYaml(Shop.Replace("code: shop", "code: other", StringComparison.Ordinal));
        var other = await CreateProjectAsync("other", reading.Document!);
        (await Rig.Gate.ConsumeAsync(
            other, new("ann", "scan", Quantity.Of(3), null, null, null), default)).Decision!.Allowed.ShouldBeTrue();
        (await Rig.StandingAsync("acme", "scan")).Used.ShouldBe(Quantity.Zero);
        (await Queries.ListAsync(other, "acme", 10, null, default)).ShouldBeNull();
        (await Queries.OwnerOfAsync(other, "ann", default)).ShouldBeNull();
        (await Remove.RunAsync(other, "acme", "ann", default)).ShouldBeFalse();
        (await Add.RunAsync(other, "globex", "ann", Nobody, default)).Outcome.ShouldBe(AddMemberOutcome.Added);
        await ShouldVerifyAsync();
    }

    [Theory]
    [InlineData("UPDATE customers SET owner = NULL")]
    [InlineData("UPDATE customers SET owner = 'globex' WHERE owner IS NOT NULL")]
    [InlineData("DELETE FROM members")]
    [InlineData("UPDATE members SET id = 'eve'")]
    public async Task Tampering_with_members_is_found(string tampering)
    {
        await AddAsync("acme", "ann");
        await _database!.ExecuteAsync(tampering);
        (await VerifyLedger.RunAsync(_database.Connections, Project.Id, null, default)).Findings.Single(f => f.Kind == "members").Count
            .ShouldBeGreaterThan(0);
    }

    private async Task AddAsync(string customer, params string[] members)
    {
        foreach (var member in members)
        {
            (await Add.RunAsync(Project, customer, member, Nobody, default)).Outcome.ShouldBe(AddMemberOutcome.Added);
        }
    }

    private async Task<AddMemberOutcome> RefusalAsync(string customer, string member) =>
        (await Add.RunAsync(Project, customer, member, Nobody, default)).Outcome;

    private async Task<IReadOnlyList<EventRow>> EventsOfAsync(string customer, string? member = null) =>
        await new EventQueries(_database!.Connections).ListAsync(
            Project, new(customer, null, null, Instant.Epoch, Rig.Clock.Now().Plus(TimeSpan.FromDays(1)), null) { Member = member }, 100,
            default);

    private async Task<ProjectSnapshot> CreateProjectAsync(string code, Core.Catalog.CatalogDocument catalog)
    {
        using var directory = new ProjectDirectory(_database!.Source, []);
        var project = await new CreateProject(_database.Source,
            directory).RunAsync(new(code, code, ProjectMode.Live, "Etc/UTC", "USD", catalog), default);
        await new Engine.Catalog.PublishCatalog(_database.Source).PublishAsync(project!.Id, catalog, null, default);
        await directory.RefreshAsync(default);
        return directory.Find(code)!;
    }

    private async Task ShouldVerifyAsync()
    {
        var report = await VerifyLedger.RunAsync(_database!.Connections, null, null, default);
        report.Findings.Where(f => f.IsBreak && f.Count > 0).Select(f => $"{f.Kind}: {f.Count}").ShouldBeEmpty();
    }
}
