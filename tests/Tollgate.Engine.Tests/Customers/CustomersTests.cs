using Tollgate.Core.Customers;
using Tollgate.Core.Grants;
using Tollgate.Core.Ledger;
using Tollgate.Core.Money;
using Tollgate.Core.Quotas;
using Tollgate.Core.Time;
using Tollgate.Engine.Catalog;
using Tollgate.Engine.Customers;
using Tollgate.Engine.Grants;
using Tollgate.Engine.Projects;
using Tollgate.Engine.Tests.Ledger;
using Tollgate.Testing;

namespace Tollgate.Engine.Tests.Customers;

/// <summary>Customers, plans, grants and overrides on the real PostgreSQL; each test checks the first decision after a change.</summary>
public sealed class CustomersTests(TestPostgres postgres) : IAsyncLifetime
{
    private const string Shop =
        """
        code: shop
        name: Shop
        default_plan: free
        features:
          - {code: scan, name: Scans}
          - {code: chat, name: Chats}
          - {code: export, name: Exports, kind: switch}
          - {code: days, name: Days, kind: value}
        plans:
          - code: free
            name: Free
            entitlements:
              - {feature: scan, quota: 2}
              - {feature: chat, quota: 10, grant_on_change: prorated}
              - {feature: days, value: 30}
          - code: pro
            name: Pro
            entitlements:
              - {feature: scan, quota: 20}
              - {feature: chat, quota: 100, grant_on_change: prorated}
              - {feature: export, enabled: true}
              - {feature: days, value: 365}
        """;

    private TestDatabase? _database;
    private LedgerRig? _rig;

    private LedgerRig Rig => _rig!;

    private ProjectSnapshot Project => Rig.Project;

    private CustomerQueries Queries => new(_database!.Source);

    private GrantQueries GrantReads => new(_database!.Source, Queries);

    private CreateCustomer Create => new(Rig.Changes, Rig.Lanes.NewCustomers, Rig.Clock, Vat);

    private CheckVatIds Vat => new(_database!.Source, new(ViesOptions.Off), Rig.Clock);

    private AssignPlan Assign => new(Rig.Changes, Rig.Clock);

    private AddGrant Grants => new(Rig.Changes, Rig.Clock);

    private SetOverrides Overrides => new(Rig.Changes, Rig.Clock);

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
    public async Task A_customer_that_two_transactions_create_at_once_is_one_customer()
    {
        await using var first = await _database!.Source.OpenConnectionAsync();
        await using var second = await _database.Source.OpenConnectionAsync();
        await using var open = await first.BeginTransactionAsync();
        var mine = await CreateMissingAsync(first, "u1", "u2", "u1");
        var waiting = CreateMissingAsync(second, "u2", "u3");
        await Task.Delay(100);
        waiting.IsCompleted.ShouldBeFalse("the second must wait for the first to commit or to give up");
        await open.CommitAsync();
        var theirs = await waiting;

        mine.Keys.Order().ShouldBe(["u1", "u2"]);
        theirs.Keys.Order().ShouldBe(["u2", "u3"]);
        theirs["u2"].ShouldBe(mine["u2"]);
        (await _database.ScalarAsync<long>("SELECT count(*) FROM customers")).ShouldBe(3);
    }

    [Fact]
    public async Task Creating_is_replayed_completes_a_first_use_and_refuses_other_content()
    {
        var ada = new CustomerProfile { Name = "Ada", Metadata = new Dictionary<string, string> { ["b"] = "2", ["a"] = "1" } };
        (await Create.RunAsync(Project, "u1", ada, default)).Outcome.ShouldBe(CreateCustomerOutcome.Created);
        (await Create.RunAsync(Project, "u1", ada, default)).Outcome.ShouldBe(CreateCustomerOutcome.Existed);
        (await Create.RunAsync(Project, "u1", ada with { Name = "Eve" }, default)).Outcome.ShouldBe(CreateCustomerOutcome.Conflict);
        (await Queries.FindAsync(Project, "u1", default))!.Customer.Profile.ShouldBe(ada);

        await Rig.ConsumeAsync("u2", "scan");
        (await Create.RunAsync(Project, "u2", ada, default)).Outcome.ShouldBe(CreateCustomerOutcome.Existed);
        (await Queries.FindAsync(Project, "u2", default))!.Customer.Profile.ShouldBe(ada);
        (await Rig.StandingAsync("u2", "scan")).Used.ShouldBe(Quantity.One);
    }

