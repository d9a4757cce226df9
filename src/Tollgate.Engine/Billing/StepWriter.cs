using System.Text.Json;
using Npgsql;
using Tollgate.Core.Catalog;
using Tollgate.Core.Invoicing;
using Tollgate.Core.Money;
using Tollgate.Core.Payments;
using Tollgate.Core.Subscriptions;
using Tollgate.Core.Time;
using Tollgate.Engine.Customers;
using Tollgate.Engine.Dunning;
using Tollgate.Engine.Inbox;
using Tollgate.Engine.Invoicing;
using Tollgate.Engine.Ledger;
using Tollgate.Engine.Postgres;
using Tollgate.Engine.Projects;
using Tollgate.Engine.Subscriptions;

namespace Tollgate.Engine.Billing;

/// <summary>
/// Writes steps with their results: 1. invoices without numbers; 2. subscriptions; 3. the facts, movements of recurring revenue,
/// proration credits of earlier invoices, and collections; 4. plan and billing cycle of the customers whose step changes them; 5. the
/// invoices' numbers. The caller locks the customers and commits.
/// </summary>
/// <remarks>
/// 4. and 5. block others: lanes that hold balances of other customers, and transactions that need numbers. Between them and the commit,
/// wait only for the database.
/// </remarks>
internal sealed class StepWriter(CustomerTransaction work, ProjectSnapshot project, InvoiceSettings settings, string actor)
{
    /// <summary>The time for which old billing cycles are kept: the age that late events can reach, and a little more.</summary>
    private static readonly TimeSpan CyclesKept = TimeSpan.FromDays(400);

    private readonly InvoiceWriter _invoices = new(work.Connection, project, settings, actor);

    /// <summary>True if a customer's plan or cycle changed.</summary>
    public bool HasChangedCustomers { get; private set; }

    /// <param name="now">The project's clock.</param>
    /// <returns>The invoices by subscription.</returns>
    public async Task<IReadOnlyDictionary<Guid, Invoice>> RunAsync(
        IReadOnlyList<BilledOrder> steps, Instant now, CancellationToken cancel) =>
        (await FinishAsync(steps, await WriteAsync(steps, now, cancel), now, cancel)).ToDictionary(static one => one.Subscription!.Value);

    /// <summary>1. to 3.</summary>
    /// <param name="now">The project's clock.</param>
    /// <returns>The invoices, which <see cref="FinishAsync"/> writes.</returns>
    public async Task<IReadOnlyList<BilledInvoice>> WriteAsync(IReadOnlyList<BilledOrder> steps, Instant now, CancellationToken cancel)
    {
        // 1. A step that was due before a sandbox's clock jumped is issued at its due time.
        var drafts = await _invoices.WriteAsync(
            steps, order => project.TestClock is null ? now : order.Order.Step.At, cancel);

        // 2. and 3.
        await using var batch = new NpgsqlBatch(work.Connection);
        batch.BatchCommands.Add(Rows(steps));
        await batch.ExecuteNonQueryAsync(cancel);
        var invoices = drafts.ToDictionary(static one => one.Invoice.Subscription!.Value);
        await WriteFactsAsync(steps, invoices, cancel);
        await WriteMrr.RunAsync(work.Connection, project, steps, cancel);
        await WakeEventsAsync(steps, cancel);

        // A proration credit reduces earlier invoices.
        foreach (var step in steps)
        {
            var draft = invoices.GetValueOrDefault(step.After.Id);
            var at = draft?.Invoice.IssuedAt ?? now;
            foreach (var settled in await new ApplyProrationCredit(work.Connection, project, actor).RunAsync(step, at, cancel))
            {
                await ExecuteAsync(CollectionSql.LookNow, cancel, step.Customer.Partition, step.Customer.Account, settled, at.ToUtc());
            }
        }

        // An invoice and its collection are written in one transaction.
        var byItself = steps.Where(static step => step.Order.Cause is null).Select(static step => step.After.Id).ToHashSet();
        await Collections.BeginAsync(
            work.Connection, project, [.. drafts.Select(draft => (draft, byItself.Contains(draft.Invoice.Subscription!.Value)))], cancel);
        return drafts;
    }

    /// <summary>4. and 5.</summary>
    /// <param name="now">The project's clock.</param>
    public async Task<IReadOnlyList<Invoice>> FinishAsync(
        IReadOnlyList<BilledOrder> steps, IReadOnlyList<BilledInvoice> drafts, Instant now, CancellationToken cancel)
    {
        // 4. Quotas change at once.
        foreach (var step in steps)
        {
            await FollowAsync(step, now, cancel);
        }

        return await _invoices.NumberAsync(drafts, cancel);
    }

