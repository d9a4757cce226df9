using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using Microsoft.Extensions.Logging.Abstractions;
using Tollgate.Core.Payments;
using Tollgate.Engine.Gateway;
using Tollgate.Engine.Jobs;
using Tollgate.Engine.Mail;
using Tollgate.Engine.Payments;
using Tollgate.Engine.Projects;
using Tollgate.Engine.Tests.Ledger;
using Tollgate.Engine.Tests.Payments.Stripe;
using Tollgate.Testing;

namespace Tollgate.Engine.Tests.Clocks;

/// <summary>A project with much background work, and one with little that arrived later.</summary>
public sealed class ProjectTurnsTests(TestPostgres postgres) : IAsyncLifetime
{
    private const int Much = 60;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private TestDatabase? _database;

    private TestDatabase Database => _database!;

    public async ValueTask InitializeAsync() => _database = await postgres.CreateDatabaseAsync();

    public async ValueTask DisposeAsync() => await Database.DisposeAsync();

    [Fact]
    public async Task The_inbox_reads_a_few_events_of_each_project()
    {
        await using var rig = await StripeRig.StartAsync(Database);
        var (large, small) = (rig.Project.Id, await SmallAsync());
        await FillAsync(
            "INSERT INTO provider_events (project_id, provider, id, type, body, due_at) VALUES ($1, 'stripe', $2, 't', 'sealed', "
                + "now() - make_interval(secs => $3))",
            large, small);
        (await rig.Inbox.RunAsync(CancellationToken.None)).ShouldBeLessThan(Much);
        (await CountAsync("provider_events WHERE attempts > 0", small)).ShouldBe(1);
        (await CountAsync("provider_events WHERE attempts > 0", large)).ShouldBe(8);
    }

