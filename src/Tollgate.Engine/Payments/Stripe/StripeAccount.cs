using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Npgsql;
using NpgsqlTypes;
using Tollgate.Core.Catalog;
using Tollgate.Core.Customers;
using Tollgate.Core.Outbound;
using Tollgate.Core.Payments;
using Tollgate.Core.Payments.Stripe;
using Tollgate.Core.Time;
using Tollgate.Engine.Customers;
using Tollgate.Engine.Postgres;
using Tollgate.Engine.Projects;
using Tollgate.Engine.Subscriptions;

namespace Tollgate.Engine.Payments.Stripe;

/// <summary>The names of stored Stripe credentials, as on Stripe's own pages.</summary>
public static class StripeCredentials
{
    public const string SecretKey = "secret_key";
    public const string WebhookSecret = "webhook_secret";
    public const string PreviousWebhookSecret = "previous_webhook_secret";

    public static IReadOnlyList<CredentialField> Fields { get; } =
    [
        new(SecretKey, true,
            "Developers → API keys: the secret key (sk_test_…, sk_live_…), or a restricted one (rk_…) "
                + "with the rights that docs/guides/stripe.md lists."),
        new(WebhookSecret, false,
            "Developers → Webhooks → the endpoint → signing secret (whsec_…). Without it, Tollgate refuses every event."),
        new(PreviousWebhookSecret, false,
            "The signing secret from before it was rolled, as long as Stripe signs with both (24 hours at most)."),
        new("price_*", false,
            "price_<plan> or price_<plan>_<interval>: the id of the plan's price (price_…), "
                + "unless \"tollgate stripe sync\" created it."),
    ];

    private const string SigningPrefix = "whsec_";

    /// <summary>
    /// Stripe defines the text after the prefix; an empty one is a mistake, with which anyone could sign.
    /// </summary>
    public static bool IsSigningSecret(string text) =>
        text.Length > SigningPrefix.Length && text.StartsWith(SigningPrefix, StringComparison.Ordinal);

    public static bool IsOfTests(string secret) =>
        secret.StartsWith("sk_test_", StringComparison.Ordinal) || secret.StartsWith("rk_test_", StringComparison.Ordinal);
}

/// <summary>A project's account at Stripe.</summary>
public sealed record StripeAccount(ProjectSnapshot Project, string Secret, IReadOnlyDictionary<string, string> Credentials)
{
    /// <summary>True if it moves real money.</summary>
    public bool IsLive => !StripeCredentials.IsOfTests(Secret);
}

/// <summary>Opens the Stripe accounts of projects, and maps their customers.</summary>
public sealed class StripeAccounts(NpgsqlDataSource database, CustomerChanges changes, ProviderKeys keys, StripeClient client)
{
    public const string CustomerField = "tollgate_customer";

    private static readonly string Provider = CatalogWords.Of(PaymentProvider.Stripe);

    public StripeClient Client => client;

    /// <summary>Returns null if the project has no Stripe keys.</summary>
    public StripeAccount? Open(ProjectSnapshot project) =>
        keys.Open(project, PaymentProvider.Stripe) is { } credentials
            && credentials.TryGetValue(StripeCredentials.SecretKey, out var secret)
            ? new(project, secret, credentials)
            : null;

    public async Task<string?> FindCustomerAsync(StripeAccount account, string customer, CancellationToken cancel)
    {
        await using var command = database.Command(
            StripeSql.CustomerOf, account.Project.Id, CustomerPlace.PartitionOf(account.Project.Id, customer), customer, Provider,
            account.IsLive);
        return await command.ExecuteScalarAsync(cancel) as string;
    }

    /// <summary>Returns the owner of a customer at Stripe; null: no customer of the project.</summary>
    public async Task<string?> OwnerOfAsync(ProjectSnapshot project, string reference, CancellationToken cancel)
    {
        await using var command = database.Command(StripeSql.OwnerOf, project.Id, Provider, reference);
        return await command.ExecuteScalarAsync(cancel) as string;
    }

    /// <summary>Returns the project with a payment of this id, or else with this customer; null: none.</summary>
    public async Task<int?> ProjectOfAsync(int[] projects, string? payment, string? customer, CancellationToken cancel)
    {
        await using var command = database.Command(
            StripeSql.ProjectOf, projects, Provider, SqlCommands.OrNull(payment, NpgsqlDbType.Text),
            SqlCommands.OrNull(customer, NpgsqlDbType.Text));
        return await command.ExecuteScalarAsync(cancel) as int?;
    }

