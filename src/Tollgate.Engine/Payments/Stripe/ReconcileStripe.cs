using System.Text.Json;
using Npgsql;
using NpgsqlTypes;
using Tollgate.Core.Catalog;
using Tollgate.Core.Payments;
using Tollgate.Core.Payments.Stripe;
using Tollgate.Core.Time;
using Tollgate.Engine.Postgres;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Payments.Stripe;

/// <param name="Repaired">True if Tollgate applied Stripe's state.</param>
/// <param name="UnresolvedReason">The reason why it could not, for operators.</param>
public sealed record ReconciledDrift(StripeDrift Drift, bool Repaired = false, string? UnresolvedReason = null);

/// <param name="Complete">False: there were more objects than one run reads; unlisted ones may differ.</param>
public sealed record ReconcileReport(Instant Since, bool Complete, IReadOnlyList<ReconciledDrift> Drifts);

/// <summary>
/// Compares the records of Tollgate and Stripe: 1. the subscriptions that Stripe manages; 2. their paid invoices; 3. the payments that
/// Tollgate requested, and their refunds. It reports each difference once. With repair, it applies Stripe's state where Stripe decides, by
/// the same updates as events bring, which change nothing if already applied.
/// </summary>
public sealed class ReconcileStripe(
    NpgsqlDataSource database, StripeAccounts accounts, StripeMirror mirror, StripeEvents events, PaymentQueries payments,
    ApplyUpdate apply)
{
    /// <summary>The most pages of 100, for each list.</summary>
    public int MostPages { get; init; } = 50;

    /// <summary>The most rows of Tollgate.</summary>
    private const int MostRows = 10_000;

    /// <summary>The most objects to request one by one, since no list has them.</summary>
    private const int MostSingle = 200;

    /// <param name="since">The earliest payments, invoices and refunds to compare. Subscriptions are compared whatever their start.</param>
    /// <returns>Null: the project has no keys of Stripe.</returns>
    /// <exception cref="ProviderSilentException">Stripe did not answer. Earlier repairs stay.</exception>
    public async Task<ReconcileReport?> RunAsync(ProjectSnapshot project, Instant since, bool repair, CancellationToken cancel)
    {
        if (accounts.Open(project) is not { } account)
        {
            return null;
        }

        var found = new Findings();
        var managed = await SubscriptionsAsync(account, found, cancel);
        var rows = await PaymentsAsync(project, since, cancel);
        found.IsCut |= rows.Count == MostRows;
        await InvoicesAsync(account, managed, rows, since, found, cancel);
        await IntentsAsync(account, rows, since, found, cancel);
        return new(
            since, !found.IsCut,
            repair ? await RepairAsync(project, found, cancel) : [.. found.All.Select(static one => new ReconciledDrift(one.Drift))]);
    }

    private sealed class Findings
    {
        public List<(StripeDrift Drift, Func<CancellationToken, Task<IReadOnlyList<ProviderUpdate>>>? Updates)> All { get; } = [];

        public bool IsCut { get; set; }

        /// <summary>
        /// Puts differences first: Stripe lists the newest first, and an ended subscription must make room for its successor.
        /// </summary>
        public void Begin(IEnumerable<StripeDrift> drifts, Func<CancellationToken, Task<IReadOnlyList<ProviderUpdate>>> update) =>
            All.InsertRange(0, drifts.Select(drift => (drift, drift.IsTheirs ? update : null)));

        public void Add(StripeDrift? drift, Func<CancellationToken, Task<IReadOnlyList<ProviderUpdate>>>? update)
        {
            if (drift is not null)
            {
                All.Add((drift, drift.IsTheirs ? update : null));
            }
        }
    }

    /// <summary>1. Compares subscriptions in both directions.</summary>
    /// <returns>Stripe's ids of the subscriptions that Tollgate follows, or should follow.</returns>
    private async Task<HashSet<string>> SubscriptionsAsync(StripeAccount account, Findings found, CancellationToken cancel)
    {
        var (project, askedAt) = (account.Project, await accounts.NowAsync(cancel));
        var (seen, followed) = (new HashSet<string>(StringComparer.Ordinal), new HashSet<string>(StringComparer.Ordinal));
        await foreach (var page in PagesAsync(
            account, "/v1/subscriptions", static () => new StripeForm().Set("status", "all"), found, cancel))
        {
            var there = page.Select(StripeSubscription.Read).OfType<StripeSubscription>().ToList();
            seen.UnionWith(there.Select(static one => one.Id));
            var owners = await OwnersAsync(project, there, cancel);
            var here = await ProviderManagedAsync(project, [.. there.Select(static one => ProviderReference.IdOf(one.Id))], cancel);
            foreach (var one in there)
            {
                var ours = here.GetValueOrDefault(one.Id);
                var (update, doubt) = await mirror.ReadAsync(account, one, owners.GetValueOrDefault(one.Customer ?? ""), askedAt, cancel);
                if (doubt is not null && !one.IsOver)
                {
                    found.Add(
                        new("subscription", ours is null ? null : one.Id, one.Id, null, null, one.Status, doubt.Reason, IsTheirs: false),
                        null);
                }

                // Skip a subscription without an update, which belongs to another system, and one unknown here that has ended or was never
                // paid, which gives nothing.
                if (update is null
                    || (ours is null && (update.EndedAt is not null || update.Status == Core.Subscriptions.SubscriptionStatus.Incomplete)))
                {
                    continue;
                }

                followed.Add(one.Id);
                found.Begin(
                    StripeDrifts.OfSubscription(one.Id, ours is null ? null : one.Id, ours, StateOf(update)),
                    _ => Task.FromResult<IReadOnlyList<ProviderUpdate>>([update]));
            }
        }

        var unseen = (await ProviderManagedAsync(project, null, cancel)).Where(one => !seen.Contains(one.Key)).ToList();
        found.IsCut |= unseen.Count > MostSingle;
        foreach (var (reference, ours) in unseen.Take(found.IsCut ? 0 : MostSingle))
        {
            foreach (var drift in StripeDrifts.OfSubscription(reference, reference, ours, null))
            {
                found.Add(drift, null);
            }
        }

        return followed;
    }

    /// <summary>2. Compares Stripe's payments for the subscriptions that it manages.</summary>
    private async Task InvoicesAsync(
        StripeAccount account, HashSet<string> managed, Books rows, Instant since, Findings found, CancellationToken cancel)
    {
        await foreach (var page in PagesAsync(
            account, "/v1/invoices",
            () => new StripeForm().Set("status", "paid").Set("created", new StripeForm().Set("gte", since))
                .Set("expand", ["data.payments"]), found, cancel))
        {
            foreach (var invoice in page.Select(StripeInvoice.Read).OfType<StripeInvoice>())
            {
                var subscription = invoice.Subscription ?? invoice.Metadata.GetValueOrDefault(StripeMirror.SubscriptionField);
                if (subscription is null || !managed.Contains(subscription) || invoice.Paid is not { Minor: > 0 } paid)
                {
                    continue;
                }

                var ours = rows.ByInvoice.GetValueOrDefault(invoice.Id)
                    ?? await ByReferenceAsync(account.Project, [invoice.PaymentIntent, invoice.Id], cancel);
                found.Add(
                    StripeDrifts.OfInvoice(invoice.Id, paid, ours),
                    async token => (await mirror.InvoiceAsync(account, invoice.Id, token)).Updates);
            }
        }
    }

    /// <summary>3. Compares payments in both directions, with their refunds.</summary>
    private async Task IntentsAsync(StripeAccount account, Books rows, Instant since, Findings found, CancellationToken cancel)
    {
        var (compared, project) = (new HashSet<Guid>(), account.Project);
        await foreach (var page in PagesAsync(
            account, "/v1/payment_intents",
            () => new StripeForm().Set("created", new StripeForm().Set("gte", since)).Set("expand", ["data.latest_charge"]), found, cancel))
        {
            foreach (var json in page)
            {
                if (StripePayment.Read(json) is not { } intent
                    || intent.Metadata.GetValueOrDefault(StripePrices.ProjectField, project.Code) != project.Code)
                {
                    continue;
                }

                var named = Guid.TryParse(intent.Metadata.GetValueOrDefault(StripeProvider.PaymentField), out var id) ? id : (Guid?)null;
                var ours =
                    (named is { } key
                        ? rows.ById.GetValueOrDefault(key) ?? (await payments.FindAsync(project, key, cancel))?.Payment
                        : null)
                    ?? rows.ByReference.GetValueOrDefault(intent.Id)
                    ?? (named is null ? await ByReferenceAsync(project, [intent.Id], cancel) : null);
                Compare(account, ours, named is null && ours is null ? null : intent, json, found);
                if (ours is not null)
                {
                    compared.Add(ours.Id);
                }
            }
        }

        // Payments from before the period that changed since, or that Stripe does not have.
        var rest = rows.ById.Values.Where(one => !compared.Contains(one.Id) && one.ProviderInvoice is null
            && one.Reference?.StartsWith("pi_", StringComparison.Ordinal) == true).ToList();
        found.IsCut |= rest.Count > MostSingle;
        foreach (var ours in rest.Take(MostSingle))
        {
            var json = await accounts.FetchAsync(
                account, $"/v1/payment_intents/{Uri.EscapeDataString(ours.Reference!)}", new StripeForm().Set("expand", ["latest_charge"]),
                cancel);
            Compare(account, ours, json is { } there ? StripePayment.Read(there) : null, json, found);
        }
    }

    private void Compare(StripeAccount account, Payment? ours, StripePayment? theirs, JsonElement? json, Findings found)
    {
        // A payment of one of Stripe's own invoices is compared with the invoice.
        if (ours?.ProviderInvoice is null)
        {
            var isUndecided = theirs is not null && theirs.Metadata.ContainsKey(StripeProvider.PageField)
                && theirs.Status is not ("succeeded" or "canceled");
            found.Add(
                StripeDrifts.OfPayment(ours, theirs, isUndecided),
                async token => (await events.PaymentAsync(account, theirs!.Id, token)).Updates);
        }

        if (ours is not null && theirs is not null && json?.Child("latest_charge") is { ValueKind: JsonValueKind.Object } charge
            && StripeCharge.Read(charge)?.Refunded is { } refunded && refunded.Currency == ours.Amount.Currency)
        {
            found.Add(
                StripeDrifts.OfRefunds(ours, theirs.Id, refunded),
                async token => (await events.RefundsAsync(account, theirs.Id, token)).Updates);
        }
    }

    /// <summary>Applies each update once, however many differences it settles.</summary>
    private async Task<IReadOnlyList<ReconciledDrift>> RepairAsync(ProjectSnapshot project, Findings found, CancellationToken cancel)
    {
        var (done, doubts) = (new List<ReconciledDrift>(), new Dictionary<(string, string), Unresolved?>());
        foreach (var (drift, update) in found.All)
        {
            if (update is null)
            {
                done.Add(new(drift));
                continue;
            }

            var which = (drift.Kind, drift.Reference!);
            if (!doubts.TryGetValue(which, out var doubt))
            {
                foreach (var one in await update(cancel))
                {
                    doubt ??= await apply(project, PaymentProvider.Stripe, one, cancel);
                }

                doubts[which] = doubt;
            }

            done.Add(new(drift, doubt is null, doubt?.Reason));
        }

        return done;
    }

    /// <summary>Reads page by page, and remembers if there were more.</summary>
    private async IAsyncEnumerable<IReadOnlyList<JsonElement>> PagesAsync(
        StripeAccount account, string path, Func<StripeForm> query, Findings found,
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancel)
    {
        string? after = null;
        for (var page = 0; page < MostPages; page++)
        {
            var list = await accounts.FetchAsync(account, path, query().Set("limit", 100).Set("starting_after", after), cancel);
            IReadOnlyList<JsonElement> items = [.. list?.Items("data") ?? []];
            yield return items;
            after = items.Count == 0 ? null : items[^1].Text("id");
            if (after is null || list?.Flag("has_more") != true)
            {
                yield break;
            }
        }

        found.IsCut = true;
    }

    private async Task<Payment?> ByReferenceAsync(ProjectSnapshot project, IReadOnlyList<string?> references, CancellationToken cancel)
    {
        foreach (var reference in references.OfType<string>())
        {
            if (await payments.FindByReferenceAsync(project, PaymentProvider.Stripe, reference, cancel) is { } row)
            {
                return row.Payment;
            }
        }

        return null;
    }

    private static ProviderManagedState StateOf(SubscriptionUpdate update) => new(
        CatalogWords.Of(update.EndedAt is null ? update.Status : Core.Subscriptions.SubscriptionStatus.Canceled),
        update.Price?.Plan ?? "none of the catalogue",
        update.Price is { } price ? CatalogWords.Of(price.Interval) : "", update.Price?.Quantity ?? 1, update.Current, update.CancelAt);

    private async Task<IReadOnlyDictionary<string, string>> OwnersAsync(
        ProjectSnapshot project, IReadOnlyList<StripeSubscription> there, CancellationToken cancel)
    {
        var owners = new Dictionary<string, string>();
        await using var command = database.Command(
            ReconcileSql.Owners, project.Id, there.Select(static one => one.Customer).OfType<string>().Distinct().ToArray());
        await using var reader = await command.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
        {
            owners[reader.GetString(0)] = reader.GetString(1);
        }

        return owners;
    }

    /// <param name="ids">Null: all that have not ended.</param>
    private async Task<IReadOnlyDictionary<string, ProviderManagedState>> ProviderManagedAsync(
        ProjectSnapshot project, Guid[]? ids, CancellationToken cancel)
    {
        var states = new Dictionary<string, ProviderManagedState>();
        await using var command = database.Command(
            ReconcileSql.ProviderManaged, project.Id,
            new NpgsqlParameter { NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Uuid, Value = (object?)ids ?? DBNull.Value }, MostRows);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var row = new RowReader(reader);
        while (await reader.ReadAsync(cancel))
        {
            states[row.Text("reference")] = new(
                row.Text("status"), row.Text("plan"), row.Text("interval"), row.Long("quantity"),
                new(row.Time("period_start"), row.Time("period_end")),
                row.TimeOrNull("cancel_at"));
        }

        return states;
    }

    private async Task<Books> PaymentsAsync(ProjectSnapshot project, Instant since, CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);
        var rows = await PaymentQueries.ReadAsync(
            connection, connection.Command(ReconcileSql.Payments, project.Id, since.ToUtc(), MostRows), cancel);
        return new([.. rows.Select(static row => row.Payment)]);
    }

    /// <summary>Tollgate's payments, by each of their names.</summary>
    private sealed class Books(IReadOnlyList<Payment> all)
    {
        public int Count => all.Count;

        public IReadOnlyDictionary<Guid, Payment> ById { get; } = all.ToDictionary(static one => one.Id);

        public IReadOnlyDictionary<string, Payment> ByReference { get; } = By(all, static one => one.Reference);

        public IReadOnlyDictionary<string, Payment> ByInvoice { get; } = By(all, static one => one.ProviderInvoice);

        private static Dictionary<string, Payment> By(IReadOnlyList<Payment> all, Func<Payment, string?> name) =>
            all.Where(one => name(one) is not null).GroupBy(one => name(one)!, StringComparer.Ordinal)
                .ToDictionary(static same => same.Key, static same => same.First(), StringComparer.Ordinal);
    }
}
