using Npgsql;
using Tollgate.Core.Invoicing;
using Tollgate.Core.Subscriptions;
using Tollgate.Core.Time;
using Tollgate.Engine.Customers;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Invoicing;

/// <summary>A coupon as it is stored.</summary>
public sealed record CouponRow(Coupon Coupon, int Redemptions, bool IsActive, Instant CreatedAt)
{
    /// <summary>The columns of <c>CouponSql.Columns</c>, in their order.</summary>
    internal static CouponRow Read(NpgsqlDataReader reader) => new(
        CouponText.Read(reader.GetString(0), reader.GetString(1)), reader.GetInt32(2), reader.GetBoolean(3), Instant.FromUtc(reader.GetDateTime(4)));
}

/// <summary>A project's coupons: made, shown, ended, redeemed.</summary>
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

    /// <summary>It cannot be redeemed any more; who has it keeps it. False: there is none.</summary>
    public async Task<bool> EndAsync(ProjectSnapshot project, string code, CancellationToken cancel)
    {
        await using var command = database.Command(CouponSql.End, project.Id, code);
        return await command.ExecuteNonQueryAsync(cancel) > 0;
    }

    /// <summary>Gives a coupon to the subscription that begins with <paramref name="step"/>, in the customer's transaction.</summary>
    /// <param name="now">When it is redeemed: the subscription may have begun before, and the coupon's expiry is looked at today.</param>
    /// <returns>Null: it has it. Otherwise why not, for people.</returns>
    internal static async Task<string?> RedeemAsync(
        CustomerChange change, ProjectSnapshot project, string code, SubscriptionStep step, bool isFirst, Instant now, CancellationToken cancel)
    {
        CouponRow? row;
        await using (var command = change.Command(CouponSql.FindAndLock, project.Id, code))
        await using (var reader = await command.ExecuteReaderAsync(cancel))
        {
            row = await reader.ReadAsync(cancel) ? CouponRow.Read(reader) : null;
        }

        var (subscription, at) = (step.After, step.At);
        var verdict = row is null
            ? CouponVerdict.Unknown
            : CouponRules.Judge(row.Coupon, row.IsActive, row.Redemptions, subscription.Terms.Plan.Code, subscription.Terms.Currency, isFirst, now);
        if (verdict != CouponVerdict.Redeemable)
        {
            return Explain(verdict, code);
        }

        var ends = CouponRules.EndOf(row!.Coupon, subscription.TrialEnd ?? at, project.Zone);
        await change.ExecuteAsync(CouponSql.CountRedemption, cancel, project.Id, code);
        await change.ExecuteAsync(
            CouponSql.Redeem, cancel, change.Row.Partition, change.Row.Account, subscription.Id, project.Id, code, now.ToUtc(), ends?.ToUtc());
        return null;
    }

    private static string Explain(CouponVerdict verdict, string code) => verdict switch
    {
        CouponVerdict.Unknown => $"There is no coupon '{code}'.",
        CouponVerdict.Ended => $"Coupon '{code}' was ended.",
        CouponVerdict.Expired => $"Coupon '{code}' has expired.",
        CouponVerdict.UsedUp => $"Coupon '{code}' was redeemed as often as it may be.",
        CouponVerdict.NotForPlan => $"Coupon '{code}' is not for this plan.",
        CouponVerdict.NotFirstTime => $"Coupon '{code}' is for a customer's first subscription.",
        _ => $"Coupon '{code}' is in another currency.",
    };
}
