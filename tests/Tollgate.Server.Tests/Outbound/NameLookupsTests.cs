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

    private Task<IPAddress[]> ResolveAsync(string host) => _names.ResolveAsync(host, TestContext.Current.CancellationToken);

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
        var slow = Enumerable.Range(0, 100).Select(i => ResolveAsync($"x.slow{i}.example")).ToList();
        (await ResolveAsync("API.openai.com.")).ShouldBe(Found);
        slow.ShouldAllBe(static one => !one.IsCompleted);
        _slowAnswer.Set();
        await Task.WhenAll(slow);
    }

    [Fact]
    public async Task Beyond_the_queue_a_name_is_refused_at_once()
    {
        var slow = Enumerable.Range(0, 300).Select(i => ResolveAsync($"x.slow{i}.example")).ToList();
        (await Should.ThrowAsync<SocketException>(() => ResolveAsync("new.example"))).SocketErrorCode.ShouldBe(SocketError.TryAgain);
        slow.Count(static one => one.IsFaulted).ShouldBeInRange(30, 50);
        _slowAnswer.Set();
        await Task.WhenAll(slow.Where(static one => !one.IsFaulted));
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
