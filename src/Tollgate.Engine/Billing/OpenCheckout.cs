using System.Security.Cryptography;
using Npgsql;
using Tollgate.Core.Checkouts;
using Tollgate.Core.Payments;
using Tollgate.Core.Time;
using Tollgate.Engine.Checkouts;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Customers;
using Tollgate.Engine.Invoicing;
using Tollgate.Engine.Payments;
using Tollgate.Engine.Postgres;
using Tollgate.Engine.Projects;
using Tollgate.Engine.Secrets;

namespace Tollgate.Engine.Billing;

/// <summary>The order of a checkout with a page.</summary>
/// <param name="Life">The time for which the page can be used, by the project's clock.</param>
/// <param name="Issuer">The credential that opens it: the page ends with that credential, and works from its networks.</param>
public sealed record NewCheckout(
    string Customer, CheckoutKind Kind, CheckoutWanted Wanted, string? SuccessUrl, string? CancelUrl, TimeSpan Life, Issuer Issuer);

public enum CheckoutOutcome
{
    Done,

    /// <summary>The checkout already has that state; nothing was changed.</summary>
    Unchanged,
    Unknown,

    /// <summary>The order cannot be fulfilled; the refusal says why.</summary>
    Refused,

    /// <summary>The project's provider has no page.</summary>
    NotOffered,

    /// <summary>An earlier attempt to pay it is still pending.</summary>
    IsPending,

    /// <summary>The customer has <see cref="CheckoutQueries.MostOpen"/> pages with pending payments.</summary>
    TooMany,

    /// <summary>The checkout is completed.</summary>
    IsCompleted,

    /// <summary>The provider that should make the page did not answer.</summary>
    NoAnswer,
}

/// <param name="Page">The address of the page.</param>
public sealed record CheckoutAnswer(CheckoutOutcome Outcome, CheckoutRow? Row = null, Uri? Page = null, PurchaseRefusal? Refusal = null)
{
    /// <summary>The provider's id of its page; null: the page is Tollgate's own.</summary>
    public string? Reference { get; init; }

    /// <summary>True if the invoice already had this page of the provider.</summary>
    public bool IsAgain { get; init; }
}

