using System.Text.RegularExpressions;

namespace Tollgate.Tidy;

/// <summary>
/// An endpoint whose answer shows a secret hands out a credential, unless it is listed here with its reason. Each has a row in
/// <c>IssuingTests</c>, which compares the issued credential with the key of the request (networks, expiry, scopes, revocation).
/// </summary>
public sealed partial class IssuingRowTests
{
    private const string Rows = "tests/Tollgate.Server.Tests/Projects/IssuingTests.cs";

    /// <summary>Secrets that give no access to this server.</summary>
    private static readonly Allowed[] NoCredentials =
    [
        new("POST /v1/webhook-endpoints", "The secret signs what the server sends; it opens nothing here."),
        new("POST /v1/webhook-endpoints/{id}/rotate-secret", "As above."),
    ];

    [Fact]
    public void Every_operation_that_issues_a_credential_has_a_row() =>
        Repository.SourcesUnder("src").SelectMany(static source => Missing(source.File, TableText()))
            .Except(NoCredentials, "tests/Tollgate.Tidy/IssuingRowTests.cs")
            .ShouldBeNone(
                $"Add a row to the table in {Rows}: what is issued must have the networks, expiry, scopes and end of its issuer.");

    [Fact]
    public void The_rule_sees_offenders()
    {
        Missing(new("src/X/X.cs", "app.MapPost(\"/v1/x\", Run).RequireKey(a, b).WithSecretAnswer()"), "").Single().Subject
            .ShouldBe("POST /v1/x");
        Missing(new("src/X/X.cs", "app.MapPost(\"/v1/x\", Run).RequireKey(a, b).WithSecretAnswer()"), "\"POST /v1/x\"").ShouldBeEmpty();
        Missing(new("src/X/X.cs", "app.MapPost(path, Run).WithSecretAnswer()"), "")
            .ShouldNotBeEmpty("A path that cannot be read is an offence too.");
    }

    private static string TableText() => Repository.Files.Single(static file => file.Path == Rows).Text;

    private static IEnumerable<(string Subject, Finding Finding)> Missing(TextFile file, string table)
    {
        foreach (Match secret in Secret().Matches(file.Text))
        {
            var map = Map().Matches(file.Text[..secret.Index]).LastOrDefault();
            var path = map is null ? "?" : Constants(file, map.Groups["path"].Value);
            var operation = $"{map?.Groups["verb"].Value.ToUpperInvariant()} {path}";
            if (!table.Contains($"\"{operation}\"", StringComparison.Ordinal))
            {
                yield return (operation, new(file.Path, file.LineAt(secret.Index), $"{operation} shows a secret and has no row."));
            }
        }
    }

    /// <summary>A path is a literal, or a constant of the file.</summary>
    private static string Constants(TextFile file, string path) =>
        path.StartsWith('"')
            ? path.Trim('"')
            : Regex.Match(file.Text, $@"const string {Regex.Escape(path)} = ""([^""]+)""").Groups[1].Value;

    [GeneratedRegex(@"\.WithSecretAnswer\(\)")]
    private static partial Regex Secret();

    [GeneratedRegex(@"\.Map(?<verb>Post|Put|Patch|Get|Delete)\(\s*(?<path>""[^""]+""|\w+)")]
    private static partial Regex Map();
}