    private async Task FollowAsync(BilledOrder step, Instant now, CancellationToken cancel)
    {
        var (customer, after, at) = (step.Customer, step.After, step.Step.At);
        if (step.Order.Before is null && after.IsEnded)
        {
            return;
        }

        int? wanted = after.GivesPlan ? after.Terms.Plan.Id : null;
        var cycle = after.GivesPlan ? new BillingCycle(at, after.Anchor, after.Terms.Interval) : new BillingCycle(at, null, null);
        var last = customer.Cycles.Count == 0 ? new BillingCycle(at, null, null) : customer.Cycles[^1];
        var hasNewCycle = (last.Anchor, last.Interval) != (cycle.Anchor, cycle.Interval);
        IReadOnlyList<HeldAddOn> addOns = after.GivesPlan ? after.Terms.AddOns : [];
        var hasNewAddOns = !AddOnText.AreSame(customer.AddOns, addOns);
        if (!hasNewCycle && !hasNewAddOns && wanted == customer.PlanVersionId)
        {
            return;
        }

        var ended = hasNewCycle ? await FeaturesOfBillingPeriodsAsync(customer, at, cancel) : [];
        if (hasNewAddOns)
        {
            await ExecuteAsync(CustomerSql.SetAddOns, cancel, customer.Partition, customer.Account, AddOnText.Write(addOns));
        }

        if (hasNewCycle)
        {
            await ExecuteAsync(
                CustomerSql.SetCycles, cancel, customer.Partition, customer.Account,
                CycleText.Write(BillingCycles.With(customer.Cycles, cycle, at.Minus(CyclesKept))));
            await ExecuteAsync(LedgerSql.CutPeriods, cancel, customer.Partition, customer.Account, ended, at.ToUtc());
            if (project.Catalog.TimedFeatures.Count > 0)
            {
                await ExecuteAsync(TimedSql.CutTimed, cancel, customer.Partition, customer.Account, ended, at.ToUtc());
            }
        }

        if (wanted != customer.PlanVersionId)
        {
            var replaced = customer.PlanVersionId ?? project.Catalog.DefaultPlan.Id;
            await ExecuteAsync(CustomerSql.AssignPlan, cancel, customer.Partition, customer.Account, wanted, replaced, at.ToUtc());
        }

        await work.TouchAsync(customer, now, cancel);
        string[] sets = [
            .. wanted != customer.PlanVersionId ? ["plan"] : Array.Empty<string>(), .. hasNewAddOns ? ["add_ons"] : Array.Empty<string>()];
        if (sets.Length > 0)
        {
            await ExecuteAsync(
                CustomerSql.InsertTerms, cancel, customer.Partition, customer.Account, at.ToUtc(), sets,
                $"subscription {CatalogWords.Of(step.Step.Verb)}");
        }

        HasChangedCustomers = true;
    }

    /// <summary>
    /// Returns the features whose current period ends with the cycle, including those that the previous plan did not name.
    /// </summary>
    private async Task<int[]> FeaturesOfBillingPeriodsAsync(CustomerRow customer, Instant at, CancellationToken cancel)
    {
        var terms =
            (await TermsReader.LoadAsync(work.Connection, project, [customer.Partition], [customer.Account], cancel))[customer.Account];
        var before = new Instant(at.UnixMicroseconds - 1);
        return [.. project.Catalog.FeaturesByKey.Keys.Where(feature => terms.PeriodKindAt(feature, before) is QuotaPeriodKind.BillingMonth
            or QuotaPeriodKind.BillingPeriod)];
    }

