using Microsoft.Extensions.Logging.Abstractions;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Invoicing;
using Tollgate.Engine.Jobs;
using Tollgate.Testing;

namespace Tollgate.Engine.Tests.Jobs;

/// <summary>Rows whose counters of attempts cannot grow, among rows that one statement takes for all projects.</summary>
public sealed class LargestCounterTests(FreshDatabase database) : IClassFixture<FreshDatabase>
{
    [Theory]
    [InlineData(1_100)]
    [InlineData(int.MaxValue)]
    public async Task A_line_that_was_tried_for_years_keeps_no_other_from_its_provider(int tries)
    {
        await database.Database.ExecuteAsync(
            $"""
            DELETE FROM provider_lines;
            INSERT INTO projects (code, name, mode) VALUES ('lines', 'Lines', 'live') ON CONFLICT DO NOTHING;
            INSERT INTO provider_lines (partition, account, id, project_id, subscription, description, currency, amount, period_start,
                                        period_end, created_at, asked_at, tries)
            SELECT 1, n, gen_random_uuid(), p.id, gen_random_uuid(), 'Calls', 'USD', 100, now(), now(), now(), now() - interval '1 day',
                   CASE n WHEN 1 THEN {tries} ELSE 0 END
              FROM projects p, generate_series(1, 3) AS n WHERE p.code = 'lines'
            """);
        var lines = new ProviderLines(database.Database.Source);
        (await lines.TakeUnsentAsync(TimeSpan.FromSeconds(1), 10, CancellationToken.None)).Count.ShouldBe(3);
    }

    [Fact]
    public async Task An_item_that_failed_more_often_than_a_number_counts_is_parked_once_more()
    {
        var parked = new ParkedWork(database.Database.Source, new Clock(), NullLogger<ParkedWork>.Instance);
        await parked.ParkAsync(WorkNames.Mails, null, "often", new InvalidDataException("broken"));
        await database.Database.ExecuteAsync("UPDATE parked_work SET attempts = 2147483647 WHERE subject = 'often'");
        await parked.ParkAsync(WorkNames.Mails, null, "often", new InvalidDataException("broken"));
        parked.Waits(WorkNames.Mails, null, "often").ShouldBeTrue();
    }
}
