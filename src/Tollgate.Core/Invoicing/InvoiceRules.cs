using Tollgate.Core.Money;
using Tollgate.Core.Rating;
using Tollgate.Core.Subscriptions;
using Tollgate.Core.Time;

namespace Tollgate.Core.Invoicing;

/// <summary>The facts that billing a step needs in addition to the step.</summary>
/// <param name="Usage">The overage of quota periods that are over or end with this step.</param>
/// <param name="Redemptions">Coupons of the subscription and promotional credits of the customer, in the order of redemption.</param>
/// <param name="Taxes">Null: none.</param>
/// <param name="Credits">The customer's credit balance, which pays taxes included.</param>
/// <param name="UsageBilled">Usage of the running period on earlier invoices; needed only for the comparison with a minimum.</param>
/// <param name="Minimums">Ended periods with a minimum whose usage is corrected.</param>
/// <param name="ProrationCredited">Parts of earlier invoices that charged the time that a step credits.</param>
/// <param name="Billed">The lines that billed usage and minimums that the step may credit, oldest first.</param>
public sealed record BillingFacts(
    IReadOnlyList<UsageDue> Usage, IReadOnlyList<Redemption> Redemptions, TaxTable? Taxes, MoneyAmount Credits, MoneyAmount UsageBilled,
    IReadOnlyList<MinimumPeriod> Minimums, IReadOnlyList<InvoicePart> ProrationCredited,
    IReadOnlyDictionary<BilledKey, IReadOnlyList<BilledLine>> Billed);

/// <summary>A computed invoice, which a step stores and a preview shows.</summary>
/// <param name="Lines">The lines of the draft, followed by the reductions of coupons and promotional credits.</param>
/// <param name="Redemptions">The applied redemptions in their state after the bill.</param>
public sealed record Bill(
    InvoiceDraft Draft, IReadOnlyList<InvoiceLine> Lines, InvoiceSums Sums, string? TaxNote, IReadOnlyList<Redemption> Redemptions)
{
    /// <summary>The credits of the bill to earlier invoices.</summary>
    public IReadOnlyList<ProrationCreditNote> ProrationCredited { get; init; } = [];
}

/// <summary>A step with its bill.</summary>
/// <param name="After">The subscription after the step, with the reductions of the running period.</param>
/// <param name="Bill">Null: there is nothing to bill.</param>
public sealed record BilledStep(SubscriptionStep Step, Subscription After, Bill? Bill)
{
    /// <summary>The periods with a minimum that the step ended, or whose usage it corrected.</summary>
    public IReadOnlyList<MinimumPeriod> Minimums { get; init; } = [];
}

/// <summary>Computes the invoice of a step. Pure: a preview and the real step make the same call.</summary>
public static class InvoiceRules
{
    /// <param name="before">Null at the start of a subscription.</param>
    public static BilledStep Bill(Subscription? before, SubscriptionStep step, BillingFacts facts)
    {
        var minimums = facts.Minimums.Select(one => MinimumRules.Corrected(one, facts.Usage)).ToList();
        if (MinimumOf(before, step, facts) is { } ended)
        {
            minimums.Add(ended);
        }

        IReadOnlyList<MinimumPeriod> kept = [.. minimums.Select(static one => one.After)];
        if (InvoiceDraft.Of(step, facts.Usage, [.. minimums.Select(static one => one.Line).OfType<MinimumDue>()]) is not { } draft)
        {
            return new(step, step.After, null) { Minimums = kept };
        }

        var (plan, currency) = (step.After.Terms.Plan.Code, draft.Currency);
        var subtotal = draft.Lines.Aggregate(MoneyAmount.Zero(currency), static (sum, line) => sum + line.Amount);

        // A coupon for one invoice waits for an invoice that charges something.
        var redemptions = facts.Redemptions
            .Where(one => one.AppliesTo(plan, currency, step.At)
                && (one.Coupon is not { Duration: CouponDuration.Once } || subtotal > MoneyAmount.Zero(currency))).ToArray();
        var taxes = draft.Lines.Select(line => facts.Taxes?.For(line) ?? TaxDecision.None).ToArray();
        var back = UnusedTime(before, draft, taxes, facts);
        draft = draft with { Lines = [.. draft.Lines.Zip(taxes, (line, tax) => Corrected(line, tax, facts, back))] };
        var taxed = draft.Lines.Zip(taxes, static (line, tax) => new TaxedLine(line.Amount, tax.Rates, GivesBack(line))).ToArray();
        var begins = before is not null && before.Current != step.After.Current;
        var reductions = redemptions.Select(one => one.Reduction with { IsOfCharges = begins && one.ComesAgain }).ToArray();
        var sums = InvoiceMath.Compute(taxed, reductions, [.. back.SelectMany(static one => one.Paid)], facts.Credits);
        var charged = taxed.Where(static line => !line.IsProrationCredit)
            .Aggregate(MoneyAmount.Zero(currency), static (sum, line) => sum + line.Amount);
        var (discounts, used, left) = (new List<InvoiceLine>(), new List<Redemption>(), charged);
        foreach (var (redemption, taken) in redemptions.Zip(sums.Reduced).Where(static pair => !pair.Second.IsZero))
        {
            discounts.Add(LineOf(redemption, taken, left, step));
            used.Add(redemption.Took(taken));
            left -= taken;
        }

        var note = taxes.Select(static tax => tax.Note).FirstOrDefault(static note => note is not null);
        var bill = new Bill(
            draft, [.. draft.Lines.Zip(sums.TaxOfLines, static (line, tax) => line with { Tax = tax }), .. discounts], sums, note, used)
        {
            ProrationCredited = ProrationCreditRules.NotesOf(back, sums.ProrationCreditTaxes),
        };
        var again = redemptions.Zip(sums.Reduced).Where(static pair => pair.First.ComesAgain)
            .Aggregate(MoneyAmount.Zero(currency), static (sum, pair) => sum + pair.Second);
        var after = step.After with
        {
            Billed = step.After.Billed - OfThePeriod(sums.Discount, step, draft), Reduced = ReducedBy(step, redemptions),
            AmountOff = step.After.AmountOff + OfThePeriod(again, step, draft),
        };
        return new(step, after, bill) { Minimums = kept };
    }

