using System.Diagnostics;
using System.Text.Json;
using Tollgate.Chaos.Client;
using Tollgate.Chaos.Stage;

namespace Tollgate.Chaos.Strangers;

/// <summary>QUALITY R9: whatever is sent, the answer is no 5xx, comes within five seconds, and leaves the ledger right.</summary>
public sealed class FuzzTests(Theatres theatres)
{
    private const int RequestsPerOperation = 40;

    private static readonly TimeSpan Hang = TimeSpan.FromSeconds(5);

    [Fact]
    public async Task No_input_makes_the_server_fail_or_hang()
    {
        var form = Form.Of(rounds: 1);
        var theatre = await theatres.TwoServersAsync();
        using var project = await theatre.ProjectAsync("fuzz");
        using var admin = new GateClient(theatre.Server.Url, theatre.Server.AdminKey, project.Code);
        var operations = await Operation.AllAsync(project.Gate);
        var seen = new SortedDictionary<int, int>();
        await form.EachAsync(seed => RoundAsync(operations, [project.Gate, admin], seed, seen));

        Form.Say($"{operations.Count} operations; answers by status: {string.Join(", ", seen.Select(pair => $"{pair.Key} × {pair.Value}"))}");
        seen.Keys.ShouldContain(status => status >= 200 && status < 300, "Not one request was valid: the fuzzer reaches nothing behind the validation.");
        (await project.Gate.ConsumeAsync("after", Catalogue.Unlimited, 1)).Fate.ShouldBe(Fate.Granted);
        await theatre.ShouldVerifyAsync();
    }

    private static async Task RoundAsync(IReadOnlyList<Operation> operations, GateClient[] callers, int seed, SortedDictionary<int, int> seen)
    {
        var faults = new List<string>();
        await Parallel.ForAsync(0, operations.Count, new ParallelOptions { MaxDegreeOfParallelism = 4 }, async (number, _) =>
        {
            var operation = operations[number];
            var random = Form.ChanceOf(seed, number);
            var fuzzer = new Fuzzer(operation, random);
            for (var request = 0; request < RequestsPerOperation; request++)
            {
                var path = operation.PathWith(_ => fuzzer.Parameter()) + Query(operation, fuzzer, random);
                var body = operation.Mutates && operation.BodySchema.ValueKind == JsonValueKind.Object ? fuzzer.Body() : null;
                var mediaType = random.Next(15) == 0 ? "text/plain" : "application/json";
                var key = random.Next(10) == 0 && fuzzer.Parameter() is var text && IsHeader(text) ? text : null;
                var caller = callers[random.Next(callers.Length)];
                var answer = await SendAsync(caller, operation, path, body, mediaType, key);
                if (answer.Status == 0 && Stopwatch.GetElapsedTime(answer.Invoked, answer.Answered) < Hang)
                {
                    // The connection was closed after the request before on it (a refused path): a fresh one tells.
                    answer = await SendAsync(caller, operation, path, body, mediaType, key);
                }

                lock (seen)
                {
                    seen[answer.Status] = seen.GetValueOrDefault(answer.Status) + 1;
                    if (Judge(path, answer) is { } fault)
                    {
                        faults.Add($"{operation.HttpMethod} {path}\n    {Shorten(body)}\n    {fault}: {answer}");
                    }
                }
            }
        });
        faults.ShouldBeEmpty($"{faults.Count} fault(s):\n{string.Join('\n', faults.Take(25))}");
    }

    private static async Task<Answer> SendAsync(GateClient caller, Operation operation, string path, string? body, string mediaType, string? key)
    {
        using var content = body is null ? null : GateClient.Raw(body, mediaType);
        return await caller.SendAsync(operation.HttpMethod, path, content, key, Hang);
    }

    // Seed doors answer errors in their seed's shape, and who follows a mail's link a page; a path that Kestrel itself refuses (%00) has no body at all.
    private static string? Judge(string path, Answer answer) => answer switch
    {
        { Status: 0 } => $"no answer within {Hang.TotalSeconds} s",
        { Status: >= 500 } => "a 5xx",
        { Status: >= 400 and not 404 and not 405, Code: "", Text.Length: > 0 } when path.StartsWith("/v1/", StringComparison.Ordinal) && !path.StartsWith("/v1/mail/unsubscribe", StringComparison.Ordinal) => "an error without a code",
        { } when Stopwatch.GetElapsedTime(answer.Invoked, answer.Answered) > Hang => "too slow",
        _ => null,
    };

    private static string Query(Operation operation, Fuzzer fuzzer, Random random)
    {
        var parts = operation.Parameters
            .Where(parameter => parameter.GetProperty("in").GetString() == "query" && random.Next(2) == 0)
            .Select(parameter => $"{Uri.EscapeDataString(parameter.GetProperty("name").GetString()!)}={Uri.EscapeDataString(fuzzer.Parameter())}")
            .ToList();
        return parts.Count == 0 ? "" : "?" + string.Join('&', parts);
    }

    // What HttpClient itself refuses to send reaches no server.
    private static bool IsHeader(string value) => value.All(unit => unit is >= ' ' and <= '~');

    private static string Shorten(string? body) => body is null ? "(no body)" : body.Length > 500 ? $"{body[..500]}… ({body.Length} characters)" : body;
}
