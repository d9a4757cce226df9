using Npgsql;
using NpgsqlTypes;
using Tollgate.Core.Invoicing;
using Tollgate.Core.Money;
using Tollgate.Core.Subscriptions;
using Tollgate.Core.Time;
using Tollgate.Engine.Customers;
using Tollgate.Engine.Postgres;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Invoicing;

/// <summary>A coupon as the database stores it.</summary>
public sealed record CouponRow(Coupon Coupon, int Redemptions, bool IsActive, Instant CreatedAt)
{
    /// <summary>Reads the columns of <c>CouponSql.Columns</c>, in their order.</summary>
    internal static CouponRow Read(NpgsqlDataReader reader) => new(
        CouponText.Read(reader.GetString(0), reader.GetString(1)), reader.GetInt32(2), reader.GetBoolean(3),
        Instant.FromUtc(reader.GetDateTime(4)));
}

/// <summary>A coupon that a subscription has redeemed.</summary>
public sealed record RedeemedCoupon(Redemption Redemption, Instant RedeemedAt)
{
    public Coupon Coupon => Redemption.Coupon!;
}

/// <summary>The redemption of a coupon.</summary>
/// <param name="IsFirst">True if the customer never had another subscription.</param>
/// <param name="AtStart">True if the subscription begins with it, perhaps in the past; the coupon is checked as of today.</param>
internal readonly record struct RedemptionOrder(Subscription Subscription, bool IsFirst, bool AtStart, Instant Now);

/// <summary>Creates, reads, ends and redeems a project's coupons.</summary>
public sealed class CouponQueries(NpgsqlDataSource database)
{
    /// <returns>False: the code exists.</returns>
    public async Task<bool> CreateAsync(ProjectSnapshot project, Coupon coupon, Instant now, CancellationToken cancel)
    {
        await using var command = database.Command(CouponSql.Insert, project.Id, coupon.Code, CouponText.Write(coupon), now.ToUtc());
        return await command.ExecuteScalarAsync(cancel) is not null;
    }

    public async Task<CouponRow?> FindAsync(ProjectSnapshot project, string code, CancellationToken cancel)
    {
        await using var command = database.Command(CouponSql.Find, project.Id, code);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        return await reader.ReadAsync(cancel) ? CouponRow.Read(reader) : null;
    }

    public async Task<IReadOnlyList<CouponRow>> ListAsync(ProjectSnapshot project, int limit, string? after, CancellationToken cancel)
    {
        await using var command = database.Command(CouponSql.List, project.Id, after ?? "", limit);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var rows = new List<CouponRow>();
        while (await reader.ReadAsync(cancel))
        {
            rows.Add(CouponRow.Read(reader));
        }

        return rows;
    }

    /// <summary>Returns the codes of the newest coupons that can be redeemed.</summary>
    public async Task<IReadOnlyList<string>> CodesAsync(ProjectSnapshot project, int most, CancellationToken cancel)
    {
        await using var command = database.Command(CouponSql.Codes, project.Id, most);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var codes = new List<string>();
        while (await reader.ReadAsync(cancel))
        {
            codes.Add(reader.GetString(0));
        }

        return codes;
    }

    /// <summary>Ends a coupon: nobody can redeem it any more, but earlier redemptions stay. False: there is none.</summary>
    public async Task<bool> EndAsync(ProjectSnapshot project, string code, CancellationToken cancel)
    {
        await using var command = database.Command(CouponSql.End, project.Id, code);
        return await command.ExecuteNonQueryAsync(cancel) > 0;
    }

