using Tollgate.Engine.Postgres;
using Tollgate.Server.Hosting;
using Tollgate.Testing;

namespace Tollgate.Server.Tests.Hosting;

/// <summary>The distribution of a process's files at the start.</summary>
public sealed class SocketBudgetTests
{
    private const int Lanes = 2;

    private static readonly long Reserve = SocketBudget.Reserve(new DatabaseOptions().PoolSize, Lanes);

    /// <summary>Files, settings for clients and upstreams (0: none), and the shares of clients, one address and upstreams.</summary>
    [Theory]
    [InlineData(1_048_576, 0, 0, 10_000, 1_000, 10_000)]
    [InlineData(20_000, 0, 0, 9_580, 958, 9_580)]
    [InlineData(4_096, 0, 0, 1_628, 162, 1_628)]
    [InlineData(1_024, 0, 0, 92, 64, 92)]
    [InlineData(4_096, 3_000, 0, 3_000, 300, 256)]
    [InlineData(4_096, 0, 1_000, 2_256, 225, 1_000)]
    [InlineData(4_096, 2_000, 1_256, 2_000, 200, 1_256)]
    [InlineData(860, 0, 0, 10, 10, 10)]
    public void An_omitted_limit_is_what_the_file_limit_leaves(
        int files, int clients, int upstreams, int getClients, int getShare, int getUpstreams)
    {
        Reserve.ShouldBe(840);
        var (budget, faults) = Read(files, clients, upstreams);
        faults.ShouldBeEmpty();
        budget.ShouldBe(new SocketBudget(getClients, getShare, getUpstreams));
    }

    [Theory]
    [InlineData(4_096, 10_000, 0, "10000")]
    [InlineData(4_096, 3_000, 257, "3000")]
    [InlineData(4_096, 0, 4_000, "4000")]
    [InlineData(859, 0, 0, "859")]
    [InlineData(512, 0, 0, "512")]
    public void A_limit_above_the_file_limit_is_refused_with_both_numbers_and_the_variables(
        int files, int clients, int upstreams, string seen)
    {
        var (_, faults) = Read(files, clients, upstreams);
        var fault = faults.ShouldHaveSingleItem();
        foreach (var part in new[]
        {
            seen, files.ToString(System.Globalization.CultureInfo.InvariantCulture), "TOLLGATE_MAX_CONNECTIONS",
            "TOLLGATE_UPSTREAM_CONNECTIONS", "ulimit -n", "LimitNOFILE",
        })
        {
            fault.ShouldContain(part);
        }
    }

    /// <summary>The set number of calls, sockets to upstreams, and the calls of one project.</summary>
    [Theory]
    [InlineData(1_000, 10_000, 1_000)]
    [InlineData(1_000, 92, 30)]
    [InlineData(1_000, 2, 1)]
    [InlineData(8, 10_000, 8)]
    [InlineData(100_000, 9_000, 3_000)]
    public void A_project_has_a_third_of_the_sockets_to_upstreams(long wanted, long upstreams, int calls) =>
        SocketBudget.CallsOf(wanted, upstreams).ShouldBe(calls);

    [Fact]
    public void The_limit_of_this_process_can_be_read() => FileLimit.Read().ShouldNotBeNull().ShouldBeGreaterThan(100);

    [Fact]
    public async Task A_server_that_was_told_more_than_its_files_allow_does_not_start()
    {
        using var folder = TestFolder.Create();
        var lines = new System.Collections.Concurrent.ConcurrentQueue<string>();
        var process = await ServerProcess.StartAsync(
            ["up", "--data", folder.Combine("data")],
            new Dictionary<string, string> { ["TOLLGATE_MAX_CONNECTIONS"] = "10000", ["TOLLGATE_PORT"] = "none" }, lines.Enqueue,
            fileLimit: 4_096);
        (await process.Ended.WaitAsync(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken)).ShouldBe(2);
        var said = string.Join('\n', lines);
        said.ShouldContain("TOLLGATE_MAX_CONNECTIONS (10000)");
        said.ShouldContain("4096 files");
        said.ShouldContain("TOLLGATE_PORT");
    }

    private static (SocketBudget Budget, List<string> Faults) Read(int files, int clients, int upstreams)
    {
        var environment = new Dictionary<string, string>();
        foreach (var (name, value) in new[] { ("TOLLGATE_MAX_CONNECTIONS", clients), ("TOLLGATE_UPSTREAM_CONNECTIONS", upstreams) })
        {
            if (value > 0)
            {
                environment[name] = value.ToString(System.Globalization.CultureInfo.InvariantCulture);
            }
        }

        var faults = new List<string>();
        return (SocketBudget.Read(environment.GetValueOrDefault, files, new DatabaseOptions(), Lanes, faults), faults);
    }
}