    [Fact]
    public async Task A_patch_holds_the_limits_of_the_result_and_changes_nothing_when_it_breaks_them()
    {
        var full = Enumerable.Range(0, 50).ToDictionary(i => $"k{i}", _ => "v");
        await Create.RunAsync(Project, "u1", new() { Name = "Ada", Metadata = full }, default);
        var update = new UpdateCustomer(Rig.Changes, Vat);

        var tooMany = await update.RunAsync(Project, "u1", MetadataPatch(("one-more", "v")), default);
        tooMany!.Faults.ShouldHaveSingleItem().Field.ShouldBe("metadata");
        (await Queries.FindAsync(Project, "u1", default))!.Customer.Profile.Metadata.Count.ShouldBe(50);

        var swapped = await update.RunAsync(Project, "u1", MetadataPatch(("one-more", "v"), ("k0", null)), default);
        swapped!.Faults.ShouldBeEmpty();
        var stored = (await Queries.FindAsync(Project, "u1", default))!.Customer.Profile;
        (stored.Name, stored.Metadata.Count, stored.Metadata.ContainsKey("k0")).ShouldBe(("Ada", 50, false));
        (await update.RunAsync(Project, "nobody", new(), default)).ShouldBeNull();
    }

    [Fact]
    public async Task The_next_decision_sees_an_assigned_plan_and_used_stays_used()
    {
        await Rig.ConsumeAsync("u1", "scan", 2);
        (await Rig.ConsumeAsync("u1", "scan")).Decision!.Outcome.ShouldBe(Outcome.QuotaExceeded);

        var (_, customer) = await Assign.RunAsync(Project, "u1", "pro", default);
        (customer!.Plan, customer.PlanVersion).ShouldBe(("pro", 1));
        var third = await Rig.ConsumeAsync("u1", "scan");
        third.Decision!.Outcome.ShouldBe(Outcome.WithinQuota);
        third.Decision.Standing!.Used.ShouldBe(Quantity.Of(3));
        third.Decision.Plan.ShouldBe("pro");

        (await Assign.RunAsync(Project, "u1", null, default)).Customer!.Plan.ShouldBe("free");
        (await Rig.ConsumeAsync("u1", "scan")).Decision!.Outcome.ShouldBe(Outcome.QuotaExceeded);
        (await Assign.RunAsync(Project, "u1", "platinum", default)).Outcome.ShouldBe(AssignPlanOutcome.PlanUnknown);
    }

    [Fact]
    public async Task Another_server_sees_an_assigned_plan_too()
    {
        await using var other = await LedgerRig.StartAsync(_database!);
        await other.ConsumeAsync("u1", "scan", 2);
        (await other.ConsumeAsync("u1", "scan")).Decision!.Allowed.ShouldBeFalse();
        await Assign.RunAsync(Project, "u1", "pro", default);
        (await other.ConsumeAsync("u1", "scan")).Decision!.Allowed.ShouldBeTrue();
    }

    [Fact]
    public async Task Assigning_writes_one_fact_for_each_change_and_none_for_a_repeat()
    {
        await Assign.RunAsync(Project, "u1", "pro", default);
        await Assign.RunAsync(Project, "u1", "pro", default);
        await Assign.RunAsync(Project, "u1", null, default);
        (await _database!.ScalarAsync<long>("SELECT count(*) FROM customer_terms")).ShouldBe(2);
        (await _database.ScalarAsync<bool>(
            "SELECT previous_plan_version_id = (SELECT id FROM plan_versions WHERE plan = 'pro') AND plan_version_id IS NULL FROM "
                + "customers")).ShouldBeTrue();
    }

    [Fact]
    public async Task A_prorated_feature_gets_a_share_of_each_plan_and_a_full_one_all_of_the_new()
    {
        await Assign.RunAsync(Project, "u1", "pro", default);
        (await Rig.StandingAsync("u1", "scan")).Limit.ShouldBe(Quantity.Of(20));
        var chat = (await Rig.StandingAsync("u1", "chat")).Limit!.Value;
        chat.ShouldBeGreaterThan(Quantity.Of(9));
        chat.ShouldBeLessThan(Quantity.Of(100));
    }

