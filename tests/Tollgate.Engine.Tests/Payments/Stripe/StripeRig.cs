using System.Collections.Frozen;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.Logging.Abstractions;
using Tollgate.Core.Payments;
using Tollgate.Engine.Payments;
using Tollgate.Engine.Payments.Stripe;
using Tollgate.Engine.Projects;
using Tollgate.Engine.Tests.Ledger;
using Tollgate.Testing;
using Tollgate.Testing.Stripe;

namespace Tollgate.Engine.Tests.Payments.Stripe;

/// <summary>A project on the double, over a real database, in one process.</summary>
public sealed class StripeRig : IAsyncDisposable
{
    public const string Shop =
        """
        code: shop
        name: Shop
        default_plan: free
        features:
          - {code: calls, name: Calls}
        plans:
          - code: free
            name: Free
            entitlements: [{feature: calls, quota: 1}]
          - code: pro
            name: Pro
            prices: [{interval: monthly, amount: 2900, trial_days: 7}, {interval: yearly, amount: 29000}]
            entitlements: [{feature: calls, quota: 10, hard_cap: false, overage_price: {mode: per_unit, tiers: [{unit_price: 0.25}]}}]
          - code: max
            name: Max
            prices: [{interval: monthly, amount: 9900}]
            entitlements: [{feature: calls, quota: 100}]
        """;

    private readonly ProviderKeys _keys = new(new EphemeralDataProtectionProvider(), NullLogger<ProviderKeys>.Instance);
    private readonly StripeClient _client;
    private readonly PaymentSetup _setup;

    private StripeRig(LedgerRig ledger, StripeDouble stripe)
    {
        (Ledger, Stripe) = (ledger, stripe);
        _client = new(new(stripe.Url, TimeSpan.FromSeconds(10)), NullLogger<StripeClient>.Instance, static (_, _) => Task.CompletedTask);
        _setup = PaymentSetup.Live with
        {
            Provider = PaymentProvider.Stripe,
            Credentials = new Dictionary<PaymentProvider, SealedCredentials>
            {
                [PaymentProvider.Stripe] = new(_keys.Close(Credentials), 1, DateTimeOffset.UnixEpoch),
            }.ToFrozenDictionary(),
        };
        Accounts = new(ledger.Database.Source, _keys, _client);
        Provider = new(Accounts, new(Accounts), ledger.Clock, NullLogger<StripeProvider>.Instance);
    }

    public static IReadOnlyDictionary<string, string> Credentials { get; } = new Dictionary<string, string>
    {
        ["secret_key"] = StripeDouble.SecretKey, ["webhook_secret"] = StripeDouble.WebhookSecret, ["previous_webhook_secret"] = "whsec_previous",
    };

    public LedgerRig Ledger { get; }

    public StripeDouble Stripe { get; }

    public StripeAccounts Accounts { get; }

    public StripeProvider Provider { get; }

    public ProjectSnapshot Project => Ledger.Project with { Payments = _setup };

    public StripeAccount Account => Accounts.Open(Project)!;

    public static async Task<StripeRig> StartAsync(TestDatabase database) =>
        new(await LedgerRig.StartAsync(database, Shop), await StripeDouble.StartAsync());

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await Stripe.DisposeAsync();
        await Ledger.DisposeAsync();
        Stripe.Broken.ShouldBeEmpty();
    }
}
