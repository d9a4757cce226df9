using System.Security.Cryptography;
using Npgsql;
using Tollgate.Core.Payments;
using Tollgate.Core.Time;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Customers;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Payments;

/// <summary>What is to be paid for on a page.</summary>
/// <param name="Life">How long the page can be used, by the project's clock.</param>
public sealed record NewCheckout(string Customer, CheckoutKind Kind, CheckoutWanted Wanted, string? SuccessUrl, string? CancelUrl, TimeSpan Life);

public enum CheckoutOutcome
{
    Done,

    /// <summary>It is so already; nothing was changed.</summary>
    Unchanged,
    Unknown,

    /// <summary>What is asked for cannot be had; the refusal says why.</summary>
    Refused,

    /// <summary>The project's provider has no page.</summary>
    NotOffered,

    /// <summary>What became of an attempt to pay it is not known yet.</summary>
    IsPending,

    /// <summary>It is completed.</summary>
    IsCompleted,

    /// <summary>The provider, whose page it would be, did not answer.</summary>
    NoAnswer,
}

/// <param name="Page">Where it is paid, told once.</param>
public sealed record CheckoutAnswer(CheckoutOutcome Outcome, CheckoutRow? Row = null, Uri? Page = null, PurchaseRefusal? Refusal = null);

/// <summary>
/// Makes a checkout: what it asks for is looked at and taken back, so that what cannot be bought is refused at once, and nothing but the checkout is
/// written. The customer is created when it is missing.
/// </summary>
public sealed class OpenCheckout(NpgsqlDataSource database, PaymentProviders providers, Clock clock)
{
    /// <summary>How long a checkout can be used.</summary>
    public static readonly TimeSpan DefaultLife = TimeSpan.FromHours(24);

    /// <summary>How long the link of an open invoice can be used: as long as somebody may read the mail that it stands in.</summary>
    public static readonly TimeSpan InvoiceLife = TimeSpan.FromDays(60);

    internal const string Look = "look";

    private const string Base62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    private const int TokenCharacters = 43;

    /// <param name="server">Where customers reach this server.</param>
    public async Task<CheckoutAnswer> RunAsync(ProjectSnapshot project, NewCheckout order, Uri server, string actor, CancellationToken cancel)
    {
        var provider = project.Payments.Provider;
        if (!providers.CapabilitiesOf(project).HasCheckout || (order.Kind == CheckoutKind.Setup && provider != PaymentProvider.Sandbox))
        {
            return new(CheckoutOutcome.NotOffered);
        }

        await using var change = await CustomerChange.BeginAsync(database, project, order.Customer, cancel);
        var now = clock.Now(project);
        await change.MarkAsync(Look, cancel);
        var purchase = await new MakePurchase(change, project, new(now, now), actor).RunAsync(order.Kind, order.Wanted, hasMethod: true, looksAhead: false, cancel);
        await change.TakeBackAsync(Look, cancel);
        if (purchase.Refusal is { } refusal)
        {
            return new(CheckoutOutcome.Refused, Refusal: refusal);
        }

        var token = NewToken();
        var row = RowOf(change.Row, project, order, now);
        var page = new Uri(server, $"/{(order.Kind == CheckoutKind.Invoice ? "pay" : "checkout")}/{token}");
        await CheckoutWriter.OpenAsync(change, row, KeyHash.Of(token).ToBytes(), actor, cancel);
        if (provider == PaymentProvider.Sandbox || purchase.Due.IsZero)
        {
            await change.CommitAsync(cancel);
            return new(CheckoutOutcome.Done, row, page);
        }

        // The page is the provider's: an attempt is made that waits for whoever pays there.
        var payment = await CheckoutWriter.AttemptAsync(change, row, purchase, (provider, null, null), now, actor, cancel);
        await change.CommitAsync(cancel);
        var profile = change.Row.Customer.Profile;
        var hosted = await providers.Of(provider).OpenCheckoutAsync(
            project,
            new(
                payment, new(order.Customer, profile.Name, profile.Email), purchase.Due, purchase.Invoice!.Lines[0].Description,
                AddressOr(row.Checkout.SuccessUrl, page), AddressOr(row.Checkout.CancelUrl, page), clock.Now().Plus(order.Life).ToOffset(), order.Kind != CheckoutKind.Invoice),
            CancellationToken.None);
        return hosted is null ? new(CheckoutOutcome.NoAnswer, row) : new(CheckoutOutcome.Done, row, hosted.Url);
    }

    private static Uri AddressOr(string? address, Uri page) => address is null ? page : new(address);

    /// <summary>256 random bits: whoever has the address of a page has been given it.</summary>
    internal static string NewToken() => RandomNumberGenerator.GetString(Base62, TokenCharacters);

    internal static CheckoutRow RowOf(CustomerRow customer, ProjectSnapshot project, NewCheckout order, Instant now)
    {
        var id = Guid.CreateVersion7(now.ToOffset());
        var checkout = new Checkout
        {
            Id = id, Customer = customer.Customer.Id, Kind = order.Kind, Status = CheckoutStatus.Open, SuccessUrl = Filled(order.SuccessUrl, id), CancelUrl = Filled(order.CancelUrl, id),
            CreatedAt = now, ExpiresAt = now.Plus(order.Life),
        };
        return new(checkout, order.Wanted, project.Id, customer.Partition, customer.Account, true);
    }

    /// <summary>An address may name the checkout: <c>https://app.example/thanks?checkout={CHECKOUT_ID}</c>.</summary>
    private static string? Filled(string? url, Guid id) => url?.Replace("{CHECKOUT_ID}", id.ToString("D"), StringComparison.Ordinal);
}