    [Fact]
    public async Task A_grant_is_burned_by_the_next_decision_and_its_rest_can_be_taken_back()
    {
        await Rig.ConsumeAsync("u1", "scan", 2);
        var added = await Grants.RunAsync(Project, "u1", Pack("order-1"), default);
        added.Outcome.ShouldBe(AddGrantOutcome.Added);
        (await Rig.ConsumeAsync("u1", "scan", 2)).Decision!.Allowed.ShouldBeTrue();
        (await GrantReads.FindGrantAsync(Project, "u1", "order-1", default))!.Grant.Used.ShouldBe(Quantity.Of(2));

        var take = new VoidGrant(Rig.Changes, Rig.Clock);
        var voided = await take.RunAsync(Project, "u1", "order-1", default);
        (voided!.Grant.Used, voided.Grant.Forfeited, voided.Grant.Remaining).ShouldBe((Quantity.Of(2), Quantity.Of(3), Quantity.Zero));
        (await Rig.ConsumeAsync("u1", "scan")).Decision!.Outcome.ShouldBe(Outcome.QuotaExceeded);
        (await take.RunAsync(Project, "u1", "order-1", default))!.Grant.Forfeited.ShouldBe(Quantity.Of(3));
        (await take.RunAsync(Project, "u1", "order-2", default)).ShouldBeNull();
        (await take.RunAsync(Project, "nobody", "order-1", default)).ShouldBeNull();
    }

    [Fact]
    public async Task A_customer_has_a_thousand_grants_with_something_left_and_no_more()
    {
        await Grants.RunAsync(Project, "u1", Pack("order-1"), default);
        await _database!.ExecuteAsync(
            """
            INSERT INTO grants (partition, account, feature, id, source, priority, amount, effective_at, expires_at, created_at)
            SELECT partition, account, feature, gen_random_uuid(), source, priority, 1, effective_at, expires_at, created_at
              FROM grants, generate_series(1, 999)
            """);
        (await Grants.RunAsync(Project, "u1", Pack("order-2"), default)).Outcome.ShouldBe(AddGrantOutcome.TooMany);
        (await Grants.RunAsync(Project, "u1", Pack("order-1"), default)).Outcome.ShouldBe(AddGrantOutcome.Replayed);
        (await Rig.StandingAsync("u1", "scan")).Limit.ShouldBe(Quantity.Of(2 + 5 + 999));

        await new VoidGrant(Rig.Changes, Rig.Clock).RunAsync(Project, "u1", "order-1", default);
        (await Grants.RunAsync(Project, "u1", Pack("order-2"), default)).Outcome.ShouldBe(AddGrantOutcome.Added);
    }

    [Fact]
    public async Task A_repeated_grant_is_granted_once_and_other_content_is_refused()
    {
        (await Grants.RunAsync(Project, "u1", Pack("order-1"), default)).Outcome.ShouldBe(AddGrantOutcome.Added);
        (await Grants.RunAsync(Project, "u1", Pack("order-1"), default)).Outcome.ShouldBe(AddGrantOutcome.Replayed);
        (await Grants.RunAsync(Project, "u1", Pack("order-1") with { Amount = Quantity.Of(6) }, default)).Outcome.ShouldBe(
            AddGrantOutcome.IdReused);
        (await Rig.StandingAsync("u1", "scan")).Limit.ShouldBe(Quantity.Of(7));
    }

    [Fact]
    public async Task All_faults_of_a_grant_are_told_at_once()
    {
        var order = new GrantOrder("days", Quantity.Zero, GrantSource.TopUp, 5000, null, Instant.FromUnixSeconds(1), "a\nb");
        var answer = await Grants.RunAsync(Project, "u1", order, default);
        answer.Outcome.ShouldBe(AddGrantOutcome.Refused);
        answer.Faults.Select(f => f.Field).Distinct().ShouldBe(["feature", "amount", "priority", "expires_at", "id"]);
        (await Queries.FindAsync(Project, "u1", default)).ShouldBeNull("a refused grant creates nobody");
    }

