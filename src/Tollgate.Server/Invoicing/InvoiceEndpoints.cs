using Tollgate.Contracts.Http;
using Tollgate.Contracts.Invoicing;
using Tollgate.Core.Catalog;
using Tollgate.Core.Invoicing;
using Tollgate.Core.Money;
using Tollgate.Engine.Billing;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Invoicing;
using Tollgate.Engine.Projects;
using Tollgate.Server.Http;
using Tollgate.Server.Subscriptions;

namespace Tollgate.Server.Invoicing;

/// <summary><c>/v1/invoices</c>: list, show, explain, void and credit invoices.</summary>
public static class InvoiceEndpoints
{
    private const int LongestNote = 500;
    private const int LongestNumber = 64;
    private const int MostEventsShown = 100;

    /// <summary>The index of the segment with the line's number in <c>/v1/invoices/{id}/lines/{n}/explain</c>.</summary>
    private const int LineSegment = 4;

    public static void MapInvoices(this WebApplication app)
    {
        var queries = app.Services.GetRequiredService<InvoiceQueries>();
        var settle = app.Services.GetRequiredService<ChangeInvoiceStatus>();
        var clock = app.Services.GetRequiredService<Clock>();

        app.MapGet("/v1/invoices", (RequestDelegate)(context => ListAsync(context, queries, clock)))
            .RequireKey(Access.Secret, Scope.BillingRead)
            .Describe(InvoiceDescriptions.List);
        app.MapGet("/v1/invoices/{id}", (RequestDelegate)(context => ShowAsync(context, queries)))
            .RequireKey(Access.Secret, Scope.BillingRead)
            .Describe(InvoiceDescriptions.Show);
        app.MapGet("/v1/invoices/{id}/lines/{n}/explain", (RequestDelegate)(context => ExplainAsync(context, queries)))
            .RequireKey(Access.Secret, Scope.BillingRead)
            .Describe(InvoiceDescriptions.Explain);
        app.MapPost("/v1/invoices/{id}/finalize", (RequestDelegate)(context => FinalizeAsync(context, queries)))
            .RequireKey(Access.Secret, Scope.BillingWrite)
            .Describe(InvoiceDescriptions.Finalize);
        MapSettle("void", InvoiceDescriptions.Void, settle.VoidAsync);
        MapSettle("mark-uncollectible", InvoiceDescriptions.GiveUp, settle.GiveUpAsync);
        app.MapPost("/v1/invoices/{id}/credit-notes", (RequestDelegate)(context => CreditAsync(context, queries, settle)))
            .RequireKey(Access.Secret, Scope.BillingWrite)
            .Describe(InvoiceDescriptions.Credit);

        void MapSettle(string verb, Description description, Settle run) =>
            app.MapPost("/v1/invoices/{id}/" + verb, (RequestDelegate)(context => SettleAsync(context, run)))
                .RequireKey(Access.Secret, Scope.BillingWrite)
                .Describe(description);
    }

    internal delegate Task<InvoiceAnswer> Settle(ProjectSnapshot project, Guid id, string actor, string? note, CancellationToken cancel);

    /// <summary>The invoice of the path. Null: there is none, and the problem is written.</summary>
    internal static async ValueTask<InvoiceRow?> FindAsync(HttpContext context, InvoiceQueries queries)
    {
        var found = Guid.TryParse(RawPath.Id(context), out var id)
            ? await queries.FindAsync(context.Project(), id, context.RequestAborted)
            : null;
        if (found is null)
        {
            await Problems.WriteAsync(context, ErrorCode.InvoiceNotFound);
        }

        return found;
    }

    /// <summary>The filter in the query of a list.</summary>
    internal static InvoiceFilter FilterOf(ListQuery list, Clock clock)
    {
        var subscription = list.Id("subscription");
        return new(
            list.Id("customer"),
            subscription is null ? null : SubscriptionAnswers.IdOf(subscription, clock.Now()),
            list.Word<InvoiceStatus>("status"),
            list.Moment("from"),
            list.Moment("to"),
            list.OneOf("order", InvoiceDescriptions.Orders) == "asc")
        {
            Number = list.Text("number", LongestNumber),
        };
    }

    private static async Task ListAsync(HttpContext context, InvoiceQueries queries, Clock clock)
    {
        var list = ListQuery.Read(context);
        var (filter, after) = (FilterOf(list, clock), list.UuidAfter());
        if (await list.IsRefusedAsync())
        {
            return;
        }

        var rows = await queries.ListAsync(context.Project(), filter, after, list.Probe, context.RequestAborted);
        await list.AnswerAsync(rows, InvoiceAnswers.Of, static (data, more) => new(data, more), WireJson.Default.InvoiceList);
    }

