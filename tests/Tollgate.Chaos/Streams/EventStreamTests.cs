using System.Diagnostics;
using Tollgate.Chaos.Client;
using Tollgate.Chaos.Servers;

namespace Tollgate.Chaos.Streams;

/// <summary>NDJSON: broken lines, broken connections, and any length at constant memory.</summary>
public sealed class EventStreamTests(ChaosServers servers)
{
    private const int Lines = 50_000;
    private const int Customers = 100;
    private const long MemoryBound = 160L * 1024 * 1024;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    /// <summary>Broken lines, and the code that the caller must get for each.</summary>
    private static readonly (string Line, string Code)[] Broken =
    [
        ("{\"id\": \"x\", ", "malformed_json"),
        ("not json at all", "malformed_json"),
        ("[1, 2, 3]", ""),
        ("{}", "validation_failed"),
        ("{\"id\":\"x1\",\"type\":\"unlimited\"}", "validation_failed"),
        ("{\"id\":\"x2\",\"customer\":\"\",\"type\":\"unlimited\"}", "validation_failed"),
        ("{\"id\":\"x3\",\"customer\":\"c\",\"type\":\"unlimited\",\"quantity\":\"many\"}", "validation_failed"),
        ("{\"id\":\"x4\",\"customer\":\"c\",\"type\":\"unlimited\",\"surprise\":1}", "validation_failed"),
        ("{\"id\":\"x5\",\"customer\":\"c\",\"type\":\"unlimited\",\"occurred_at\":\"2001-01-01T00:00:00Z\"}", "event_too_old"),
        ("{\"id\":\"x6\",\"customer\":\"c\",\"type\":\"unlimited\",\"occurred_at\":\"2199-01-01T00:00:00Z\"}", "event_in_future"),
        ("{\"id\":\"x7\",\"customer\":\"c\",\"type\":\"unlimited\",\"quantity\":1e400}", ""),
        ("{\"id\":\"x8\",\"customer\":\"c\",\"type\":\"unlimited\",\"quantity\":0.0000000001}", "validation_failed"),
        ("\ud800 is half a character", "malformed_json"),
    ];

    [Fact]
    public async Task Broken_lines_are_listed_and_the_others_recorded()
    {
        var chaos = await servers.TwoServersAsync();
        using var project = await chaos.ProjectAsync("stream");
        var random = new Random(Form.Of(rounds: 1).FirstSeed);
        var broken = Enumerable.Range(0, 40).Select(_ => random.Next(Lines)).Distinct()
            .Select((at, number) => (at, fault: Broken[number % Broken.Length])).ToDictionary(pair => pair.at, pair => pair.fault);

        var answer = await SendAsync(
            project,
            new LineContent(Enumerable.Range(0, Lines).Select(at => broken.TryGetValue(at, out var fault) ? fault.Line : Line("s", at))));
        answer.Status.ShouldBe(200, answer.ToString());
        answer.Number("accepted").ShouldBe(Lines - broken.Count);
        answer.Number("replayed").ShouldBe(0);
        var rejected = answer.Member("rejected").EnumerateArray()
            .ToDictionary(one => one.GetProperty("index").GetInt32(), one => one.GetProperty("code").GetString()!);
        rejected.Keys.Order().ShouldBe(broken.Keys.Order(), "every broken line is listed by its index from 0, and no other");
        foreach (var (at, (line, code)) in broken)
        {
            rejected[at].ShouldNotBeNullOrEmpty($"line {at}: {line}");
            if (code.Length > 0)
            {
                rejected[at].ShouldBe(code, $"line {at}: {line}");
            }
        }

        await ShouldHaveUsedAsync(project, at => !broken.ContainsKey(at), Lines);
        await chaos.ShouldVerifyAsync();
    }

    [Fact]
    public async Task A_client_that_disconnects_in_the_middle_can_send_everything_again()
    {
        var chaos = await servers.TwoServersAsync();
        using var project = await chaos.ProjectAsync("stream");
        const int All = 12_000;
        foreach (var breakAfter in (int[])[1, 700, 5_000])
        {
            var cut = await SendAsync(project, new LineContent(Enumerable.Range(0, All).Select(at => Line("d", at)), breakAfter));
            cut.Fate.ShouldBeOneOf([Fate.Unknown, Fate.Invalid], "the client broke the connection");
        }

        var whole = await SendAsync(project, new LineContent(Enumerable.Range(0, All).Select(at => Line("d", at))));
        whole.Status.ShouldBe(200, whole.ToString());
        (whole.Number("accepted") + whole.Number("replayed")).ShouldBe(All);
        whole.Member("rejected").GetArrayLength().ShouldBe(0);
        Form.Say($"{whole.Number("replayed")} of {All} lines had arrived before the connection broke");
        await ShouldHaveUsedAsync(project, _ => true, All);
        await chaos.ShouldVerifyAsync();
    }

    [Fact]
    public async Task A_long_stream_takes_constant_memory()
    {
        var chaos = await servers.TwoServersAsync();
        using var project = await chaos.ProjectAsync("stream");
        var lines = Form.Of(rounds: 1).IsLong ? 1_000_000 : 150_000;

        // Warm up, so that code, pools and buffers exist before the measurement.
        (await SendAsync(project, new LineContent(Enumerable.Range(0, 20_000).Select(at => Line("w", at))))).Status.ShouldBe(200);
        var server = chaos.Server.ProcessId;
        var before = Signal.ResidentBytes(server);
        var highest = before;
        using var done = new CancellationTokenSource();
        var watching = Task.Run(async () =>
        {
            while (!done.IsCancellationRequested)
            {
                highest = Math.Max(highest, Signal.ResidentBytes(server));
                await Task.Delay(50, CancellationToken.None);
            }
        });
        var time = Stopwatch.StartNew();
        var answer = await SendAsync(project, new LineContent(Enumerable.Range(0, lines).Select(at => Line("m", at))));
        await done.CancelAsync();
        await watching;

        answer.Status.ShouldBe(200, answer.ToString());
        answer.Number("accepted").ShouldBe(lines);
        Form.Say(
            $"{lines} lines in {time.Elapsed.TotalSeconds:f1} s; resident {before / 1_048_576} MiB before, "
                + $"{highest / 1_048_576} MiB at most");
        (highest - before).ShouldBeLessThan(MemoryBound, $"{lines} lines made the server grow from {before} to {highest} bytes");
    }

    private static Task<Answer> SendAsync(Project project, LineContent content) =>
        project.Gate.SendAsync(HttpMethod.Post, "/v1/events", content, patience: Patience);

    private static string Line(string run, int at) =>
        $$$"""{"id":"{{{run}}}-{{{at}}}","customer":"line-{{{at % Customers}}}","type":"unlimited","quantity":{{{(at % 5) + 1}}},"properties":{"n":{{{at}}}}}""";

    private static async Task ShouldHaveUsedAsync(Project project, Func<int, bool> counted, int lines)
    {
        for (var customer = 0; customer < Customers; customer++)
        {
            var expected = Enumerable.Range(0, lines).Where(at => at % Customers == customer && counted(at)).Sum(at => (at % 5) + 1);
            (await Usage.OfAsync(project.Gate, $"line-{customer}", Catalogue.Unlimited)).Used.ShouldBe(expected, $"line-{customer}");
        }
    }
}
