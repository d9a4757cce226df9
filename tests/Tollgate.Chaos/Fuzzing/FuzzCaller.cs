using System.Text;
using System.Text.Json;
using Tollgate.Chaos.Client;
using Tollgate.Core;
using Tollgate.Testing;

namespace Tollgate.Chaos.Fuzzing;

/// <summary>
/// One fuzzer with a project of its own: makes things by the documented examples, uses them, spoils requests about them, deletes them.
/// Its requests depend on its seed and on the server's answers only.
/// </summary>
public sealed class FuzzCaller(FuzzHost host, FuzzProject project, IReadOnlyList<Operation> operations, Shelf victim, Random random)
    : IDisposable
{
    /// <summary>Longer than any answer of a loaded machine takes, shorter than a hanging test.</summary>
    private static readonly TimeSpan Hang = TimeSpan.FromSeconds(30);

    private readonly Wire _wire = new(host.Server);
    private readonly Shelf _shelf = new(random);
    private string _secretKey = project.SecretKey;

    public SortedDictionary<int, int> Seen { get; } = [];

    /// <summary>Operations that answered with a 2xx.</summary>
    public HashSet<string> Reached { get; } = [];

    public List<string> Faults { get; } = [];

    public async Task RunAsync(int requests)
    {
        // Two passes: the second one finds the objects of the first.
        foreach (var operation in operations.Where(IsFair).OrderBy(static one => one.Method == "delete")
            .Concat(operations.Where(IsFair).Where(static one => one.Method != "delete")))
        {
            await AskAsync(operation, isValid: true);
        }

        var deck = operations.ToArray();
        for (var number = 0; number < requests; number++)
        {
            if (number % deck.Length == 0)
            {
                random.Shuffle(deck);
            }

            await AskAsync(deck[number % deck.Length], isValid: random.Next(10) == 0);
        }
    }

    public void Dispose() => _wire.Dispose();

    /// <summary>Leaves out deletions of customers: all later passes would lack the customer.</summary>
    private static bool IsFair(Operation operation) =>
        operation.Path.StartsWith("/v1/", StringComparison.Ordinal)
            && !(operation.Method == "delete" && operation.Path.StartsWith("/v1/customers/{id}", StringComparison.Ordinal));

    private async Task AskAsync(Operation operation, bool isValid)
    {
        var request = isValid ? Valid(operation) : Spoiled(operation);
        var answer = await _wire.SendAsync(request, Hang);
        Seen[answer.Status] = Seen.GetValueOrDefault(answer.Status) + 1;
        if (answer.Fate == Fate.Granted)
        {
            _shelf.Note(operation, answer.Body);
            Reached.Add(operation.Name);
        }

        if (answer.Status == 401 && request.Headers.Any(header => header == ("Authorization", $"Bearer {_secretKey}"))
            && answer.Code is "key_revoked" or "key_invalid" or "key_expired")
        {
            _secretKey = await host.NewKeyAsync(project.Code);
        }

        if ((Judge(operation, request, answer) ?? (isValid ? FaultOfShape(operation, answer) : null)) is { } fault)
        {
            Faults.Add($"{operation.Name}: {fault}: {answer}\n  {request}");
        }
    }

    private WireRequest Valid(Operation operation)
    {
        var fuzzer = new Fuzzer(operation, random, _shelf);
        var body = operation.Mutates ? fuzzer.ValidBody() : null;
        return new(
            operation.Method.ToUpperInvariant(),
            operation.TargetWith((before, name) => IsUpstream(before) ? "house" : Uri.EscapeDataString(_shelf.Id(before, name) ?? "x")),
            host.HeadersOf(_secretKey, body is null ? null : "application/json"), Encoding.UTF8.GetBytes(body ?? ""));
    }

    private WireRequest Spoiled(Operation operation)
    {
        var fuzzer = new Fuzzer(operation, random, random.Next(15) == 0 ? victim : _shelf);
        var types = operation.MediaTypes;
        var type = types.Count == 0 ? "application/json" : types[random.Next(types.Count)];
        var body = operation.Mutates && (types.Count > 0 || random.Next(5) == 0) ? fuzzer.Body(type) : "";
        var headers = host.HeadersOf(Key(), body.Length > 0 || random.Next(2) == 0 ? type : null);
        if (random.Next(10) == 0)
        {
            headers.Add(("X-Project", project.Code));
        }

        for (var more = random.Next(6) == 0 ? random.Next(1, 4) : 0; more > 0; more--)
        {
            var header = Hostile.Header(random);
            headers.RemoveAll(one => one.Name == header.Name && random.Next(8) > 0);
            headers.Add(header);
        }

        return new(operation.Method.ToUpperInvariant(),
            operation.TargetWith((before, name) => IsUpstream(before) ? random.Next(3) == 0 ? Hostile.Segment(random)
                : "house"
                : fuzzer.Segment(before, name)) + Query(operation, fuzzer), headers, Encoding.UTF8.GetBytes(body));
    }

    /// <summary>Other upstreams may lead to real providers.</summary>
    private static bool IsUpstream(string before) => before is "/gateway/" or "/v1/upstreams/";

    private string Key() =>
        random.Next(
            12) switch { 0 =>
                host.AdminKey, 1 or 2 => project.Token, 3 => Convert.ToHexString(BitConverter.GetBytes(random.Next())), _ => _secretKey };

    private string Query(Operation operation, Fuzzer fuzzer)
    {
        var parts = operation.Parameters
            .Where(parameter => parameter.GetProperty("in").GetString() == "query" && random.Next(2) == 0)
            .Select(parameter => parameter.GetProperty("name").GetString()!)
            .Select(name => $"{Uri.EscapeDataString(name)}={Uri.EscapeDataString(fuzzer.QueryValue(name))}").ToList();
        if (random.Next(12) == 0)
        {
            parts.Add(Hostile.Pair(random));
        }

        return parts.Count == 0 ? "" : "?" + string.Join('&', parts);
    }

    private static string WithoutPath(string text, string path) => text.Replace(path, "", StringComparison.Ordinal)
        .Replace(JsonEncodedText.Encode(Uri.UnescapeDataString(path), PlainJson.Encoder).ToString(), "", StringComparison.Ordinal);

    // Seed doors answer errors in their seed's shape, and a mail's link leads to a page; a path that Kestrel itself refuses (%00) has no
    // body at all. An error echoes the requested path, and the path may name an object of another project.
    private static string? Judge(Operation operation, WireRequest request, Answer answer) => answer switch
    {
        { Status: 0 } => $"no answer within {Hang.TotalSeconds} s",
        { Status: 502 or 504 } when IsOfUpstream(operation, answer) => null,
        { Status: >= 500 } => "a 5xx",
        _ when WithoutPath(answer.Text, request.Target.Split('?')[0]).Contains(FuzzHost.Mark, StringComparison.Ordinal)
            => "words of another project",
        { Status: >= 400 and not 404 and not 405, Code: "", Text.Length: > 0 }
            when request.Target.StartsWith("/v1/", StringComparison.Ordinal)
                && !request.Target.StartsWith("/v1/mail/unsubscribe", StringComparison.Ordinal) =>
            "an error without a code",
        _ => null,
    };

    /// <summary>The number of items of a list to check against their schema; the others look alike.</summary>
    private const int LookedAt = 5;

    /// <summary>
    /// Checks only requests that follow the documentation: a path with dots may be another operation's, and an array has another answer
    /// than a single object.
    /// </summary>
    private static string? FaultOfShape(Operation operation, Answer answer) =>
        answer is { Fate: Fate.Granted, Body.ValueKind: not JsonValueKind.Undefined }
            && operation.AnswerSchema(answer.Status) is { ValueKind: JsonValueKind.Object } schema
        && new SchemaCheck(operation.Document).FaultsOf(schema, answer.Body, LookedAt) is [var fault, ..]
        ? $"not what the document promises: {fault}"
        : null;

    /// <summary>Nothing listens at the addresses of the upstream and the payment provider.</summary>
    private static bool IsOfUpstream(Operation operation, Answer answer) =>
        operation.Path.StartsWith("/gateway/", StringComparison.Ordinal) || answer.Code.StartsWith("provider", StringComparison.Ordinal)
            || answer.Code == "upstream_unreachable";
}
