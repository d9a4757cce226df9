using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Tollgate.Testing;

namespace Tollgate.Server.Tests.Hosting;

/// <summary>PostgreSQL stops or is killed, and the server starts it again.</summary>
public sealed class PostgresRestartTests
{
    private const int Interrupt = 2;
    private const int Kill = 9;

    [Fact]
    public async Task Once_ready_after_a_restart_the_first_operation_of_every_lane_and_every_pooled_connection_succeeds()
    {
        await using var server = await TestServer.StartAsync();
        using var client = server.ClientFor("resume-ats");
        foreach (var (round, signal) in new[] { Interrupt, Kill, Interrupt, Kill }.Index())
        {
            // Every lane and as many pooled connections as there are have served a request before PostgreSQL ends.
            (await AskAllAsync(client, $"before-{round}")).ShouldAllBe(status => status == HttpStatusCode.OK);
            var before = server.PostgresProcessId.ShouldNotBeNull();
            ServerProcess.Signal(before, signal);
            await Eventually.UntilAsync(() => server.PostgresProcessId is { } now && now != before);
            await server.WaitUntilReadyAsync();

            (await AskAllAsync(client, $"after-{round}")).ShouldAllBe(
                status => status == HttpStatusCode.OK, $"Round {round}:\n{server.Log}");
        }
    }

    [Fact]
    public async Task A_killed_backend_of_PostgreSQL_costs_no_caller_an_answer_once_the_server_is_ready()
    {
        await using var server = await TestServer.StartAsync();
        using var client = server.ClientFor("resume-ats");
        (await AskAllAsync(client, "before")).ShouldAllBe(status => status == HttpStatusCode.OK);

        // PostgreSQL then ends all its connections, while the listening process and its start time do not change.
        var backend = await BackendOfAsync(server);
        ServerProcess.Signal(backend, Kill);
        await Eventually.UntilAsync(() => !ServerProcess.IsAlive(backend));
        await server.WaitUntilReadyAsync();

        (await AskAllAsync(client, "after")).ShouldAllBe(status => status == HttpStatusCode.OK, server.Log);
    }

    private static async Task<int> BackendOfAsync(TestServer server)
    {
        var children = await File.ReadAllTextAsync($"/proc/{server.PostgresProcessId}/task/{server.PostgresProcessId}/children");
        return children.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(static id => int.Parse(id, CultureInfo.InvariantCulture))
            .First(static id => File.ReadAllText($"/proc/{id}/cmdline").Contains("tollgate [local]", StringComparison.Ordinal));
    }

    /// <summary>Sixteen customers, who cover every lane, and thirty simultaneous reads, more than the pool has connections.</summary>
    private static async Task<IReadOnlyList<HttpStatusCode>> AskAllAsync(HttpClient client, string id)
    {
        var consumed = Enumerable.Range(0, 16).Select(i => StatusAsync(client.PostAsJsonAsync(
            new Uri("/v1/consume", UriKind.Relative), new { customer = $"{id}-{i}", feature = "ats_scan", id = $"{id}-{i}" },
            JsonSerializerOptions.Web)));
        var read = Enumerable.Range(0, 30).Select(_ => StatusAsync(client.GetAsync(new Uri("/v1/customers?limit=1", UriKind.Relative))));
        return await Task.WhenAll(consumed.Concat(read));
    }

    private static async Task<HttpStatusCode> StatusAsync(Task<HttpResponseMessage> asking)
    {
        using var answer = await asking;
        return answer.StatusCode;
    }
}