    /// <summary>
    /// True for unused time, and for credited usage or a credited minimum: coupons do not reduce them again, and their taxes are those with
    /// which they were paid.
    /// </summary>
    private static bool GivesBack(InvoiceLine line) =>
        line.Kind == InvoiceLineKind.ProrationCredit
            || (line.Kind is InvoiceLineKind.Usage or InvoiceLineKind.Minimum && (line.Rated ?? line.Amount).IsNegative);

    /// <summary>
    /// Returns the taxes with which unused time was paid. If no known invoice charged it, the rates of the newest known one, or the current
    /// ones, apply.
    /// </summary>
    private static List<ProrationCreditPart> UnusedTime(Subscription? before, InvoiceDraft draft, TaxDecision[] taxes, BillingFacts facts)
    {
        var back = facts.ProrationCredited.Select(part =>
            new ProrationCreditPart(part.Invoice, ProrationCreditRules.PaidWith(part, before!.Current.End))).ToList();
        var unused = draft.Lines.Zip(taxes).Where(static one => one.First.Kind == InvoiceLineKind.ProrationCredit).ToArray();
        var rest = back.Aggregate(MoneyAmount.Zero(draft.Currency), static (sum, one) => sum - one.Part)
            - unused.Aggregate(MoneyAmount.Zero(draft.Currency), static (sum, one) => sum + one.First.Amount);
        if (rest > MoneyAmount.Zero(draft.Currency))
        {
            back.Add(new(null, [new(rest, back.Count > 0 ? back[0].Paid[0].Rates : unused[0].Second.Rates)]));
        }

        return back;
    }

    /// <param name="back">The list to which it adds the parts of a credited line.</param>
    private static InvoiceLine Corrected(InvoiceLine line, TaxDecision tax, BillingFacts facts, List<ProrationCreditPart> back)
    {
        if (line.Kind == InvoiceLineKind.ProrationCredit || !GivesBack(line))
        {
            return line;
        }

        var (corrected, parts) = CorrectionRules.Paid(line, facts.Billed.GetValueOrDefault(BilledKey.Of(line)) ?? [], tax.Rates);
        back.AddRange(parts);
        return corrected;
    }

    /// <summary>Returns the percentage that reduces the running period after a step: that of the invoice that charges its price.</summary>
    private static Percent ReducedBy(SubscriptionStep step, IReadOnlyList<Redemption> redemptions)
    {
        if (step.Charges.All(static charge => charge.Kind == ChargeKind.UnusedTime))
        {
            return step.After.Reduced;
        }

        return Percent.Together(redemptions.Select(static one => one.Reduction.Rate ?? default));
    }

