using System.Net;
using System.Net.Sockets;
using Tollgate.Server.Outbound;

namespace Tollgate.Server.Tests.Outbound;

/// <summary>Names of tenants whose servers answer late, or never.</summary>
public sealed class NameLookupsTests : IDisposable
{
    private static readonly IPAddress[] Found = [IPAddress.Parse("93.184.216.34")];

    private readonly ManualResetEventSlim _slowAnswer = new();
    private readonly NameLookups _names;
    private int _asked;

    public NameLookupsTests() => _names = new(Ask);

    public void Dispose() => _slowAnswer.Set();

    private IPAddress[] Ask(string host)
    {
        Interlocked.Increment(ref _asked);
        if (host.Contains("slow", StringComparison.Ordinal))
        {
            _slowAnswer.Wait(TimeSpan.FromSeconds(30));
        }

        return host.StartsWith("no.", StringComparison.Ordinal) ? throw new SocketException((int)SocketError.HostNotFound) : Found;
    }

    private Task<IPAddress[]> ResolveAsync(string host, int project = 1) =>
        _names.ResolveAsync(project, host, TestContext.Current.CancellationToken);

    [Fact]
    public async Task A_domain_that_answers_late_holds_up_no_other()
    {
        var slow = Enumerable.Range(0, 20).Select(i => ResolveAsync($"r{i}.slow.example")).ToList();
        for (var i = 0; i < 20; i++)
        {
            (await ResolveAsync($"api{i}.quick.example")).ShouldBe(Found);
        }

        _asked.ShouldBeLessThanOrEqualTo(22, "two threads are for one domain");
        foreach (var one in slow)
        {
            (await Should.ThrowAsync<SocketException>(() => one)).SocketErrorCode.ShouldBe(SocketError.TryAgain);
        }
    }

    [Fact]
    public async Task Many_domains_that_answer_late_leave_the_known_names_their_threads()
    {
        await ResolveAsync("api.openai.com");
        var slow = Enumerable.Range(0, 100).Select(i => ResolveAsync($"x.slow{i}.example", i)).ToList();
        (await ResolveAsync("API.openai.com.")).ShouldBe(Found);
        slow.ShouldAllBe(static one => !one.IsCompleted);
        _slowAnswer.Set();
        await Task.WhenAll(slow);
    }

    [Fact]
    public async Task A_project_that_writes_names_of_many_slow_domains_leaves_the_others_their_threads()
    {
        _ = Enumerable.Range(0, 60).Select(i => ResolveAsync($"x.slow{i}.example", project: 1)).ToList();
        (await ResolveAsync("new.example", project: 2)).ShouldBe(Found);

        // Even if the slow project asked for the same name first.
        _ = ResolveAsync("both.example", project: 1);
        (await ResolveAsync("both.example", project: 2)).ShouldBe(Found);
        _asked.ShouldBe(6, "four threads are for one project");
    }

    [Fact]
    public async Task Names_that_answered_once_and_then_no_more_leave_the_others_their_threads()
    {
        _slowAnswer.Set();
        foreach (var i in Enumerable.Range(0, 20))
        {
            await ResolveAsync($"x.slow{i}.example", project: 1);
        }

        _slowAnswer.Reset();
        _ = Enumerable.Range(0, 20).Select(i => ResolveAsync($"x.slow{i}.example", project: 1)).ToList();
        (await ResolveAsync("new.example", project: 2)).ShouldBe(Found);
    }

    [Fact]
    public async Task A_project_that_fills_its_part_of_the_queue_leaves_the_rest_to_the_others()
    {
        var slow = Enumerable.Range(0, 600).Select(i => ResolveAsync($"x.slow{i}.example", project: 1)).ToList();
        slow.Count(static one => one.IsFaulted).ShouldBe(600 - 64 - 4);
        (await ResolveAsync("new.example", project: 2)).ShouldBe(Found);
    }

    [Fact]
    public async Task Beyond_the_queue_a_name_is_refused_at_once()
    {
        var slow = Enumerable.Range(0, 600).Select(i => ResolveAsync($"x.slow{i}.example", i)).ToList();
        (await Should.ThrowAsync<SocketException>(() => ResolveAsync("new.example"))).SocketErrorCode.ShouldBe(SocketError.TryAgain);
        slow.Count(static one => one.IsFaulted).ShouldBeInRange(60, 70);
    }

    [Fact]
    public async Task A_name_that_leads_nowhere_is_not_asked_for_again_and_two_who_ask_at_once_ask_once()
    {
        await Should.ThrowAsync<SocketException>(() => ResolveAsync("no.example"));
        await Should.ThrowAsync<SocketException>(() => ResolveAsync("no.example"));
        _asked.ShouldBe(1);
        var (first, second) = (ResolveAsync("one.slow.example"), ResolveAsync("one.slow.example"));
        _slowAnswer.Set();
        (await first).ShouldBe(await second);
        _asked.ShouldBe(2);
    }
}
