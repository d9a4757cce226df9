using Tollgate.Core.Catalog;
using Tollgate.Core.Grants;
using Tollgate.Core.Ledger;
using Tollgate.Core.Money;
using Tollgate.Core.Time;
using Tollgate.Engine.Billing;
using Tollgate.Engine.Customers;
using Tollgate.Engine.Grants;
using Tollgate.Engine.Tests.Ledger;
using Tollgate.Testing;

namespace Tollgate.Engine.Tests.Customers;

/// <summary>
/// When a change of a customer is answered, the server's memory of the customer is gone. The classes that change customers contain no code
/// for that: the commit does it.
/// </summary>
public sealed class ForgettingTests(TestPostgres postgres) : IAsyncLifetime
{
    private const string Shop =
        """
        code: shop
        name: Shop
        default_plan: free
        features:
          - {code: scan, name: Scans}
        plans:
          - code: free
            name: Free
            entitlements: [{feature: scan, quota: 2}]
          - code: pro
            name: Pro
            prices: [{interval: monthly, amount: 2900}]
            entitlements: [{feature: scan, quota: 20}]
        """;

    private TestDatabase? _database;
    private LedgerRig? _rig;

    private LedgerRig Rig => _rig!;

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

    [Theory]
    [InlineData("plan", "20")]
    [InlineData("subscription", "20")]
    [InlineData("grant", "7")]
    [InlineData("void", "3")]
    [InlineData("withdraw", "4")]
    [InlineData("override", "9")]
    [InlineData("join", "20")]
    [InlineData("leave", "2")]
    public async Task The_next_read_of_this_server_sees_a_change_without_any_decision_between(string change, string limit)
    {
        await BeforeAsync(change);
        await Rig.ConsumeAsync("ada", "scan");
        var remembered = await LimitAsync();

        await ChangeAsync(change);

        var read = await LimitAsync();
        (read, read == remembered).ShouldBe((limit, false));
    }

    private async Task<string> LimitAsync() => (await Rig.StandingAsync("ada", "scan")).Limit!.Value.ToString();

    private async Task BeforeAsync(string change)
    {
        switch (change)
        {
            case "void" or "withdraw":
                await GrantAsync(5);
                break;
            case "join" or "leave":
                await new AssignPlan(Rig.Changes, Rig.Clock).RunAsync(Rig.Project, "owner", "pro", default);
                if (change == "leave")
                {
                    (await new AddMember(Rig.Changes, Rig.Clock, new()).RunAsync(Rig.Project, "owner", "ada", new(null, null, null),
                        default)).Outcome.ShouldBe(AddMemberOutcome.Added);
                }

                break;
        }
    }

    private async Task ChangeAsync(string change)
    {
        var (changes, clock, project) = (Rig.Changes, Rig.Clock, Rig.Project);
        switch (change)
        {
            case "plan":
                (await new AssignPlan(changes, clock).RunAsync(project, "ada", "pro", default)).Outcome.ShouldBe(
                    AssignPlanOutcome.Assigned);
                break;
            case "subscription":
                var order = new SubscriptionOrder(
                    "ada", "pro", Core.Time.PriceInterval.Monthly, null, 1, null, true, null, null, null, null, [], null);
                (await new CreateSubscription(changes, clock).RunAsync(project, order, new("test", Preview: false),
                    default)).Outcome.ShouldBe(SubscriptionOutcome.Done);
                break;
            case "grant":
                await GrantAsync(5);
                break;
            case "void":
                await new VoidGrant(changes, clock).RunAsync(project, "ada", "gift", default);
                break;
            case "withdraw":
                await new WithdrawGrants(changes, Rig.Gate, clock).RunAsync(project, "ada",
                    new("scan", Quantity.Of(3), null, false, "back", null), default);
                break;
            case "override":
                var set =
                    new Dictionary<string, EntitlementOverride>
                    {
                        ["scan"] = new() { Feature = "scan", Quota = Setting.To<Quantity?>(Quantity.Of(9)) },
                    };
                (await new SetOverrides(changes, clock).RunAsync(project, "ada", set, [], default)).Faults.ShouldBeEmpty();
                break;
            case "join":
                (await new AddMember(changes, clock, new()).RunAsync(project, "owner", "ada", new(null, null, null),
                    default)).Outcome.ShouldBe(AddMemberOutcome.Added);
                break;
            default:
                (await new RemoveMember(changes, clock).RunAsync(project, "owner", "ada", default)).ShouldBeTrue();
                break;
        }
    }

    private Task GrantAsync(decimal amount) => new AddGrant(Rig.Changes, Rig.Clock).RunAsync(
        Rig.Project, "ada", new("scan", Quantity.Of(amount), GrantSource.Gift, null, null, null, "gift"), default);
}