/// <summary>
/// Opens a checkout. It makes the purchase and rolls it back, so that it refuses an impossible order at once and writes only the checkout.
/// It creates the customer if it is missing.
/// </summary>
public sealed class OpenCheckout(
    NpgsqlDataSource database, CustomerChanges changes, ProjectDirectory directory, PaymentProviders providers, SettlePayment settle,
    ClosePages pages, ClaimPlan claim, OpenProviderManagedPage managed,
    SecretBox secrets, Clock clock)
{
    internal const string Look = "look";

    /// <summary>A placeholder for the provider's id of a page that it did not make.</summary>
    private const string NoPage = "no_page";


    /// <param name="server">The address at which customers reach this server.</param>
    public async Task<CheckoutAnswer> RunAsync(
        ProjectSnapshot project, NewCheckout order, Uri server, string actor, CancellationToken cancel)
    {
        order = order with { Life = order.Issuer.Clip(order.Life, clock.Now()) };
        var provider = project.Payments.Provider;
        var abilities = providers.CapabilitiesOf(project);
        if (!abilities.HasCheckout || (order.Kind == CheckoutKind.Setup && !abilities.UsesTollgatePages))
        {
            return new(CheckoutOutcome.NotOffered);
        }

        if (await managed.RunAsync(project, order, actor, cancel) is { } begun)
        {
            return begun;
        }

        if (order.Kind == CheckoutKind.Subscription && !abilities.UsesTollgatePages)
        {
            await claim.FreeAsync(project, order.Customer, null, givesUpBank: false, actor, cancel);
        }

        var (answer, attempt) = await BeginAsync(project, order, server, actor, cancel);
        if (answer.Outcome == CheckoutOutcome.IsPending && order.Wanted.Invoice is { } owed
            && await pages.RunAsync(project, owed, null, actor, cancel))
        {
            // The page had another amount than is due now, and is closed.
            (answer, attempt) = await BeginAsync(project, order, server, actor, cancel);
        }

        if (attempt is not { } hosting)
        {
            return answer;
        }

        var hosted = await providers.Of(provider).OpenCheckoutAsync(project, hosting, CancellationToken.None);
        if (hosted is not null)
        {
            await using var keep = database.Command(
                CheckoutSql.KeepPage, answer.Row!.Partition, answer.Row.Account, answer.Row.Checkout.Id, 
                secrets.CloseText(hosted.Url.AbsoluteUri, SecretPlace.Page(answer.Row.Checkout.Id)), hosted.Reference);
            await keep.ExecuteNonQueryAsync(CancellationToken.None);
            return answer with { Page = hosted.Url, Reference = hosted.Reference };
        }

        // Nobody has the page's address, so nobody can pay there: end the attempt, so that it can be repeated.
        await settle.RunAsync(project, hosting.Key, new(NoPage, PaymentFailure.Canceled), actor, CancellationToken.None);
        return answer with { Outcome = CheckoutOutcome.NoAnswer, Page = null };
    }

    /// <summary>Commits the checkout, and for a provider's page also the attempt that waits for the payer.</summary>
    private async Task<(CheckoutAnswer Answer, CheckoutOrder? Attempt)> BeginAsync(
        ProjectSnapshot project, NewCheckout order, Uri server, string actor, CancellationToken cancel)
    {
        await using var change = await changes.BeginAsync(project, order.Customer, cancel);
        var now = clock.Now(project);
        await CouponQueries.HoldAsync(change, project, order.Wanted.Coupon, cancel);
        await change.MarkAsync(Look, cancel);
        var purchase = await new MakePurchase(change, project, new(now, now), actor).RunAsync(order.Kind, order.Wanted, hasMethod: true,
            looksAhead: false, cancel);
        await change.TakeBackAsync(Look, cancel);
        if (purchase.Refusal is { } refusal)
        {
            return (new(CheckoutOutcome.Refused, Refusal: refusal), null);
        }

        var token = PageToken.New(directory.Current.Check);
        var row = RowOf(change.Row, project, order, now);
        var page = new Uri(server, $"/{(order.Kind == CheckoutKind.Invoice ? "pay" : "checkout")}/{token}");
        var isHosted = !providers.CapabilitiesOf(project).UsesTollgatePages && !purchase.Due.IsZero;
        if (isHosted && order.Wanted.Invoice is { } invoice
            && await change.ScalarAsync(PaymentSql.PendingOf, cancel, change.Row.Partition, change.Row.Account, invoice) is not null)
        {
            return (await SamePageAsync(change, project, invoice, purchase.Due.Minor, cancel) ?? new(CheckoutOutcome.IsPending, row), null);
        }

        if (isHosted && order.Kind == CheckoutKind.Subscription && await claim.TakenByAsync(change, cancel) is not null)
        {
            return (new(CheckoutOutcome.IsPending, row), null);
        }

        // An invoice can be paid whatever the number of other pending payments.
        if (!await CheckoutWriter.MakeRoomAsync(change, project, now, cancel) && order.Kind != CheckoutKind.Invoice)
        {
            return (new(CheckoutOutcome.TooMany), null);
        }

        await CheckoutWriter.OpenAsync(change, row, KeyHash.Of(token).ToBytes(), order.Issuer, actor, cancel);
        var payment = isHosted
            ? await CheckoutWriter.AttemptAsync(
                change, row, (purchase.Due, purchase.ExpectedVersion), (project.Payments.Provider, null, null), (now, now), actor, cancel)
            : default;
        await change.CommitAsync();
        if (!isHosted)
        {
            return (new(CheckoutOutcome.Done, row, page), null);
        }

        var profile = change.Row.Customer.Profile;
        return (new(CheckoutOutcome.Done, row), new(
            payment, new(order.Customer, profile.Name, profile.Email), purchase.Due, purchase.Invoice!.Lines[0].Description,
            AddressOr(row.Checkout.SuccessUrl, page), AddressOr(row.Checkout.CancelUrl, page), clock.Now().Plus(order.Life).ToOffset(),
            order.Kind != CheckoutKind.Invoice));
    }

    /// <summary>
    /// Returns the existing page of an invoice, so that it has one page however often it is requested: two could both be paid.
    /// </summary>
    private async Task<CheckoutAnswer?> SamePageAsync(
        CustomerChange change, ProjectSnapshot project, Guid invoice, long due, CancellationToken cancel) =>
        await CheckoutQueries.PageOfAsync(change.Connection, project, invoice, cancel) is { } page && page.Amount == due
            && page.Provider == project.Payments.Provider
            && secrets.OpenText(page.SealedUrl, SecretPlace.Page(page.Checkout)) is { } address
            ? new(CheckoutOutcome.Done, await CheckoutQueries.FindAsync(change.Connection, project, page.Checkout, cancel), new(address))
            {
                IsAgain = true,
            }
            : null;

    private static Uri AddressOr(string? address, Uri page) => address is null ? page : new(address);

    internal static CheckoutRow RowOf(CustomerRow customer, ProjectSnapshot project, NewCheckout order, Instant now)
    {
        var id = Guid.CreateVersion7(now.ToOffset());
        var checkout = new Checkout
        {
            Id = id, Customer = customer.Customer.Id, Kind = order.Kind, Status = CheckoutStatus.Open,
            SuccessUrl = Filled(order.SuccessUrl, id), CancelUrl = Filled(order.CancelUrl, id),
            CreatedAt = now, ExpiresAt = now.Plus(order.Life),
        };
        return new(checkout, order.Wanted, project.Id, customer.Partition, customer.Account);
    }

    /// <summary>Puts the checkout's id into an address: <c>https://app.example/thanks?checkout={CHECKOUT_ID}</c>.</summary>
    private static string? Filled(string? url, Guid id) => url?.Replace("{CHECKOUT_ID}", id.ToString("D"), StringComparison.Ordinal);
}
