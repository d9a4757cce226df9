using Npgsql;
using Tollgate.Core.Catalog;
using Tollgate.Core.Invoicing;
using Tollgate.Core.Subscriptions;
using Tollgate.Core.Time;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Customers;
using Tollgate.Engine.Invoicing;
using Tollgate.Engine.Postgres;
using Tollgate.Engine.Projects;
using Tollgate.Engine.Subscriptions;

namespace Tollgate.Engine.Billing;

/// <summary>The outcome of a call on a subscription.</summary>
public enum SubscriptionOutcome
{
    Done,

    /// <summary>A repeat of an earlier creation; nothing was changed.</summary>
    Replayed,
    NotFound,

    /// <summary>The subscription's current status forbids it.</summary>
    NotAllowed,

    /// <summary>A payment provider manages the subscription, so the request must go there.</summary>
    ProviderManaged,
    PlanUnknown,

    /// <summary>The plan has no price for the interval in the currency.</summary>
    PriceUnknown,

    /// <summary>The customer has a subscription that has not ended.</summary>
    AlreadySubscribed,

    /// <summary>It would begin before the end of the customer's last one.</summary>
    Overlaps,

    /// <summary>The customer is a member of another one, which subscribes for it.</summary>
    IsMember,
    IdReused,
    TrialUsed,
    NoTrial,

    /// <summary>The customer is invoiced in another currency.</summary>
    CurrencyFixed,
    NothingChanges,
    NothingScheduled,
    CouponRefused,

    /// <summary>The subscription has no such coupon.</summary>
    CouponUnknown,

    /// <summary>The catalogue does not have the add-on, or it does not fit.</summary>
    AddOnRefused,

    /// <summary>The invoice is implausible; an operator must review it first.</summary>
    Implausible,

    /// <summary>The provider that manages it does not support this.</summary>
    NotAtProvider,

    /// <summary>The change needed a payment, which failed. Nothing was changed.</summary>
    Declined,

    /// <summary>The change needs a payment, which is still pending.</summary>
    PaymentPending,

    /// <summary>Another change came first during the payment. The money is credit of the customer.</summary>
    Overtaken,

    /// <summary>The provider that manages it did not answer.</summary>
    NoAnswer,
}

/// <summary>The answer of a call on a subscription.</summary>
/// <param name="Invoice">The invoice that the call makes; null: none. In a preview it has no number.</param>
/// <param name="Next">The next invoice, as far as known.</param>
/// <param name="Detail">The reason of a refusal, for the caller.</param>
public sealed record SubscriptionAnswer(
    SubscriptionOutcome Outcome, SubscriptionRow? Row = null, string? Customer = null, Invoice? Invoice = null, Invoice? Next = null,
    string? Detail = null)
{
    /// <summary>
    /// The subscription with the terms that were scheduled before, if the call changed or removed them; null: none were scheduled, or they
    /// stay.
    /// </summary>
    public Subscription? Replaced { get; init; }

    /// <summary>In a preview: the prices of the renewals. Empty: nothing renews, or only the provider knows.</summary>
    public IReadOnlyList<ComingPrice> Prices { get; init; } = [];
}

/// <summary>The chosen step, or the reason why there is none.</summary>
/// <param name="Cause">The cause in the timeline; null: the step was due.</param>
internal sealed record StepChoice(
    SubscriptionOutcome Outcome, SubscriptionStep? Step = null, string? Cause = null, string? Comment = null, string? Detail = null)
{
    /// <summary>The cause of a request without a reason.</summary>
    private const string Request = "request";

    /// <summary>Makes a choice for a requested step.</summary>
    /// <param name="cause">The reason; null: none was given.</param>
    public static StepChoice Of(SubscriptionStep step, string? cause = null, string? comment = null) =>
        new(SubscriptionOutcome.Done, step, cause ?? Request, comment);

    /// <summary>Makes a choice for an automatic step.</summary>
    public static StepChoice Due(SubscriptionStep step) => new(SubscriptionOutcome.Done, step);

    public static StepChoice None(SubscriptionOutcome outcome, string? detail = null) => new(outcome, Detail: detail);
}

/// <summary>The actor of a request, and whether it is a preview.</summary>
/// <param name="Actor">The actor in the timeline.</param>
public readonly record struct StepRequest(string Actor, bool Preview)
{
    /// <summary>True for a step that Tollgate itself takes on a provider-managed subscription. The provider takes any other.</summary>
    public bool IsFromProvider { get; init; }
}

/// <summary>
/// Takes one step of one subscription, in one transaction: 1. lock the customer; 2. first take automatic steps that were due before now; 3.
/// choose the step by pure rules; 4. bill it; 5. write it. A preview does the same and rolls everything back at the end.
/// </summary>
internal sealed class TakeStep(CustomerChanges changes, Clock clock)
{
    public Task<SubscriptionAnswer> RunAsync(
        ProjectSnapshot project, Guid id, StepRequest request, Func<SubscriptionRow, LifeFacts, Instant, StepChoice> choose,
        CancellationToken cancel) =>
        RunAsync(project, id, request, async (writing, row) => choose(row, await writing.FactsAsync(row, cancel), writing.Now), cancel);