    /// <summary>Stores Stripe's id of a customer. The first one stored wins.</summary>
    public async Task KeepCustomerAsync(StripeAccount account, string customer, string reference, CancellationToken cancel)
    {
        await using var command = database.Command(
            StripeSql.KeepCustomer, account.Project.Id, CustomerPlace.PartitionOf(account.Project.Id, customer), customer, Provider,
            account.IsLive, reference);
        await command.ExecuteNonQueryAsync(cancel);
    }

    /// <summary>The same, for a customer that subscribed at Stripe before Tollgate knew it.</summary>
    public async Task KnowCustomerAsync(StripeAccount account, string customer, string reference, CancellationToken cancel)
    {
        await using (var change = await changes.BeginAsync(account.Project, customer, cancel))
        {
            await change.CommitAsync();
        }

        await KeepCustomerAsync(account, customer, reference, cancel);
    }

    /// <summary>Returns the customer that has a subscription; null: none.</summary>
    public async Task<string?> SubscriberAsync(ProjectSnapshot project, Guid subscription, CancellationToken cancel)
    {
        await using var command = database.Command(SubscriptionSql.CustomerOf, project.Id, subscription);
        return await command.ExecuteScalarAsync(cancel) as string;
    }

    /// <summary>Returns the time by the clock that all servers share: of two queries, the later one has the newer state.</summary>
    public async Task<Instant> NowAsync(CancellationToken cancel)
    {
        await using var command = database.Command(StripeSql.Now);
        return Instant.FromUtc((DateTime)(await command.ExecuteScalarAsync(cancel))!);
    }

    /// <summary>A header holds ASCII of a bounded length; ids may contain anything.</summary>
    private static string KeyOf(ProjectSnapshot project, string customer) =>
        "customer-" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{project.Code}\n{customer}")));

    /// <summary>Returns the customer at Stripe, and creates it if it is missing: once, even for simultaneous requests.</summary>
    /// <returns>Null: no answer arrived.</returns>
    public async Task<string?> CustomerAsync(StripeAccount account, ProviderParty customer, CancellationToken cancel)
    {
        if (await FindCustomerAsync(account, customer.Id, cancel) is { } known)
        {
            return known;
        }

        // Stripe would refuse a repeat of the key with other content, so this content is always the same; name and address follow.
        var form = new StripeForm().Set(
            "metadata", new StripeForm().Set(CustomerField, customer.Id).Set(StripePrices.ProjectField, account.Project.Code));
        var made = await client.PostAsync(account.Secret, "/v1/customers", form, KeyOf(account.Project, customer.Id), cancel);
        if (made.Outcome != StripeOutcome.Done || made.Body.Text("id") is not { } reference)
        {
            return null;
        }

        if (customer.Email is not null || customer.Name is not null)
        {
            await client.PostAsync(
                account.Secret, $"/v1/customers/{reference}", new StripeForm().Set("email", customer.Email).Set("name", customer.Name),
                null, cancel);
        }

        await KeepCustomerAsync(account, customer.Id, reference, cancel);
        return await FindCustomerAsync(account, customer.Id, cancel);
    }

    /// <summary>Returns the customer at Stripe to whom a payment belongs; null: none.</summary>
    public async Task<string?> PayerOfAsync(StripeAccount account, Guid payment, CancellationToken cancel)
    {
        await using var command = database.Command(StripeSql.PayerOf, account.Project.Id, payment, Provider, account.IsLive);
        return await command.ExecuteScalarAsync(cancel) as string;
    }

    /// <summary>Reads an object in its present state.</summary>
    /// <returns>Null: Stripe has no object with this id.</returns>
    /// <exception cref="ProviderSilentException">Stripe does not answer, or refuses the key.</exception>
    public async Task<JsonElement?> FetchAsync(StripeAccount account, string path, StripeForm? query, CancellationToken cancel)
    {
        var answer = await client.GetAsync(account.Secret, path, query, cancel);
        return answer switch
        {
            { Outcome: StripeOutcome.Done } => answer.Body,
            { Error.IsMissing: true } => null,
            { Error: { } error } => throw new ProviderSilentException($"Stripe refused to show {path}: {error}"),
            _ => throw new ProviderSilentException("Stripe did not answer."),
        };
    }

    /// <summary>Reads all of a list, page by page.</summary>
    /// <param name="pages">The maximum number of pages of 100.</param>
    public async IAsyncEnumerable<JsonElement> ListAsync(
        StripeAccount account, string path, Func<StripeForm> query, int pages,
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancel)
    {
        string? after = null;
        for (var page = 0; page < pages; page++)
        {
            var list = await FetchAsync(account, path, query().Set("limit", 100).Set("starting_after", after), cancel);
            after = null;
            foreach (var one in list?.Items("data") ?? [])
            {
                after = one.Text("id");
                yield return one;
            }

            if (after is null || list?.Flag("has_more") != true)
            {
                yield break;
            }
        }
    }
}
