using System.Text.Json;
using System.Text.RegularExpressions;
using Tollgate.Engine.Projects;
using Tollgate.Server.Tests.Http;
using Tollgate.Testing;

namespace Tollgate.Server.Tests.Projects;

/// <summary>The documents about a scope match the requirements of the endpoints.</summary>
[Collection(FrontDoorTests.Name)]
public sealed partial class ScopeDocumentTests(RunningServer server)
{
    private const string Renew = "TOLLGATE_RENEW_SNAPSHOTS";
    private static readonly string Reference = Path.Combine(ServerProcess.Root, "docs", "reference");

    [Fact]
    public async Task Every_scope_lists_the_operations_that_ask_for_it()
    {
        var now = Lines((await server.SendAsync("GET", "/openapi/v1.json", null)).ShouldBe(200).Json).ToList();
        var file = Path.Combine(Reference, "scopes.md");
        if (Environment.GetEnvironmentVariable(Renew) == "1")
        {
            await File.WriteAllLinesAsync(file, now);
        }

        string.Join('\n', await File.ReadAllLinesAsync(file)).ShouldBe(
            string.Join('\n', now),
            "An operation is new, or requires another scope. Check that the scope's meaning in Scope.cs still includes it, "
                + $"run this test once with {Renew}=1, and commit docs/reference/scopes.md.");
    }

    [Fact]
    public async Task The_table_of_scopes_says_what_the_code_says()
    {
        var page = await File.ReadAllTextAsync(Path.Combine(Reference, "keys.md"));
        Row().Matches(page).Select(static row => (row.Groups[1].Value, row.Groups[2].Value))
            .ShouldBe(Scopes.Table.Select(static row => (row.Name, row.Meaning)));
        Scopes.Table.Aggregate(Scope.None, static (all, row) => all | row.Scope).ShouldBe(Scope.All);
    }

    [Fact]
    public async Task Operations_of_public_keys_require_catalog_read()
    {
        var document = (await server.SendAsync("GET", "/openapi/v1.json", null)).Json;
        Operations(document).Where(static one => one.Accepts.Contains("public key", StringComparison.Ordinal))
            .Select(static one => one.Scope).Distinct().ShouldBe(["catalog:read"]);
    }

    private static IEnumerable<string> Lines(JsonElement document)
    {
        yield return "# Scopes and their operations";
        yield return "";
        yield return "This page lists the operations of each scope; `ScopeDocumentTests` compares it with the API.";
        yield return "[Keys](keys.md) explains each scope.";
        yield return "Operations marked with † also accept a customer token whose issuer has the scope, for the token's customer only.";
        foreach (var scope in Operations(document).Where(static one => one.Scope.Length > 0).GroupBy(static one => one.Scope)
            .OrderBy(static group => group.Key, StringComparer.Ordinal))
        {
            yield return "";
            yield return $"## {scope.Key}";
            yield return "";
            foreach (var one in scope)
            {
                yield return $"- `{one.Name}`{(one.Accepts.Contains("customer token", StringComparison.Ordinal) ? " †" : "")}";
            }
        }
    }

    private static IEnumerable<(string Name, string Accepts, string Scope)> Operations(JsonElement document) =>
        from path in document.GetProperty("paths").EnumerateObject().OrderBy(static path => path.Name, StringComparer.Ordinal)
        from method in path.Value.EnumerateObject().OrderBy(static method => method.Name, StringComparer.Ordinal)
        let accepts = Accepts().Match(method.Value.GetProperty("description").GetString()!)
        where accepts.Success
        select ($"{method.Name.ToUpperInvariant()} {path.Name}", accepts.Groups[1].Value, accepts.Groups[2].Value);

    [GeneratedRegex(@"Accepts: ([^.]*)\.(?: Scope of restricted keys: `([^`]+)`\.)?")]
    private static partial Regex Accepts();

    [GeneratedRegex(@"^\| `([a-z]+:[a-z]+)` \| (.*) \|(?=\n)", RegexOptions.Multiline)]
    private static partial Regex Row();
}
