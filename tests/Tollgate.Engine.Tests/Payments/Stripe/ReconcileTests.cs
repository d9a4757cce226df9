using Tollgate.Core.Payments.Stripe;
using Tollgate.Core.Time;
using Tollgate.Engine.Payments.Stripe;
using Tollgate.Testing;

namespace Tollgate.Engine.Tests.Payments.Stripe;

/// <summary>A comparison that was cut reports it.</summary>
public sealed class ReconcileTests(TestPostgres postgres)
{
    [Fact]
    public async Task An_incomplete_comparison_says_so()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        await using var rig = await StripeRig.StartAsync(database);
        for (var i = 0; i < 101; i++)
        {
            await rig.Accounts.Client.PostAsync(
                rig.Account.Secret, "/v1/payment_intents", new StripeForm().Set("amount", 100).Set("currency", "usd"), null,
                CancellationToken.None);
        }

        (await RunAsync(1)).ShouldBe((false, 0));
        (await RunAsync(2)).ShouldBe((true, 0));

        async Task<(bool Complete, int Drifts)> RunAsync(int pages)
        {
            var reconcile = new ReconcileStripe(
                database.Source, rig.Accounts, rig.Mirror, new(rig.Accounts, rig.Mirror), rig.Queries, rig.Apply.RunAsync)
                {
                    MostPages = pages,
                };
            var report = (await reconcile.RunAsync(rig.Project, Instant.FromUnixSeconds(0), repair: true, CancellationToken.None))!;
            return (report.Complete, report.Drifts.Count);
        }
    }
}