    /// <summary>For a choice that itself reads and writes. Without a step its writes are rolled back.</summary>
    public async Task<SubscriptionAnswer> RunAsync(
        ProjectSnapshot project, Guid id, StepRequest request, Func<StepWriting, SubscriptionRow, Task<StepChoice>> choose,
        CancellationToken cancel)
    {
        var customer = await CustomerOfAsync(project, id, cancel);
        await using (var change = customer is null ? null : await changes.BeginOnExistingAsync(project, customer, cancel))
        {
            if (change is null)
            {
                return new(SubscriptionOutcome.NotFound);
            }

            var row = await FindAsync(change, project, SubscriptionSql.ById, cancel, change.Row.Partition, change.Row.Account, id);
            if (row is null)
            {
                return new(SubscriptionOutcome.NotFound);
            }

            var writing = new StepWriting(
                change, project, await SettingsText.LoadAsync(change.Connection, project, cancel), request.Actor, clock.Now(project));
            return await EndAsync(writing, await StepAsync(writing, row, choose, cancel, request.IsFromProvider), request, cancel);
        }
    }

    /// <summary>Takes steps 2. to 5., in a transaction that locks the customer.</summary>
    internal static async Task<SubscriptionAnswer> StepAsync(
        StepWriting writing, SubscriptionRow row, Func<StepWriting, SubscriptionRow, Task<StepChoice>> choose, CancellationToken cancel,
        bool isFromProvider = false)
    {
        var customer = writing.Change.Row.Customer.Id;
        if (row.Subscription.ManagedBy is not null && !isFromProvider)
        {
            return new(SubscriptionOutcome.ProviderManaged, row, customer);
        }

        var answer = await CatchUpAsync(writing, new(SubscriptionOutcome.Done, row, customer), cancel);
        if (answer.Outcome != SubscriptionOutcome.Done)
        {
            return answer;
        }

        var choice = await choose(writing, answer.Row!);
        if (choice.Step is null)
        {
            return new(choice.Outcome, answer.Row, customer, Detail: choice.Detail);
        }

        var before = answer.Row!.Subscription;
        var taken = await writing.WriteAsync(answer.Row, choice, cancel);
        var isReplaced = before.Scheduled is not null && choice.Step.Verb != SubscriptionVerb.Resume
            && choice.Step.After.Scheduled != before.Scheduled;
        return isReplaced ? taken with { Replaced = before } : taken;
    }

    /// <summary>Previews the next invoice, if nothing more happens until then. Changes nothing.</summary>
    public async Task<SubscriptionAnswer> LookAheadAsync(ProjectSnapshot project, Guid id, CancellationToken cancel) =>
        await RunAsync(project, id, new("system", Preview: true), static (_, _, _) => new(SubscriptionOutcome.NothingChanges), cancel);

    internal static async Task<SubscriptionAnswer> EndAsync(
        StepWriting writing, SubscriptionAnswer answer, StepRequest request, CancellationToken cancel)
    {
        var isLook = request.Preview && answer.Outcome is SubscriptionOutcome.Done or SubscriptionOutcome.NothingChanges;
        if (isLook && answer.Row is { Subscription.DueAt: not null })
        {
            var (next, prices) = await writing.NextAsync(answer.Row, cancel);
            answer = answer with { Next = next, Prices = prices };
        }

        if (request.Preview)
        {
            return answer with { Invoice = answer.Invoice is { } shown ? AsPreview(shown) : null };
        }

        if (answer.Outcome == SubscriptionOutcome.Done)
        {
            await writing.Change.CommitAsync();
        }

        return answer;
    }

    /// <summary>Takes due steps that no run has taken yet, so that a call finds them done.</summary>
    internal static async Task<SubscriptionAnswer> CatchUpAsync(StepWriting writing, SubscriptionAnswer answer, CancellationToken cancel)
    {
        while (answer is { Outcome: SubscriptionOutcome.Done, Row.Subscription.DueAt: { } due } && due <= writing.Now)
        {
            var step = SubscriptionLife.Due(answer.Row.Subscription, await writing.FactsAsync(answer.Row, cancel));
            answer = await writing.WriteAsync(answer.Row, StepChoice.Due(step), cancel);
        }

        return answer;
    }

    private static Invoice AsPreview(Invoice invoice) => invoice with { Number = null, Status = InvoiceStatus.Draft };

    private async Task<string?> CustomerOfAsync(ProjectSnapshot project, Guid id, CancellationToken cancel)
    {
        await using var command = changes.Database.Command(SubscriptionSql.CustomerOf, project.Id, id);
        return (string?)await command.ExecuteScalarAsync(cancel);
    }