    [Fact]
    public async Task A_promotion_burns_before_the_plan_and_a_top_up_that_never_expires_after_it()
    {
        await Grants.RunAsync(Project, "u1", Pack("bought"), default);
        await Grants.RunAsync(Project, "u1", Pack("promo") with { Source = GrantSource.Promotion, Amount = Quantity.One }, default);
        await Rig.ConsumeAsync("u1", "scan", 3);
        (await GrantReads.FindGrantAsync(Project, "u1", "promo", default))!.Grant.Used.ShouldBe(Quantity.One);
        (await GrantReads.FindGrantAsync(Project, "u1", "bought", default))!.Grant.Used.ShouldBe(Quantity.Zero);

        var row = (await Queries.FindAsync(Project, "u1", default))!;
        var burning = await GrantReads.BurningGrantsAsync(row, Project.Catalog.Features["scan"].Key, Rig.Clock.Now(Project), default);
        burning.Select(g => g.Id).ShouldBe(["bought"], "what is used up burns no more");
    }

    [Fact]
    public async Task An_override_is_seen_by_the_next_decision_and_null_takes_it_back()
    {
        await Rig.ConsumeAsync("u1", "scan", 2);
        (await Rig.ConsumeAsync("u1", "scan")).Decision!.Allowed.ShouldBeFalse();

        (await SetAsync("""{"scan": {"quota": 5}, "export": {"enabled": true}}""")).ShouldBeEmpty();
        (await Rig.ConsumeAsync("u1", "scan")).Decision!.Allowed.ShouldBeTrue();
        (await Rig.ConsumeAsync("u1", "export")).Decision!.Outcome.ShouldBe(Outcome.SwitchedOn);

        (await SetAsync("""{"days": {"value": "90"}}""", "scan")).ShouldBeEmpty();
        (await Rig.ConsumeAsync("u1", "scan")).Decision!.Allowed.ShouldBeFalse();
        (await Rig.ConsumeAsync("u1", "export")).Decision!.Allowed.ShouldBeTrue("a feature that was not named keeps its override");
        (await Queries.FindAsync(Project, "u1", default))!.Overrides.ShouldNotContain("scan");
    }

    [Fact]
    public async Task Overrides_that_make_no_sense_change_nothing()
    {
        var faults = await SetAsync(
            """{"scan": {"quota": 5}, "export": {"quota": 5}, "nothing": {"quota": 1}, "chat": {"thresholds": [0]}}""");
        faults.Select(f => f.Field.Split('.', '[')[0]).Distinct().Order().ShouldBe(["chat", "export", "nothing"]);
        (await _database!.ScalarAsync<long>("SELECT count(*) FROM customers WHERE overrides <> '{}'")).ShouldBe(0);
    }

    [Fact]
    public async Task Lists_run_in_byte_order_and_miss_nobody()
    {
        string[] ids = ["B", "a", "ä", "a/b", "a%", "A", "a_b", "Z"];
        foreach (var id in ids)
        {
            await Create.RunAsync(Project, id, new() { Email = $"Mail-{(int)id[0]}@Example.com" }, default);
        }

        List<string> seen = [];
        string? after = null;
        do
        {
            var page = await Queries.ListAsync(Project, 3, after, null, default);
            seen.AddRange(page.Select(c => c.Id));
            after = page.Count == 3 ? page[^1].Id : null;
        }
        while (after is not null);

        seen.ShouldBe(["A", "B", "Z", "a", "a%", "a/b", "a_b", "ä"]);
        (await SearchAsync("a")).ShouldBe(["a", "a%", "a/b", "a_b"]);
        (await SearchAsync("a%")).ShouldBe(["a%"], "a search text is taken literally");
        (await SearchAsync("a_")).ShouldBe(["a_b"]);
        (await SearchAsync("mail-65@")).ShouldBe(["A"], "e-mail addresses are found in any case");
        (await SearchAsync("nobody")).ShouldBeEmpty();
    }

