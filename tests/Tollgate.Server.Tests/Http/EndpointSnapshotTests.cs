using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Routing;
using Tollgate.Engine.Projects;
using Tollgate.Server.Http;
using Tollgate.Testing;

namespace Tollgate.Server.Tests.Http;

/// <summary>
/// The callers of each endpoint, as last reviewed: one line for every endpoint that the program maps, including those that the OpenAPI
/// document leaves out (pages, assets). A changed scope shows as one changed line in the diff.
/// </summary>
[Collection(FrontDoorTests.Name)]
public sealed partial class EndpointSnapshotTests(RunningServer server)
{
    private const string Renew = "TOLLGATE_RENEW_SNAPSHOTS";

    private static readonly string Kept = Path.Combine(ServerProcess.Root, "tests", "Tollgate.Server.Tests", "Http", "endpoints.txt");

    private static readonly string[] Heading =
    [
        "# path · method · who may call · scope of a restricted key · body · what a repeat does · notes",
        "# A repeat: safe = changes nothing, same = the same effect again (PUT, DELETE), id = the event's own id catches it,",
        "# key = Idempotency-Key replays the first answer, own = the endpoint catches it itself. A body: empty = refused unless it is {},",
        "# any body = not ours to read: the gateway forwards it, a seed's door ignores it. door = open to everybody; its code says why.",
    ];

    [Fact]
    public async Task Every_endpoint_is_what_the_snapshot_says()
    {
        var now = await MappedEndpoints.LookAsync(
            server, (endpoints, _) => endpoints.SelectMany(Lines).Order(StringComparer.Ordinal).ToList());
        if (Environment.GetEnvironmentVariable(Renew) == "1")
        {
            await File.WriteAllLinesAsync(Kept, [.. Heading, .. now]);
        }

        var kept = (await File.ReadAllLinesAsync(Kept)).Where(line => !line.StartsWith('#')).ToList();
        string[] difference = [.. kept.Except(now).Select(line => "- " + line), .. now.Except(kept).Select(line => "+ " + line)];
        difference.ShouldBeEmpty(
            "An endpoint's caller, scope, body or idempotency changed (- as reviewed, + as mapped). If you mean it, "
                + $"run this test once with {Renew}=1 and commit endpoints.txt.\n"
            + string.Join('\n', difference));
        now.Count.ShouldBe(kept.Count, "The same line stands twice.");
    }

    /// <summary>No read scope lets a key change anything, even if the snapshot lists it.</summary>
    [Fact]
    public async Task No_scope_that_only_reads_lets_a_key_change_something()
    {
        var changing = await MappedEndpoints.LookAsync(server, (endpoints, _) => endpoints
            .Where(endpoint => endpoint.Metadata.GetMetadata<KeyRequirement>() is { } requirement
                && requirement.Access.HasFlag(Access.Secret)
                && MethodsOf(endpoint).Any(method => RepeatOf(endpoint, method) != "safe")
                && !Scopes.ToNames(requirement.Scope).Any(name => name.EndsWith(":write", StringComparison.Ordinal)))
            .SelectMany(Lines).ToList());
        changing.ShouldBeEmpty();
    }

    private static IEnumerable<string> Lines(RouteEndpoint endpoint) => MethodsOf(endpoint).Select(method => string.Join(" · ",
        ContentHash().Replace("/" + endpoint.RoutePattern.RawText!.TrimStart('/'), ".<hash>."),
        method,
        CallersOf(endpoint),
        ScopeOf(endpoint),
        BodyOf(endpoint, method),
        RepeatOf(endpoint, method),
        NotesOf(endpoint)));

    private static IReadOnlyList<string> MethodsOf(RouteEndpoint endpoint) =>
        endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods is { Count: > 0 } methods ? methods : ["ANY"];

    private static string CallersOf(RouteEndpoint endpoint) => endpoint.Metadata.GetMetadata<KeyRequirement>() is { } requirement
        ? string.Join('+', Enum.GetValues<Access>().Where(access => access != Access.None && requirement.Access.HasFlag(access))
            .Select(access => access == Access.CustomerToken ? "customer-token" : access.ToString().ToLowerInvariant()))
        : "door";

    private static string ScopeOf(RouteEndpoint endpoint) =>
        endpoint.Metadata.GetMetadata<KeyRequirement>() is { Scope: not Scope.None } requirement
            ? string.Join('+', Scopes.ToNames(requirement.Scope))
            : "-";

    private static string BodyOf(RouteEndpoint endpoint, string method) =>
        IsRead(method) ? "no body"
        : endpoint.Metadata.GetMetadata<NoBody>() is not null ? "empty"
        : endpoint.Metadata.GetMetadata<Description>() is { Request: null } ? method == "DELETE" ? "no body" : "any body"
        : "body";

    private static string RepeatOf(RouteEndpoint endpoint, string method) =>
        IsRead(method) || endpoint.Metadata.GetMetadata<OwnIdempotency>() is { ReadsOnly: true } ? "safe"
        : endpoint.Metadata.GetMetadata<OwnIdempotency>() is not null ? "id"
        : method is "PUT" or "DELETE" ? "same"
        : endpoint.Metadata.GetMetadata<KeyRequirement>() is not null ? "key" : "own";

    private static string NotesOf(RouteEndpoint endpoint) => string.Join(", ", ((string?[])
    [
        endpoint.Metadata.GetMetadata<KeyRequirement>() is { Headers.Count: > 0 } requirement
            ? "key also in " + string.Join("/", requirement.Headers)
            : null,
        endpoint.Metadata.GetMetadata<SecretAnswer>() is null ? null : "answers a secret",
        endpoint.Metadata.GetMetadata<IExcludeFromDescriptionMetadata>() is null ? null : "not in OpenAPI",
    ]).OfType<string>().DefaultIfEmpty("-"));

    /// <summary>The hash in an asset's name, which changes with each edit of a style.</summary>
    [GeneratedRegex(@"\.[0-9a-f]{12}\.")]
    private static partial Regex ContentHash();

    private static bool IsRead(string method) => HttpMethods.IsGet(method) || HttpMethods.IsHead(method) || HttpMethods.IsOptions(method);
}
