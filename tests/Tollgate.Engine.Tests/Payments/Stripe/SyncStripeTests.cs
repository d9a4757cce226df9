using Tollgate.Engine.Payments.Stripe;
using Tollgate.Testing;

namespace Tollgate.Engine.Tests.Payments.Stripe;

/// <summary>The catalogue as products and prices at the double.</summary>
public sealed class SyncStripeTests(TestPostgres postgres) : IAsyncLifetime
{
    private readonly Dictionary<string, string> _variables = [];
    private TestDatabase? _database;
    private StripeRig? _rig;

    private StripeRig Rig => _rig!;

    public async ValueTask InitializeAsync()
    {
        _database = await postgres.CreateDatabaseAsync();
        _rig = await StripeRig.StartAsync(_database);
    }

    public async ValueTask DisposeAsync()
    {
        await _rig!.DisposeAsync();
        await _database!.DisposeAsync();
    }

    private async Task<string[]> SyncAsync(bool dryRun = false)
    {
        var lines = await new SyncStripe(Rig.Accounts, new(name => _variables.GetValueOrDefault(name))).RunAsync(Rig.Project, dryRun,
            CancellationToken.None);
        return [.. lines.ShouldNotBeNull().Select(static line => $"{line.Kind} {line.Name}: {line.Outcome}")];
    }

    private static readonly string[] AllCreated =
    [
        "product pro: Created", "price pro monthly USD: Created", "price pro yearly USD: Created", "product max: Created",
        "price max monthly USD: Created",
    ];

    [Fact]
    public async Task Missing_objects_are_created_and_found_again()
    {
        (await SyncAsync(dryRun: true)).ShouldBe(AllCreated);
        Rig.Stripe.Books.All("price").ShouldBeEmpty("A dry run makes nothing.");
        (await SyncAsync()).ShouldBe(AllCreated);
        (await SyncAsync()).ShouldAllBe(static line => line.EndsWith(": Ok"));
        Rig.Stripe.Books.All("price").Count().ShouldBe(3);
        var yearly = Rig.Stripe.Books.All("price").Single(static one => (string?)one["lookup_key"] == "tollgate_shop_pro_yearly_usd");
        ((long?)yearly["unit_amount"], (string?)yearly["recurring"]!["interval"], (string?)yearly["product"],
            (string?)yearly["metadata"]!["tollgate_plan"])
            .ShouldBe((29000, "year", "tollgate-shop-pro", "pro"));
    }

    [Fact]
    public async Task An_amount_is_never_edited_and_a_name_is()
    {
        await SyncAsync();
        var price = Rig.Stripe.Books.All("price").Single(static one => (string?)one["lookup_key"] == "tollgate_shop_max_monthly_usd");
        price["unit_amount"] = 1L;
        Rig.Stripe.Books.Get("product", "tollgate-shop-pro")["name"] = "Prro";
        (await SyncAsync()).ShouldBe(
        [
            "product pro: Updated", "price pro monthly USD: Ok", "price pro yearly USD: Ok", "product max: Ok",
            "price max monthly USD: Replaced",
        ]);
        ((bool?)price["active"], (string?)price["lookup_key"], (long?)price["unit_amount"]).ShouldBe((false, null, 1));
        (await SyncAsync()).ShouldAllBe(static line => line.EndsWith(": Ok"));
        Rig.Stripe.Books.All("price").Count().ShouldBe(4);
    }

    [Fact]
    public async Task A_price_that_was_named_is_compared_and_left_alone()
    {
        await SyncAsync();
        var monthly = Rig.Stripe.Books.All("price").Single(static one => (string?)one["lookup_key"] == "tollgate_shop_pro_monthly_usd");
        _variables["STRIPE_PRICE_ID_MAX"] = (string)monthly["id"]!;
        _variables["STRIPE_PRICE_ID_PRO"] = "price_gone";
        (await SyncAsync()).ShouldBe(
        [
            "product pro: Ok", "price pro monthly USD: Differs", "price pro yearly USD: Ok", "product max: Ok",
            "price max monthly USD: Differs",
        ]);
        Rig.Stripe.Books.All("price").Count().ShouldBe(3);
    }
}