    private static async Task ShowAsync(HttpContext context, InvoiceQueries queries)
    {
        if (await FindAsync(context, queries) is { } row)
        {
            await AnswerAsync(context, row);
        }
    }

    private static async Task ExplainAsync(HttpContext context, InvoiceQueries queries)
    {
        if (await FindAsync(context, queries) is not { } row)
        {
            return;
        }

        // In the order of the invoice's view: first its own lines, then those of the taxes.
        var lines = InvoiceAnswers.Of(row).Lines;
        if (!int.TryParse(RawPath.Segment(context, LineSegment), out var number) || number < 1 || number > lines.Count)
        {
            await Problems.WriteAsync(context, ErrorCode.InvoiceNotFound, $"Lines are numbered from 1 to {lines.Count}.", "n");
            return;
        }

        var (shown, line) = (lines[number - 1], number > row.Invoice.Lines.Count ? null : row.Invoice.Lines[number - 1]);
        var usage = line is { Kind: InvoiceLineKind.Usage }
            ? await queries.UsageOfAsync(context.Project(), row, line, MostEventsShown, context.RequestAborted)
            : null;
        var view = new LineExplanation { Line = shown, Steps = shown.Steps, Usage = usage is null ? null : InvoiceAnswers.Of(usage) };
        await Answer.Json(
            context, StatusCodes.Status200OK,
            line is null or { Kind: InvoiceLineKind.Discount } ? view : InvoiceAnswers.WithTax(view, row.Invoice, number),
            WireJson.Default.LineExplanation);
    }

    /// <summary>Tollgate finalises an invoice when it creates it, so this does nothing and can be repeated.</summary>
    private static async Task FinalizeAsync(HttpContext context, InvoiceQueries queries)
    {
        if (await FindAsync(context, queries) is { } row)
        {
            await AnswerAsync(context, row);
        }
    }

    internal static async Task SettleAsync(HttpContext context, Settle run)
    {
        if (await Body.ReadAsync(context, WireJson.Default.InvoiceStatusRequest, new()) is not { } body)
        {
            return;
        }

        var faults = new Faults();
        if (!faults.Text(body.Note, "note", LongestNote))
        {
            await faults.WriteAsync(context);
            return;
        }

        var answer = Guid.TryParse(RawPath.Id(context), out var id)
            ? await run(context.Project(), id, SubscriptionAnswers.ActorOf(context.Caller()), body.Note, context.RequestAborted)
            : new(InvoiceOutcome.NotFound);
        await AnswerAsync(context, answer, StatusCodes.Status200OK);
    }

    private static async Task CreditAsync(HttpContext context, InvoiceQueries queries, ChangeInvoiceStatus settle)
    {
        if (await Body.ReadAsync(context, WireJson.Default.CreditInvoiceRequest) is not { } body
            || await FindAsync(context, queries) is not { } row)
        {
            return;
        }

        var faults = new Faults();
        faults.Required(body.Reason, "reason");
        faults.Text(body.Reason, "reason", LongestNote);
        faults.Range(body.Amount, "amount", 1, long.MaxValue);
        if (body.Amount is not null && body.Lines is not null)
        {
            faults.Add("lines", FaultCode.InvalidValue, "An amount or lines are expected, not both.");
        }

        if (faults.Any)
        {
            await faults.WriteAsync(context);
            return;
        }

        var order = new CreditOrder(
            body.Amount is { } minor ? new MoneyAmount(minor, row.Invoice.Currency) : null, body.Lines, body.Reason!);
        var actor = SubscriptionAnswers.ActorOf(context.Caller());
        await AnswerAsync(
            context,
            await settle.CreditAsync(
                context.Project(), row.Invoice.Id, order, Idempotency.RequestOf(context), actor, context.RequestAborted),
                StatusCodes.Status201Created);
    }

    private static Task AnswerAsync(HttpContext context, InvoiceAnswer answer, int status) => answer.Outcome switch
    {
        InvoiceOutcome.NotFound => Problems.WriteAsync(context, ErrorCode.InvoiceNotFound),
        InvoiceOutcome.NotAllowed => Problems.WriteAsync(context, ErrorCode.InvoiceState, answer.Detail),
        InvoiceOutcome.CreditRefused => Problems.WriteAsync(context, ErrorCode.CreditRefused, answer.Detail),
        _ => Answer.Json(context, status, InvoiceAnswers.Of(answer.Row!), WireJson.Default.InvoiceView),
    };

    private static Task AnswerAsync(HttpContext context, InvoiceRow row) =>
        Answer.Json(context, StatusCodes.Status200OK, InvoiceAnswers.Of(row), WireJson.Default.InvoiceView);
}