    [Fact]
    public async Task Only_a_customer_without_a_trace_can_be_deleted()
    {
        var delete = new DeleteCustomer(Rig.Changes);
        (await delete.RunAsync(Project, "u1", default)).ShouldBe(DeleteCustomerOutcome.Unknown);
        await Grants.RunAsync(Project, "u1", Pack("order-1"), default);
        await Assign.RunAsync(Project, "u1", "pro", default);
        (await delete.RunAsync(Project, "u1", default)).ShouldBe(DeleteCustomerOutcome.Deleted);
        (await Queries.FindAsync(Project, "u1", default)).ShouldBeNull();
        (await Rig.StandingAsync("u1", "scan")).Limit.ShouldBe(Quantity.Of(2), "grants and plan are gone with it");

        await Rig.ConsumeAsync("used", "scan");
        (await delete.RunAsync(Project, "used", default)).ShouldBe(DeleteCustomerOutcome.HasUsage);
        await Rig.ReserveAsync("reserved", "scan", 1);
        (await delete.RunAsync(Project, "reserved", default)).ShouldBe(DeleteCustomerOutcome.HasReservations);
        await Rig.ConsumeAsync("denied", "scan", 3);
        (await delete.RunAsync(Project, "denied", default)).ShouldBe(DeleteCustomerOutcome.HasDecisions);
    }

    [Fact]
    public async Task Another_project_sees_and_changes_nothing()
    {
        await Create.RunAsync(Project, "u1", new() { Name = "Ada" }, default);
        await Grants.RunAsync(Project, "u1", Pack("order-1"), default);
        var foreign = Project with { Id = Project.Id + 1, Code = "other" };

        (await Queries.FindAsync(foreign, "u1", default)).ShouldBeNull();
        (await Queries.ListAsync(foreign, 10, null, null, default)).ShouldBeEmpty();
        (await Queries.ListAsync(foreign, 10, null, "u", default)).ShouldBeEmpty();
        (await GrantReads.FindGrantAsync(foreign, "u1", "order-1", default)).ShouldBeNull();
        (await GrantReads.ListGrantsAsync(foreign, "u1", 10, null, default)).ShouldBeNull();
        (await new UpdateCustomer(Rig.Changes, Vat).RunAsync(foreign, "u1", new() { Name = Change<string?>.To("Eve") },
            default)).ShouldBeNull();
        (await new VoidGrant(Rig.Changes, Rig.Clock).RunAsync(foreign, "u1", "order-1", default)).ShouldBeNull();
        (await new DeleteCustomer(Rig.Changes).RunAsync(foreign, "u1", default)).ShouldBe(DeleteCustomerOutcome.Unknown);
        (await Queries.FindAsync(Project, "u1", default))!.Customer.Profile.Name.ShouldBe("Ada");
    }

    private static GrantOrder Pack(string id) => new("scan", Quantity.Of(5), GrantSource.TopUp, null, null, null, id);

    private static CustomerPatch MetadataPatch(params (string Key, string? Value)[] changes) => new()
    {
        Metadata = Change<IReadOnlyDictionary<string, string?>?>.To(changes.ToDictionary(c => c.Key, c => c.Value)),
    };

    private async Task<IReadOnlyList<FieldFault>> SetAsync(string json, params string[] removed)
    {
        var (set, unreadable) = CatalogReader.ReadOverrides(System.Text.Encoding.UTF8.GetBytes(json), "USD");
        unreadable.ShouldBeEmpty();
        return (await Overrides.RunAsync(Project, "u1", set, removed, default)).Faults;
    }

    private async Task<IReadOnlyList<string>> SearchAsync(string text) =>
        [.. (await Queries.ListAsync(Project, 10, null, text, default)).Select(c => c.Id)];

    private async Task<Dictionary<string, int>> CreateMissingAsync(Npgsql.NpgsqlConnection connection, params string[] ids)
    {
        await using var command = new Npgsql.NpgsqlCommand(CustomerSql.CreateMissing, connection);
        command.Parameters.Add(new() { Value = Array.ConvertAll(ids, id => CustomerPlace.PartitionOf(Project.Id, id)) });
        command.Parameters.Add(new() { Value = Array.ConvertAll(ids, _ => Project.Id) });
        command.Parameters.Add(new() { Value = ids });
        command.Parameters.Add(new() { Value = Array.Empty<byte[]>() });
        await using var reader = await command.ExecuteReaderAsync();
        Dictionary<string, int> accounts = [];
        while (await reader.ReadAsync())
        {
            accounts.Add(reader.GetString(3), reader.GetInt32(1));
        }

        return accounts;
    }
}
