using Tollgate.Contracts.Http;
using Tollgate.Contracts.Notices;
using Tollgate.Core.Catalog;
using Tollgate.Core.Notices;
using Tollgate.Engine.Notices;
using Tollgate.Engine.Projects;
using Tollgate.Server.Customers;
using Tollgate.Server.Http;

namespace Tollgate.Server.Notices;

/// <summary>
/// Registers the room Notices: <c>/v1/customers/{id}/notices</c>. Needs the rooms Customers, Subscriptions, Payments and Quotas.
/// </summary>
public static class NoticesRoom
{
    private static readonly Description List = new(
        "Customers", "List notices to a customer",
        """
        Lists the customer's current notices in one page, the most important first: failed payments with the next attempt and its
        consequence, plans that ended unpaid, open invoices, a trial that ends within three days, reached thresholds of quotas, and
        scheduled changes. Tollgate computes the list for each request; a notice disappears when its reason does. A member gets notices
        about usage only.

        `action` names the remedy: a checkout for an invoice (`POST /v1/checkouts {"invoice": …}`), the portal for a new card
        (`POST /v1/portal-sessions`), or `POST /v1/subscriptions/{id}/uncancel` to keep a plan. The provider's own page takes the payment of
        a provider-managed subscription (`open_link`). In a project without a payment provider, `action` is null, and no notice announces an
        automatic charge.
        """)
    {
        Answers =
        [
            Example.Of<NoticeList>(
                200, "The notices.",
                """
                {"data": [{"code": "payment_failed", "severity": "warning", "since": "2026-02-28T00:00:00Z",
                 "title": "Your payment of $29.00 failed",
                  "text": "Invoice CC-000042 could not be collected: your bank declined it. We try again on 3 Mar 2026. You keep Pro for now. If you do not pay by 7 Mar 2026, Pro ends and you move to Free.",
                  "action": {"do": "pay_invoice", "label": "Pay $29.00", "url": null}, "invoice": "01936f5e-7c1b-7aa0-8c11-0d4c2b1a9f88",
                   "invoice_number": "CC-000042", "amount_due": 2900,
                  "currency": "USD", "subscription": "01936f5e-7c1a-7990-8b00-fc3b1a098e77", "feature": null, "percent": null,
                   "next_attempt_at": "2026-03-03T00:00:00Z",
                  "happens_at": "2026-03-07T00:00:00Z"}],
                 "has_more": false}
                """),
        ],
        Errors = [ErrorCode.ValidationFailed, ErrorCode.CustomerNotFound],
    };

    public static IServiceCollection AddNotices(this IServiceCollection services)
    {
        services.AddSingleton<NoticeQueries>();
        return services;
    }

    public static void MapNoticesRoom(this WebApplication app)
    {
        var queries = app.Services.GetRequiredService<NoticeQueries>();
        app.MapGet("/v1/customers/{id}/notices", (RequestDelegate)(context => ListAsync(context, queries)))
            .RequireKey(Access.Secret, Scope.BillingRead)
            .Describe(List);
    }

    private static async Task ListAsync(HttpContext context, NoticeQueries queries)
    {
        if (await CustomersEndpoints.IdAsync(context) is not { } id)
        {
            return;
        }

        var notices = await queries.ListAsync(context.Project(), id, context.RequestAborted);
        await (notices is null
            ? Problems.WriteAsync(context, ErrorCode.CustomerNotFound)
            : Answer.Json(
                context, StatusCodes.Status200OK, new NoticeList([.. notices.Select(ViewOf)], HasMore: false),
                WireJson.Default.NoticeList));
    }

    private static NoticeView ViewOf(Notice notice) => new()
    {
        Code = CatalogWords.Of(notice.Code),
        Severity = CatalogWords.Of(notice.Severity),
        Since = notice.Since.ToOffset(),
        Title = notice.Title,
        Text = notice.Text,
        Action = notice.Action is var (todo, words) ? new(CatalogWords.Of(todo), words, notice.Link?.AbsoluteUri) : null,
        Invoice = notice.Invoice?.Id.ToString("D"),
        InvoiceNumber = notice.Invoice?.Number ?? notice.Bill?.Number,
        AmountDue = (notice.Invoice?.Due ?? notice.Bill?.Due)?.Minor,
        Currency = (notice.Invoice?.Due ?? notice.Bill?.Due)?.Currency.Code,
        Subscription = notice.Subscription,
        Feature = notice.Feature,
        Percent = notice.Percent,
        NextAttemptAt = notice.NextAttempt?.ToOffset(),
        HappensAt = notice.HappensAt?.ToOffset(),
    };
}
