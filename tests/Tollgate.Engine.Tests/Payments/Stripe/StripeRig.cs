using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using Tollgate.Core.Outbound;
using Tollgate.Core.Payments;
using Tollgate.Engine.Billing;
using Tollgate.Engine.Inbox;
using Tollgate.Engine.Llm;
using Tollgate.Engine.Payments;
using Tollgate.Engine.Payments.Stripe;
using Tollgate.Engine.Projects;
using Tollgate.Engine.Secrets;
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

    internal static readonly SecretBox Secrets = new(MasterKeyRing.OfOne(MasterKey.Make()), NullLogger.Instance);

    private readonly ProviderKeys _keys = new(Secrets);
    private readonly StripeClient _client;
    private readonly ProjectDirectory _directory;

    private StripeRig(LedgerRig ledger, StripeDouble stripe)
    {
        (Ledger, Stripe) = (ledger, stripe);
        _client = new(new(stripe.Url, TimeSpan.FromSeconds(10)), NullLogger<StripeClient>.Instance, static (_, _) => Task.CompletedTask);
        _directory = new(ledger.Database.Source, [new PricePart(), new UpstreamPart(), new PaymentPart()]);
        Accounts = new(ledger.Database.Source, ledger.Changes, _keys, _client);
        var variables = new StripeVariables(static _ => null);
        Mirror = new(Accounts, variables);
        var events = new StripeEvents(Accounts, Mirror);
        Provider = new(Accounts, events, ledger.Clock, NullLogger<StripeProvider>.Instance);
        var (source, providers, bell) = (ledger.Database.Source, new PaymentProviders([Provider]), new InboxBell());
        Queries = new(source);
        var methods = new PaymentMethods(source, Secrets);
        var settle = new SettlePayment(Queries, methods, providers, ledger.Changes, ledger.Clock, NullLogger<SettlePayment>.Instance);
        Charge = new(settle, providers, ledger.Changes, ledger.Clock);
        Bill = new(
            source, new(source), new([new StripeSubscriptions(Accounts, Mirror, events, variables, ledger.Clock)]),
            NullLogger<BillAtProvider>.Instance);
        Refund = new(ledger.Changes, Queries, providers, ledger.Clock);
        Apply = new(
            ledger.Changes, Queries, new(ledger.Changes, Secrets, ledger.Clock), settle, Refund, new(ledger.Changes, ledger.Clock),
            new(ledger.Changes, Secrets, ledger.Clock), Bill, new(source, ledger.Changes, new(ledger.Changes, ledger.Clock), ledger.Clock),
            ledger.Clock);
        Inbox = new(source, _directory, providers, Apply.RunAsync, Secrets, bell, ledger.Parked, NullLogger<ReadInbox>.Instance);
        Door = new(
            source, _directory, providers, _keys, Secrets, bell, new InboxMetrics(), new(1_000_000_000), ledger.Clock,
            NullLogger<ReceiveWebhook>.Instance);
        Settings = new(source, _directory, _keys);
    }

    public StripeMirror Mirror { get; }

    public ApplyProviderUpdate Apply { get; }

    public PaymentQueries Queries { get; }

    public ChargeInvoice Charge { get; }

    public BillAtProvider Bill { get; }

    public RefundPayment Refund { get; }

    public ReceiveWebhook Door { get; }

    public ReadInbox Inbox { get; }

    /// <summary>A reader of the inbox with another provider in Stripe's place.</summary>
    public ReadInbox InboxWith(IPaymentProvider provider) => new(
        Ledger.Database.Source, _directory, new([provider]), Apply.RunAsync, Secrets, new InboxBell(), Ledger.Parked,
        NullLogger<ReadInbox>.Instance);

    /// <summary>Reads the projects again.</summary>
    public Task RefreshAsync() => _directory.RefreshAsync(CancellationToken.None);

    private PaymentSettings Settings { get; }

    public static IReadOnlyDictionary<string, string> Credentials { get; } = new Dictionary<string, string>
    {
        ["secret_key"] = StripeDouble.SecretKey, ["webhook_secret"] = StripeDouble.WebhookSecret,
        ["previous_webhook_secret"] = "whsec_previous",
    };

    public LedgerRig Ledger { get; }

    public StripeDouble Stripe { get; }

    public StripeAccounts Accounts { get; }

    public StripeProvider Provider { get; }

    public ProjectSnapshot Project => _directory.Find("shop")!;

    public StripeAccount Account => Accounts.Open(Project)!;

    public static async Task<StripeRig> StartAsync(TestDatabase database)
    {
        var rig = new StripeRig(await LedgerRig.StartAsync(database, Shop), await StripeDouble.StartAsync());
        await rig._directory.RefreshAsync(CancellationToken.None);
        await rig.Settings.SetAsync(rig.Project, PaymentProvider.Stripe, Credentials, CancellationToken.None);
        return rig;
    }

    /// <summary>
    /// Sends an event to the door: correctly, with an old signature (<c>stale</c>), or changed after signing (<c>tampered</c>). Only the
    /// correct ones are accepted.
    /// </summary>
    public async Task TellAsync(Random chance, JsonObject happened, string kind)
    {
        var (body, now) = (Encoding.UTF8.GetBytes(happened.ToJsonString()), DateTimeOffset.UtcNow);
        var header = StripeHooks.Sign(body, StripeDouble.WebhookSecret, kind == "stale" ? now.AddMinutes(-6) : now);
        if (kind == "tampered")
        {
            body[chance.Next(body.Length)] ^= 1;
        }

        var came = await Door.RunAsync(
            PaymentProvider.Stripe,
            new(new Dictionary<string, string> { ["Stripe-Signature"] = header }, new Dictionary<string, string>(), body), Project, null,
            CancellationToken.None);
        (came is ReceiveOutcome.Stored or ReceiveOutcome.Repeated).ShouldBe(kind == "right", kind);
    }

    public async ValueTask DisposeAsync()
    {
        Inbox.Dispose();
        _client.Dispose();
        _directory.Dispose();
        await Stripe.DisposeAsync();
        await Ledger.DisposeAsync();
        Stripe.Broken.ShouldBeEmpty();
    }
}