    internal static async Task<SubscriptionRow?> FindAsync(
        CustomerChange change, ProjectSnapshot project, string sql, CancellationToken cancel, params object?[] parameters)
    {
        await using var command = change.Command(sql, parameters);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        return await reader.ReadAsync(cancel) ? SubscriptionRow.Read(new(reader), project) : null;
    }
}

/// <summary>A transaction on one customer that takes steps, one after the other.</summary>
/// <param name="now">The instant as of which the steps are taken.</param>
/// <param name="issuedAt">The time at which they are written, if later; null: the same.</param>
internal sealed class StepWriting(
    CustomerChange change, ProjectSnapshot project, InvoiceSettings settings, string actor, Instant now, Instant? issuedAt = null)
{
    /// <summary>The whole of a quota, in billionths.</summary>
    private const long Whole = 1_000_000_000;

    /// <summary>The actor of due steps: a call that takes them is not their cause.</summary>
    private const string ByItself = "system";

    private CustomerRow _customer = change.Row;

    public CustomerChange Change => change;

    public ProjectSnapshot Project => project;

    public Instant Now => now;

    /// <param name="before">Null: the step begins a subscription.</param>
    public async Task<SubscriptionAnswer> WriteAsync(
        SubscriptionRow? before, StepChoice choice, CancellationToken cancel, string? reference = null)
    {
        var order = new StepOrder(_customer, before, choice.Step!)
        {
            Cause = choice.Cause, Comment = choice.Comment, Reference = reference,
        };
        var billed = (await new BillSteps(change.Connection, project, settings).RunAsync([order], cancel)).Single();
        if (billed.ParkReason is { } doubt)
        {
            return new(SubscriptionOutcome.Implausible, before, _customer.Customer.Id, Detail: doubt);
        }

        var writer = new StepWriter(change.Transaction, project, settings, choice.Cause is null ? ByItself : actor);
        var invoices = await writer.RunAsync([billed], issuedAt ?? now, cancel);
        if (writer.HasChangedCustomers)
        {
            _customer = await change.ReadAgainAsync(project, cancel);
        }

        var after = new SubscriptionRow(_customer.Partition, _customer.Account, billed.After, order.Version, order.Reference)
        {
            CancelComment = order.CancelComment, ProviderPrice = before?.ProviderPrice,
        };
        return new(SubscriptionOutcome.Done, after, _customer.Customer.Id, invoices.GetValueOrDefault(billed.After.Id));
    }

    /// <summary>Computes the next invoice, with the usage so far (null: there is none), and the prices of the renewals.</summary>
    public async Task<(Invoice? Invoice, IReadOnlyList<ComingPrice> Prices)> NextAsync(SubscriptionRow row, CancellationToken cancel)
    {
        var step = SubscriptionLife.Due(row.Subscription, await FactsAsync(row, cancel));
        var order = new StepOrder(_customer, row, step);
        var billed = (await new BillSteps(change.Connection, project, settings).RunAsync([order], cancel)).Single();
        return (
            billed.Billed.Bill is null ? null : InvoiceWriter.Draft(billed, settings, project.Zone, step.At),
            billed.Facts is { } facts ? OutlookRules.Of(row.Subscription, facts, project.Zone) : []);
    }

    /// <summary>
    /// Returns the remaining share of the plan's quotas in the current billing period: that of the feature with the least left.
    /// </summary>
    public async Task<LifeFacts> FactsAsync(SubscriptionRow row, CancellationToken cancel)
    {
        var (terms, period) = (row.Subscription.Terms, row.Subscription.Current);
        await new TimedPeriods(change.Connection, project).OpenAsync([new(_customer, period.Start, now)], cancel);
        await using var command = change.Command(
            SubscriptionSql.UsedInPeriod, _customer.Partition, _customer.Account, period.Start.ToUtc(), period.End.ToUtc(), now.ToUtc());
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var changed = TermsReader.Changed(_customer.Overrides, AddOnText.Write(terms.AddOns), terms.Plan, project.Catalog);
        long? least = null;
        while (await reader.ReadAsync(cancel))
        {
            var entitlement = changed.GetValueOrDefault(reader.GetInt32(0))
                ?? terms.Plan.Entitlements.GetValueOrDefault(reader.GetInt32(0));
            if (entitlement is not { Quota: { IsPositive: true } quota,
                Period: QuotaPeriodKind.BillingMonth or QuotaPeriodKind.BillingPeriod })
            {
                continue;
            }

            var months = entitlement.Period == QuotaPeriodKind.BillingMonth && terms.Interval == PriceInterval.Yearly ? 12 : 1;
            var left = decimal.Max(0, 1 - (reader.GetDecimal(1) / (quota.Value * months)));
            least = Math.Min(least ?? Whole, (long)decimal.Floor(left * Whole));
        }

        return new(project.Zone, least is { } share ? new Fraction(share, Whole) : null);
    }
}