    private NpgsqlBatchCommand Rows(IReadOnlyList<BilledOrder> steps)
    {
        var rows = steps.Select(static step => (step.Customer, Sub: step.After, Step: step)).ToArray();
        return new Columns()
            .Small(rows.Select(static r => r.Customer.Partition))
            .Whole(rows.Select(static r => r.Customer.Account))
            .Ids(rows.Select(static r => (Guid?)r.Sub.Id))
            .Whole(rows.Select(_ => project.Id))
            .Text(rows.Select(static r => r.Step.Order.Reference))
            .Whole(rows.Select(static r => r.Step.Order.Version))
            .Text(rows.Select(static r => CatalogWords.Of(r.Sub.Status)))
            .Whole(rows.Select(static r => r.Sub.Terms.Plan.Id))
            .Text(rows.Select(static r => CatalogWords.Of(r.Sub.Terms.Interval)))
            .Text(rows.Select(static r => r.Sub.Terms.Currency.Code))
            .Long(rows.Select(static r => (long?)r.Sub.Terms.Quantity))
            .Long(rows.Select(static r => r.Sub.Terms.CustomAmount))
            .Text(rows.Select(static r => AddOnText.Write(r.Sub.Terms.AddOns)))
            .Text(rows.Select(static r => r.Sub.Scheduled is { } terms ? StoredTerms.Write(terms) : null))
            .Times(rows.Select(static r => (Instant?)r.Sub.StartedAt))
            .Times(rows.Select(static r => (Instant?)r.Sub.Anchor.StartedAt))
            .SmallOrNull(rows.Select(static r => (short?)r.Sub.Anchor.Day))
            .Times(rows.Select(static r => (Instant?)r.Sub.Current.Start))
            .Times(rows.Select(static r => (Instant?)r.Sub.Current.End))
            .Long(rows.Select(static r => (long?)r.Sub.Billed.Minor))
            .Times(rows.Select(static r => (Instant?)r.Sub.UsageFrom))
            .Times(rows.Select(static r => r.Sub.UsageDueAt))
            .Times(rows.Select(static r => r.Sub.TrialEnd))
            .Flags(rows.Select(static r => r.Sub.ConvertsTrial))
            .Times(rows.Select(static r => r.Sub.CancelAt))
            .Text(rows.Select(static r => r.Sub.CancelReason))
            .Text(rows.Select(static r => r.Step.Order.CancelComment))
            .Times(rows.Select(static r => r.Sub.PausedAt))
            .Times(rows.Select(static r => r.Sub.ResumeAt))
            .Times(rows.Select(static r => r.Sub.EndedAt))
            .Times(rows.Select(static r => r.Sub.DueAt))
            .Times(rows.Select(static r => (Instant?)r.Sub.TermsSince))
            .Long(rows.Select(static r => (long?)r.Sub.Committed.Minor))
            .Text(rows.Select(static r => r.Sub.ManagedBy))
            .Numbers(rows.Select(static r => (decimal?)r.Sub.Reduced.Value))
            .Text(rows.Select(static r => StoredDiscount.Write(r.Sub.Terms.AgreedDiscount)))
            .Long(rows.Select(static r => (long?)r.Sub.AmountOff.Minor))
            .Command(SubscriptionSql.Write);
    }

    /// <summary>Writes the facts. The cause of an automatic step is "due"; a cancellation requested before keeps its reason.</summary>
    private Task WriteFactsAsync(IReadOnlyList<BilledOrder> steps, Dictionary<Guid, BilledInvoice> invoices, CancellationToken cancel) =>
        new Columns()
        .Small(steps.Select(static s => s.Customer.Partition))
        .Whole(steps.Select(static s => s.Customer.Account))
        .Ids(steps.Select(static s => (Guid?)s.After.Id))
        .Whole(steps.Select(static s => s.Order.Version))
        .Text(steps.Select(static s => CatalogWords.Of(s.Step.Verb)))
        .Times(steps.Select(static s => (Instant?)s.Step.At))
        .Text(steps.Select(_ => actor))
        .Text(steps.Select(static s => s.Order.Cause ?? (s.Step.Verb == SubscriptionVerb.Cancel ? s.After.CancelReason : null) ?? "due"))
        .Ids(steps.Select(s => invoices.TryGetValue(s.After.Id, out var one) ? one.Invoice.Id : (Guid?)null))
        .Json(steps.Select(static s => JsonSerializer.Serialize(SubscriptionState.Of(s.After), SubscriptionJson.Stored.SubscriptionState)))
        .CopyAsync(work.Connection, SubscriptionSql.WriteFacts, cancel);

    /// <summary>Events of providers that wait for a subscription to be followed, or to end, are due when the step is committed.</summary>
    private async Task WakeEventsAsync(IReadOnlyList<BilledOrder> steps, CancellationToken cancel)
    {
        string[] followed = [.. steps.Where(static one => one.Order.Before is null && one.After.ManagedBy is not null)
            .Select(static one => one.Order.Reference).OfType<string>()];
        string[] ended = [.. steps.Where(static one => one.Order.Before is { IsEnded: false } && one.After.IsEnded)
            .Select(static one => one.Customer.Customer.Id)];
        foreach (var (fact, ids) in new[] { (AwaitedFact.SubscriptionFollowed, followed), (AwaitedFact.SubscriptionEnded, ended) })
        {
            if (ids.Length > 0)
            {
                await ExecuteAsync(InboxSql.Wake, cancel, project.Id, CatalogWords.Of(fact), ids);
            }
        }
    }

    private async Task ExecuteAsync(string sql, CancellationToken cancel, params object?[] parameters)
    {
        await using var command = work.Connection.Command(sql, parameters);
        await command.ExecuteNonQueryAsync(cancel);
    }
}