    /// <summary>
    /// Computes the amount by which the paid time that a step ends falls short of its commitment: plan price and usage together, before
    /// discounts. For a period that was cut, or whose terms changed, the minimum is the share of the time. A trial has none.
    /// </summary>
    /// <returns>Null: no agreed minimum requires usage.</returns>
    private static (MinimumPeriod After, MinimumDue? Line)? MinimumOf(Subscription? before, SubscriptionStep step, BillingFacts facts)
    {
        if (before is not { HasMinimum: true } || PaidUntil(before, step) is not { } until)
        {
            return null;
        }

        // The billed usage includes the amounts billed before for corrections in the running period.
        var (terms, period) = (before.Terms, before.Current);
        var usage = facts.Usage.Where(due => due.SoldUntil > period.Start)
            .Aggregate(facts.UsageBilled, static (sum, due) => sum + due.Rated().Amount - due.Billed);
        var lived = ProrationRules.Between(period, before.TermsSince, until);
        var agreed = new Period(before.Committed.IsZero ? before.TermsSince : period.Start, until);
        var (plan, nothing) = (lived.Of(terms.Amount), MoneyAmount.Zero(terms.Currency));
        if (MinimumRules.Missing(terms.Price, agreed, plan, nothing, lived, before.Committed) is not { } required)
        {
            return null;
        }

        var category = terms.Plan.Plan.TaxCategory;
        var due = MinimumRules.Missing(terms.Price, agreed, plan, usage, lived, before.Committed);
        return (new(before.Id, new(period.Start, until), required.Amount, usage, due?.Amount ?? nothing) { TaxCategory = category },
            due is null ? null : due with { TaxCategory = category });
    }

    /// <summary>
    /// Returns the end of the paid time if a step ends it; null: it continues, or the time was not paid. The beginning of a pause ends it.
    /// </summary>
    private static Instant? PaidUntil(Subscription before, SubscriptionStep step) => (before.Status, step.Verb) switch
    {
        (SubscriptionStatus.Paused, SubscriptionVerb.Resume or SubscriptionVerb.Cancel) => before.PausedAt,
        (SubscriptionStatus.Active or SubscriptionStatus.PastDue, SubscriptionVerb.Renew or SubscriptionVerb.Cancel) => step.At,
        (SubscriptionStatus.Active or SubscriptionStatus.PastDue, SubscriptionVerb.Change) when step.After.Current != before.Current =>
            step.At,
        _ => null,
    };

    /// <summary>
    /// Returns the reason why an invoice is implausible; null: it is plausible. Tollgate holds implausible invoices until an operator has
    /// reviewed them.
    /// </summary>
    public static string? ImplausibleReason(Bill bill, InvoiceSettings settings)
    {
        var (total, largest) = (bill.Sums.Total, settings.LargestTotalIn(bill.Sums.Total.Currency));
        if (total.Major > largest)
        {
            return $"The invoice would total {total}, more than the limit of {largest} {total.Currency}.";
        }

        var backwards = bill.Lines.FirstOrDefault(static line => line.Period.End <= line.Period.Start);
        return backwards is null ? null : $"The line \"{backwards.Description}\" is for no time: {backwards.Period}.";
    }

    /// <summary>Returns the part of a discount on the running period: a later credit leaves it out, since it was not paid.</summary>
    private static MoneyAmount OfThePeriod(MoneyAmount discount, SubscriptionStep step, InvoiceDraft draft)
    {
        if (discount.IsZero)
        {
            return discount;
        }

        var shares = MoneyParts.Spread(discount, [.. draft.Lines.Select(static line => Math.Max(0, line.Amount.Minor))]);
        return draft.Lines.Zip(shares)
            .Where(pair => pair.First.Kind != InvoiceLineKind.Usage && pair.First.Period.End == step.After.Current.End)
            .Aggregate(MoneyAmount.Zero(draft.Currency), static (sum, pair) => sum + pair.Second);
    }

    /// <param name="of">The remaining amount before this reduction.</param>
    private static InvoiceLine LineOf(Redemption redemption, MoneyAmount taken, MoneyAmount of, SubscriptionStep step)
    {
        var reduction = redemption.Reduction;
        return new()
        {
            Kind = InvoiceLineKind.Discount,
            Description = reduction.Rate is { } percent ? $"{reduction.Name} (−{percent})" : reduction.Name,
            Quantity = Quantity.One,
            Amount = -taken,
            Period = step.Span,
            Steps = [reduction.Rate is { } rate
                ? $"{rate} of {of}"
                : $"{reduction.Amount}{(redemption is { Left: null, TakenInPeriod: null } ? "" : " left,")} off {of}"],
            Redemption = redemption.Sequence,
        };
    }
}
