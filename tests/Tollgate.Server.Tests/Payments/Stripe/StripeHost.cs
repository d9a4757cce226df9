using System.Net;
using System.Text.Json.Nodes;
using Npgsql;
using Tollgate.Engine.Secrets;
using Tollgate.Server.Tests.Customers;
using Tollgate.Server.Tests.Subscriptions;
using Tollgate.Testing;
using Tollgate.Testing.Stripe;

namespace Tollgate.Server.Tests.Payments.Stripe;

/// <summary>A server that calls a double instead of Stripe, and queries it after a second.</summary>
public sealed class StripeHost(TestPostgres postgres) : IAsyncLifetime
{
    private RunningServer? _running;

    public RunningServer Running => _running!;

    public StripeDouble Stripe { get; private set; } = null!;

    /// <summary>Further variables of the server.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    public async ValueTask InitializeAsync()
    {
        Stripe = await StripeDouble.StartAsync();
        _running = new(postgres)
        {
            Environment = new Dictionary<string, string>(Environment)
            {
                ["TOLLGATE_PAYMENT_SECONDS"] = "1", ["TOLLGATE_STRIPE_URL"] = Stripe.Url.ToString(),
            },
        };
        await _running.InitializeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _running!.DisposeAsync();
        await Stripe.DisposeAsync();
        Stripe.Broken.ShouldBeEmpty();
    }

    /// <summary>A sandbox project on Stripe, with a customer of this name who has a card there, and an open invoice of $29.00.</summary>
    public async Task<(BillingSandbox Sandbox, string Invoice, string Card)> OwingAsync(StripeCard card)
    {
        var sandbox = await ProjectAsync();
        await sandbox.SubscribeAsync($$"""{"customer": "{{Customer}}", "plan": "pro", "trial": false}""");
        var invoice = (string)(await sandbox.Door.GetAsync($"/v1/invoices?customer={Customer}"))["data"]![0]!["id"]!;
        return (sandbox, invoice, await AddCardAsync(sandbox, card));
    }

    public const string Customer = "ann";

    /// <summary>Each project has its own secret: the signature tells the project of an event.</summary>
    public static string SecretOf(BillingSandbox sandbox) => $"whsec_{sandbox.Code}";

    /// <summary>Sends an event as Stripe does.</summary>
    public async Task<HttpStatusCode> SendAsync(BillingSandbox sandbox, JsonObject happened, string? secret = null) =>
        (await StripeDouble.SendAsync(
            Running.Server.Http, "/v1/webhooks/stripe", happened, DateTimeOffset.UtcNow, secret ?? SecretOf(sandbox))).StatusCode;

    public async Task<BillingSandbox> ProjectAsync()
    {
        var sandbox = await BillingSandbox.StartAsync(Running, "2027-01-31T00:00:00Z");
        var set = await sandbox.Door.PutAsync(
            "/v1/payment-settings",
            $$"""{"provider": "stripe", "credentials": {"secret_key": "{{StripeDouble.SecretKey}}", "webhook_secret": "{{SecretOf(sandbox)}}"} }""");
        set.Status.ShouldBe(HttpStatusCode.OK, set.Json?.ToJsonString());
        return sandbox;
    }

    /// <summary>Saves a card as a checkout does.</summary>
    public async Task<string> AddCardAsync(BillingSandbox sandbox, StripeCard card)
    {
        var known = await AskAsync(
            "SELECT reference FROM provider_customers x JOIN customers c USING (partition, account) JOIN projects p ON p.id = c.project_id "
                + "WHERE p.code = $1 AND c.id = $2",
            sandbox.Code, Customer);
        var reference = known as string ?? await MakeCustomerAsync(sandbox);
        var token = Stripe.Books.AddCard(reference, card);
        await AskAsync(
            "UPDATE payment_methods m SET is_default = false FROM customers c JOIN projects p ON p.id = c.project_id WHERE (m.partition, "
                + "m.account) = (c.partition, c.account) AND p.code = $1 AND c.id = $2",
            sandbox.Code, Customer);
        var id = Guid.NewGuid();
        await AskAsync(
            """
            INSERT INTO payment_methods (partition, account, id, provider, token, brand, last4, is_default, added_at)
            SELECT c.partition, c.account, $3, 'stripe', $4, 'visa', '4242', true, now()
              FROM customers c JOIN projects p ON p.id = c.project_id WHERE p.code = $1 AND c.id = $2
            """,
            sandbox.Code, Customer, id, TestSecrets.Seal(token, SecretPlace.Card(id)));
        return token;
    }

    public async Task<object?> AskAsync(string sql, params object[] values)
    {
        await using var connection = new NpgsqlConnection(Running.ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        foreach (var value in values)
        {
            command.Parameters.Add(new NpgsqlParameter { Value = value });
        }

        return await command.ExecuteScalarAsync();
    }

    private async Task<string> MakeCustomerAsync(BillingSandbox sandbox)
    {
        var reference = Stripe.Books.NewCustomer();
        await AskAsync(
            """
            INSERT INTO provider_customers (partition, account, provider, is_live, project_id, reference)
            SELECT c.partition, c.account, 'stripe', false, p.id, $3 FROM customers c JOIN projects p ON p.id = c.project_id
                   WHERE p.code = $1 AND c.id = $2
            """,
            sandbox.Code, Customer, reference);
        return reference;
    }
}
