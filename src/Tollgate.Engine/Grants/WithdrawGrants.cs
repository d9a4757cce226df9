using Npgsql;
using NpgsqlTypes;
using Tollgate.Core.Customers;
using Tollgate.Core.Grants;
using Tollgate.Core.Ledger;
using Tollgate.Core.Money;
using Tollgate.Core.Quotas;
using Tollgate.Core.Time;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Customers;
using Tollgate.Engine.Ledger;
using Tollgate.Engine.Postgres;
using Tollgate.Engine.Projects;
using Tollgate.Engine.Quotas;

namespace Tollgate.Engine.Grants;

/// <summary>An order to withdraw units: for a refund of a top-up, or a correction.</summary>
/// <param name="Source">Withdraws only from grants of this source; null: from all.</param>
/// <param name="UpTo">True: if less is left, withdraw that. False: then withdraw nothing.</param>
/// <param name="Id">The caller's id, which makes a repeat safe; null: Tollgate generates one.</param>
public sealed record WithdrawalOrder(string Feature, Quantity Amount, GrantSource? Source, bool UpTo, string? Reason, string? Id);

/// <summary>A withdrawal, with the grants that it took from, in burn order.</summary>
public sealed record Withdrawal(
    string Id, string Feature, GrantSource? Source, Quantity Requested, bool UpTo, string? Reason, Instant At,
    IReadOnlyList<(string Grant, Quantity Amount)> Taken)
{
    public Quantity Amount => Taken.Aggregate(Quantity.Zero, static (sum, part) => sum + part.Amount);
}

public enum WithdrawOutcome
{
    Withdrawn,
    Replayed,
    IdReused,
    Refused,
    IsMember,
    Unknown,

    /// <summary>Less is left than the order asks for. Nothing was changed.</summary>
    TooLittle,
}

/// <param name="Left">For <see cref="WithdrawOutcome.TooLittle"/>: the amount that could be withdrawn.</param>
public sealed record WithdrawAnswer(
    WithdrawOutcome Outcome, Withdrawal? Withdrawal, IReadOnlyList<FieldFault> Faults, Quantity Left = default, string? Owner = null);

/// <summary>
/// Withdraws units from the live grants of a feature, in burn order. It never takes burned units or the plan's quota. As
/// after a void, reservations that count on the withdrawn units may still settle.
/// </summary>
public sealed class WithdrawGrants(CustomerChanges changes, QuotaGate gate, Clock clock)
{
    /// <summary>
    /// 1. Lock the customer; 2. answer a repeat with the first result; 3. touch its balances and read the live grants, in the lock order of
    /// the lanes; 4. take the parts and write the fact.
    /// </summary>
    public async Task<WithdrawAnswer> RunAsync(ProjectSnapshot project, string customer, WithdrawalOrder order, CancellationToken cancel)
    {
        var now = clock.Now(project);

        // Opens the periods that have begun, so that rollovers can be withdrawn even if nothing has read the balance since.
        await gate.StandingAsync(project, customer, cancel);
        await using var change = await changes.BeginOnExistingAsync(project, customer, cancel);
        if (change is null)
        {
            return new(WithdrawOutcome.Unknown, null, []);
        }

        if (change.Row.Owner is { } owner)
        {
            return new(WithdrawOutcome.IsMember, null, [], Owner: owner);
        }

        var key = order.Id is { } id ? EventKey.Parse(id, now) : EventKey.Generate(now);
        if (await FindAsync(change, key.Id, cancel) is { } known)
        {
            return new(IsSame(order, known) ? WithdrawOutcome.Replayed : WithdrawOutcome.IdReused, known, []);
        }

        var feature = project.Catalog.Features.GetValueOrDefault(order.Feature);
        var faults = GrantTerms.FaultsOf(
            new(order.Feature, order.Amount, GrantSource.TopUp, null, null, null, order.Id), feature?.Feature, now);
        if (faults.Count > 0)
        {
            return new(WithdrawOutcome.Refused, null, faults);
        }

        await change.TouchAsync(now, cancel);
        var parts = GrantRules.Withdrawn(await LiveAsync(change, feature!.Key, order.Source, now, cancel), order.Amount);
        var taken = parts.Aggregate(Quantity.Zero, static (sum, part) => sum + part.Amount);
        if (taken < order.Amount && !order.UpTo)
        {
            return new(WithdrawOutcome.TooLittle, null, [], taken);
        }

        await TakeAsync(change, order, key, feature.Key, parts, now, cancel);
        var made = await FindAsync(change, key.Id, cancel);
        await change.CommitAsync();
        return new(WithdrawOutcome.Withdrawn, made, []);
    }

    private static async Task TakeAsync(
        CustomerChange change, WithdrawalOrder order, EventKey key, int feature, IReadOnlyList<Burn> parts, Instant now,
        CancellationToken cancel)
    {
        var (grants, amounts) =
            (parts.Select(static part => part.Grant).ToArray(), parts.Select(static part => part.Amount.Value).ToArray());
        await change.ExecuteAsync(GrantSql.Withdraw, cancel, change.Row.Partition, change.Row.Account, grants, amounts, now.ToUtc());
        await change.ExecuteAsync(
            WithdrawalSql.Insert, cancel, change.Row.Partition, change.Row.Account, key.Id, TextOrNull(key.Text), feature,
            TextOrNull(order.Source is { } source ? GrantRow.NameOf(source) : null), order.Amount.Value, order.UpTo, grants, amounts,
            TextOrNull(order.Reason), now.ToUtc());
    }

    private static async Task<IReadOnlyList<Grant>> LiveAsync(
        CustomerChange change, int feature, GrantSource? source, Instant now, CancellationToken cancel)
    {
        await using var command = change.Command(GrantSql.LiveGrants, change.Row.Partition, change.Row.Account, feature, now.ToUtc());
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var live = new List<Grant>();
        var row = new RowReader(reader);
        while (await reader.ReadAsync(cancel))
        {
            live.Add(GrantRow.Read(row).Grant);
        }

        return GrantRules.InBurnOrder([.. live.Where(grant => source is null || grant.Source == source)], now);
    }

    private static async Task<Withdrawal?> FindAsync(CustomerChange change, Guid id, CancellationToken cancel)
    {
        await using var command = change.Command(WithdrawalSql.Find, change.Row.Partition, change.Row.Account, id);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        if (!await reader.ReadAsync(cancel))
        {
            return null;
        }

        var row = new RowReader(reader);
        var (grants, amounts) = (row.Value<string[]>("grants"), row.Value<decimal[]>("amounts"));
        return new(
            row.IsNull("reference") ? id.ToString("D") : row.Text("reference"), row.Text("feature_code"),
            row.IsNull("source") ? null : GrantRow.SourceOf(row.Text("source")),
            Quantity.Of(row.Number("requested")), row.Flag("up_to"), row.TextOrNull("reason"),
            row.Time("at"),
            [.. grants.Zip(amounts, static (grant, amount) => (grant, Quantity.Of(amount)))]);
    }

    private static bool IsSame(WithdrawalOrder order, Withdrawal known) =>
        (order.Feature, order.Amount, order.Source, order.UpTo, order.Reason) == (known.Feature, known.Requested, known.Source, known.UpTo,
            known.Reason);

    private static NpgsqlParameter TextOrNull(string? text) => SqlCommands.OrNull(text, NpgsqlDbType.Text);
}