    /// <summary>Returns all coupons that a subscription has redeemed, in that order, including spent and ended ones.</summary>
    public async Task<IReadOnlyList<RedeemedCoupon>> OfSubscriptionAsync(
        short partition, int account, Guid subscription, CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);
        return await OfSubscriptionAsync(connection, partition, account, subscription, cancel);
    }

    /// <summary>Returns the coupons that were redeemed by <paramref name="at"/> and had not ended before it.</summary>
    public async Task<IReadOnlyList<RedeemedCoupon>> OfSubscriptionAsync(
        short partition, int account, Guid subscription, Instant at, CancellationToken cancel) =>
        [.. (await OfSubscriptionAsync(partition, account, subscription, cancel)).Where(one => one.RedeemedAt <= at
            && !(one.Redemption.EndsAt <= at))];

    internal static async Task<IReadOnlyList<RedeemedCoupon>> OfSubscriptionAsync(
        NpgsqlConnection connection, short partition, int account, Guid subscription, CancellationToken cancel)
    {
        await using var command = connection.Command(RedemptionSql.OfSubscription, partition, account, subscription);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var coupons = new List<RedeemedCoupon>();
        while (await reader.ReadAsync(cancel))
        {
            var redemption = new Redemption(
                reader.GetInt64(7),
                CouponText.Read(reader.GetString(0), reader.GetString(1)),
                reader.IsDBNull(3) ? null : Instant.FromUtc(reader.GetDateTime(3)),
                reader.GetInt32(4),
                reader.IsDBNull(6) ? null : new MoneyAmount(reader.GetInt64(6), Currency.Of(reader.GetString(5))));
            coupons.Add(new(redemption, Instant.FromUtc(reader.GetDateTime(2))));
        }

        return coupons;
    }

    /// <summary>
    /// Locks a coupon until the transaction ends, so that nobody else redeems it. Lock it before a preview within the transaction, whose
    /// rollback would release it: the payment that is written after the preview counts towards the coupon's limit.
    /// </summary>
    internal static async Task HoldAsync(CustomerChange change, ProjectSnapshot project, string? code, CancellationToken cancel)
    {
        if (code is not null)
        {
            await change.ScalarAsync(CouponSql.FindAndLock, cancel, project.Id, code);
        }
    }

    /// <summary>Redeems a coupon for a subscription, in the customer's transaction.</summary>
    /// <param name="order">The redemption.</param>
    /// <returns>Null: it is redeemed. Otherwise the reason why not, for the caller.</returns>
    internal static async Task<string?> RedeemAsync(
        CustomerChange change, ProjectSnapshot project, string code, RedemptionOrder order, CancellationToken cancel)
    {
        CouponRow? row;
        await using (var command = change.Command(CouponSql.FindAndLock, project.Id, code))
        await using (var reader = await command.ExecuteReaderAsync(cancel))
        {
            row = await reader.ReadAsync(cancel) ? CouponRow.Read(reader) : null;
        }

        var (subscription, now) = (order.Subscription, order.Now);
        var claims = row is { Coupon.MaxRedemptions: not null }
            ? (int)(long)(await change.ScalarAsync(CouponSql.CountClaims, cancel, project.Id, code))!
            : 0;
        var had = order.AtStart
            ? []
            : await OfSubscriptionAsync(change.Connection, change.Row.Partition, change.Row.Account, subscription.Id, cancel);
        var verdict = row is null
            ? CouponVerdict.Unknown
            : CouponRules.Judge(
                row.Coupon, row.IsActive, row.Redemptions + claims, subscription.Terms.Plan.Code, subscription.Terms.Currency,
                order.IsFirst,
                [.. had.Select(static one => one.Coupon.Code)], now);
        if (verdict != CouponVerdict.Redeemable)
        {
            return verdict == CouponVerdict.UsedUp && row!.Redemptions < row.Coupon.MaxRedemptions
                ? $"A pending payment uses the last redemption of coupon '{code}'. The redemption is free again if the payment fails."
                : Explain(verdict, code);
        }

        var ends = order.AtStart || subscription.Status == SubscriptionStatus.Trialing
            ? CouponRules.EndOf(row!.Coupon, subscription.TrialEnd ?? subscription.StartedAt, project.Zone)
            : CouponRules.EndOf(row!.Coupon, subscription.Anchor, now, project.Zone);
        var carried = row.Coupon.CarryOver ? row.Coupon.AmountOff : null;
        await change.ExecuteAsync(CouponSql.CountRedemption, cancel, project.Id, code);
        await change.ExecuteAsync(
            RedemptionSql.InsertCoupon, cancel, change.Row.Partition, change.Row.Account, subscription.Id, project.Id, code, order.AtStart,
            now.ToUtc(),
            SqlCommands.OrNull(ends?.ToUtc(), NpgsqlDbType.TimestampTz), SqlCommands.OrNull(carried?.Currency.Code, NpgsqlDbType.Text),
            SqlCommands.OrNull(carried?.Minor, NpgsqlDbType.Bigint));
        return null;
    }

    /// <summary>Ends a coupon of a subscription, in the customer's transaction. False: it had already ended.</summary>
    internal static async Task<bool> EndAsync(
        CustomerChange change, Guid subscription, string code, Instant now, CancellationToken cancel) =>
        await change.ExecuteAsync(RedemptionSql.End, cancel, change.Row.Partition, change.Row.Account, subscription, code, now.ToUtc()) > 0;

    private static string Explain(CouponVerdict verdict, string code) => verdict switch
    {
        CouponVerdict.Unknown => $"There is no coupon '{code}'.",
        CouponVerdict.Ended => $"Coupon '{code}' was ended.",
        CouponVerdict.Expired => $"Coupon '{code}' has expired.",
        CouponVerdict.UsedUp => $"Coupon '{code}' has reached its number of redemptions.",
        CouponVerdict.NotForPlan => $"Coupon '{code}' is not for this plan.",
        CouponVerdict.NotFirstTime => $"Coupon '{code}' is for a customer's first subscription.",
        CouponVerdict.Redeemed => $"The subscription has already redeemed coupon '{code}'.",
        CouponVerdict.TooMany => $"The subscription has redeemed {CouponRules.MostOfSubscription} coupons; no more are possible.",
        _ => $"Coupon '{code}' is in another currency.",
    };
}
