using System.Numerics;
using Tollgate.Core.Ledger;
using Tollgate.Core.Quotas;
using Tollgate.Core.Time;

namespace Tollgate.Engine.Ledger;

/// <summary>
/// The sums of a feature's grants that are live between two times, as a batch was decided on them. In units of 10^-9: a decimal would round
/// the sum of a hundred of the largest.
/// </summary>
internal readonly record struct GrantsSeen(
    AccountState Account, int FeatureKey, Instant Since, Instant Until, BigInteger Amount, BigInteger Used, BigInteger Forfeited)
{
    private const decimal PerUnit = 1_000_000_000;

    public static GrantsSeen Of(AccountState account, int featureKey, Instant since, Instant until, IEnumerable<Grant> grants)
    {
        var (amount, used, forfeited) = (BigInteger.Zero, BigInteger.Zero, BigInteger.Zero);
        foreach (var grant in grants)
        {
            amount += (BigInteger)(grant.Amount.Value * PerUnit);
            used += (BigInteger)(grant.Used.Value * PerUnit);
            forfeited += (BigInteger)(grant.Forfeited.Value * PerUnit);
        }

        return new(account, featureKey, since, until, amount, used, forfeited);
    }
}