    [Fact]
    public async Task A_provider_that_does_not_answer_delays_no_other_projects_events()
    {
        await using var rig = await StripeRig.StartAsync(Database);
        var (silent, other) = (rig.Project.Id, await SmallAsync());
        await rig.RefreshAsync();
        using var inbox = rig.InboxWith(SilentProvider.To(silent));
        const string Store = "INSERT INTO provider_events (project_id, provider, id, type, body) VALUES ($1, 'stripe', $2, 't', 'sealed')";
        for (var number = 0; number < Much; number++)
        {
            await Database.ExecuteAsync(Store, silent, $"silent{number}");
        }

        await inbox.StartAsync(TestContext.Current.CancellationToken);
        await Eventually.UntilAsync(async () => await CountAsync("provider_events WHERE attempts > 0", silent) > 0);
        for (var number = 0; number < Much; number++)
        {
            await Database.ExecuteAsync(Store, other, $"other{number}");
        }

        await Eventually.UntilAsync(async () => await CountAsync("provider_events WHERE state = 'ignored'", other) == Much);
        (await CountAsync("provider_events WHERE attempts > 0", silent)).ShouldBe(8, "its share");
        await inbox.StopAsync(TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Mails_of_each_project_are_taken_in_turn()
    {
        await using var rig = await LedgerRig.StartAsync(Database, StripeRig.Shop);
        var (large, small) = (rig.Project.Id, await SmallAsync());
        await FillAsync(
            "INSERT INTO mails (project_id, customer, type, cause, data, at, due_at) VALUES ($1, 'c', 'receipt', $2, '{}', now(), "
                + "now() - make_interval(secs => $3))",
            large, small);
        var (mails, _) = await new MailQueue(Database.Source).ClaimAsync(10, 8, [], ofReports: false, CancellationToken.None);
        mails.Select(static mail => mail.Project).CountBy(static project => project).OrderBy(static one => one.Value)
            .ShouldBe([new(small, 1), new(large, 8)]);
        mails.Where(mail => mail.Project == large).Select(static mail => mail.Number).ShouldBe([1, 2, 3, 4, 5, 6, 7, 8]);
        (await new MailQueue(Database.Source).ClaimAsync(10, 8, [large], ofReports: false, CancellationToken.None)).Mails
            .ShouldBeEmpty("its mails wait");
    }

    [Fact]
    public async Task With_more_projects_than_places_none_waits_for_ever()
    {
        await using var rig = await LedgerRig.StartAsync(Database, StripeRig.Shop);
        var (large, small) = (rig.Project.Id, await SmallAsync());
        await FillAsync(
            "INSERT INTO mails (project_id, customer, type, cause, data, at, due_at) VALUES ($1, 'c', 'receipt', $2, '{}', now(), "
                + "now() - make_interval(secs => $3))",
            large, small);
        var queue = new MailQueue(Database.Source);
        var looks = 0;
        while ((await queue.ClaimAsync(1, 8, [], ofReports: false, CancellationToken.None)).Mails.Single().Project != small)
        {
            (++looks).ShouldBeLessThan(Much - 1, "By chance once in 10^17.");
        }
    }

    [Fact]
    public async Task Jobs_at_providers_are_taken_of_one_project()
    {
        await using var rig = await LedgerRig.StartAsync(Database, StripeRig.Shop);
        var (large, small) = (rig.Project.Id, await SmallAsync());
        await FillAsync(
            "INSERT INTO gateway_jobs (project_id, provider, id, customer, model, endpoint, holds, started_at, next_look_at) VALUES ($1, "
                + "'openai', $2, 'c', 'm', 'e', '{}', now(), now() - make_interval(secs => $3))",
            large, small);
        var jobs = new GatewayJobs(Database.Source);
        (await jobs.ProjectsAsync(CancellationToken.None)).Order().ShouldBe([large, small]);
        (await jobs.TakeDueAsync(rig.Project with { Id = small }, 4, CancellationToken.None)).Count.ShouldBe(1);
        (await jobs.TakeDueAsync(rig.Project, 4, CancellationToken.None)).Count.ShouldBe(4);
        (await jobs.ProjectsAsync(CancellationToken.None)).ShouldBe([large]);
    }

    [Fact]
    public async Task A_project_whose_page_hangs_keeps_its_own_place_and_no_others()
    {
        await using var rig = await LedgerRig.StartAsync(Database, StripeRig.Shop);
        var (hangs, others) = (new TaskCompletionSource(), new TaskCompletionSource());
        var (large, small) = (rig.Project, rig.Project with { Id = await SmallAsync(), Code = "small" });
        using var loop = new Pages(2, rig.Parked, [large, small], async project =>
        {
            if (project == large)
            {
                await hangs.Task;
            }
            else
            {
                others.TrySetResult();
            }

            return false;
        });
        await loop.StartAsync(TestContext.Current.CancellationToken);
        await others.Task.WaitAsync(Patience);
        hangs.SetResult();
        await loop.StopAsync(TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task A_project_with_more_pages_stands_in_line_again_for_each()
    {
        await using var rig = await LedgerRig.StartAsync(Database, StripeRig.Shop);
        var (large, small) = (rig.Project, rig.Project with { Id = await SmallAsync(), Code = "small" });
        var (seen, done) = (new List<string>(), new TaskCompletionSource());
        using var loop = new Pages(1, rig.Parked, [large, small], async project =>
        {
            seen.Add(project.Code);
            if (seen.Count == 4)
            {
                done.TrySetResult();
            }

            // Long enough for the other project to stand in line.
            await Task.Delay(100);
            return project == large && seen.Count < 4;
        });
        await loop.StartAsync(TestContext.Current.CancellationToken);
        await done.Task.WaitAsync(Patience);
        await loop.StopAsync(TestContext.Current.CancellationToken);
        seen.Take(4).ShouldBe(["shop", "small", "shop", "shop"]);
    }

    [Fact]
    public async Task A_faulty_project_is_parked_and_no_other()
    {
        await using var rig = await LedgerRig.StartAsync(Database, StripeRig.Shop);
        var (large, small) = (rig.Project, rig.Project with { Id = await SmallAsync(), Code = "small" });
        var pages = 0;
        var done = new TaskCompletionSource();
        using var loop = new Pages(1, rig.Parked, [large, small], project =>
        {
            if (project == small && ++pages == 3)
            {
                done.TrySetResult();
            }

            return project == large ? throw new InvalidOperationException("A bug.") : Task.FromResult(pages < 3);
        });
        await loop.StartAsync(TestContext.Current.CancellationToken);
        await done.Task.WaitAsync(Patience);
        await loop.StopAsync(TestContext.Current.CancellationToken);
        rig.Parked.Waits(WorkNames.Collections, large).ShouldBeTrue();
        rig.Parked.Waits(WorkNames.Collections, small).ShouldBeFalse();
    }

    private async Task<int> SmallAsync() =>
        await Database.ScalarAsync<int>("INSERT INTO projects (code, name, mode) VALUES ('small', 'Small', 'live') RETURNING id");

    /// <summary>Inserts much work of one project, all of it due for longer than the one item of the other.</summary>
    /// <param name="sql">$1 project, $2 id, $3 seconds ago.</param>
    private async Task FillAsync(string sql, int large, int small)
    {
        foreach (var number in Enumerable.Range(0, Much))
        {
            await Database.ExecuteAsync(sql, large, $"l{number}", 1000.0 - number);
        }

        await Database.ExecuteAsync(sql, small, "s", 1.0);
    }

    private Task<long> CountAsync(string what, int project) =>
        Database.ScalarAsync<long>($"SELECT count(*) FROM {what} AND project_id = $1", project);

    /// <summary>A provider that never answers about the events of one project, and knows no event of the others.</summary>
    [SuppressMessage("Performance", "CA1852:Seal internal types", Justification = "DispatchProxy derives from it.")]
    private class SilentProvider : DispatchProxy
    {
        private int _project;

        public static IPaymentProvider To(int project)
        {
            var provider = Create<IPaymentProvider, SilentProvider>();
            ((SilentProvider)(object)provider)._project = project;
            return provider;
        }

        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) => targetMethod!.Name switch
        {
            "get_Name" => PaymentProvider.Stripe,
            "get_Capabilities" => new ProviderCapabilities(),
            nameof(IPaymentProvider.ParseAsync) => AnswerAsync((ProjectSnapshot)args![0]!, (CancellationToken)args[2]!),
            var other => throw new NotSupportedException(other),
        };

        private async Task<ParsedEvent> AnswerAsync(ProjectSnapshot project, CancellationToken cancel)
        {
            await Task.Delay(project.Id == _project ? Timeout.InfiniteTimeSpan : TimeSpan.Zero, cancel);
            return ParsedEvent.Nothing;
        }
    }

    private sealed class Pages(
        int mostAtOnce, ParkedWork parked, IReadOnlyList<ProjectSnapshot> projects, Func<ProjectSnapshot, Task<bool>> page)
        : ProjectLoop(WorkNames.Collections, mostAtOnce, TimeSpan.FromMilliseconds(20), "Pages were put off", parked, NullLogger.Instance)
    {
        private bool _looked;

        protected override Task<IReadOnlyList<ProjectSnapshot>> FindAsync(CancellationToken cancel)
        {
            var found = _looked ? [] : projects;
            _looked = true;
            return Task.FromResult(found);
        }

        protected override Task<bool> PageAsync(ProjectSnapshot project, CancellationToken cancel) => page(project);
    }
}
