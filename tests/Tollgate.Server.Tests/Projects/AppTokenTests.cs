using System.Net;
using System.Security.Cryptography;
using System.Text;
using Tollgate.Server.Tests.Customers;
using Tollgate.Testing;

namespace Tollgate.Server.Tests.Projects;

/// <summary>A server that knows the secret with which the app of its default project signs tokens.</summary>
public sealed class AppTokenServer(TestPostgres postgres) : IAsyncLifetime
{
    public const string Secret = "0123456789abcdef0123456789abcdef";

    public RunningServer Running { get; } = new(postgres)
    {
        Environment = new Dictionary<string, string> { ["SECRET_KEY"] = Secret, ["TOLLGATE_DEFAULT_PROJECT"] = "resume-ats" },
    };

    public ValueTask InitializeAsync() => Running.InitializeAsync();

    public ValueTask DisposeAsync() => Running.DisposeAsync();
}

/// <summary>Tokens that the app of the default project signs with <c>SECRET_KEY</c>.</summary>
public sealed class AppTokenTests(AppTokenServer server) : IClassFixture<AppTokenServer>
{
    private const string Secret = AppTokenServer.Secret;

    private readonly RunningServer _running = server.Running;

    [Fact]
    public async Task A_token_that_the_app_has_signed_speaks_for_its_customer_in_the_default_project()
    {
        var mine = _running.DoorWith(Token("ada@example.com", 3600));
        (await mine.PostAsync("/ats/score")).Status.ShouldBe(HttpStatusCode.OK);
        (await mine.GetAsync("/me/usage"))["features"]["ats_scan"]!["used"]!.GetValue<int>().ShouldBe(1);
        (await _running.DoorOf("resume-ats", "ada@example.com").GetAsync("/me/usage"))["features"]["ats_scan"]!["used"]!.GetValue<int>()
            .ShouldBe(1);

        (await _running.DoorWith(Token("ada@example.com", 3600), "grace").GetAsync("/me/usage")).Status.ShouldBe(HttpStatusCode.Forbidden);
        (await mine.GetAsync("/v1/customers")).Status.ShouldBe(HttpStatusCode.Forbidden, "It is no secret key.");
        (await mine.GetAsync("/p/trendit/me/usage")).Status.ShouldBe(HttpStatusCode.BadRequest, "Another project.");
    }

    [Theory]
    [InlineData("""{"alg":"HS256","typ":"JWT"}""", """{"sub":"u","exp":EXP}""", Secret, 3600, true)]
    [InlineData("""{"alg":"HS256","typ":"JWT"}""", """{"sub":"u","exp":EXP}""", Secret, -1, false)]
    [InlineData("""{"alg":"HS256","typ":"JWT"}""", """{"sub":"u","exp":EXP}""", Secret, 31 * 86_400, false)]
    [InlineData("""{"alg":"HS256","typ":"JWT"}""", """{"sub":"u","exp":EXP}""", "fedcba9876543210fedcba9876543210", 3600, false)]
    [InlineData("""{"alg":"HS256","typ":"JWT"}""", """{"sub":"u"}""", Secret, 3600, false)]
    [InlineData("""{"alg":"HS256","typ":"JWT"}""", """{"sub":"u","exp":"EXP"}""", Secret, 3600, false)]
    [InlineData("""{"alg":"HS256","typ":"JWT"}""", """{"sub":"","exp":EXP}""", Secret, 3600, false)]
    [InlineData("""{"alg":"HS256","typ":"JWT"}""", """{"sub":7,"exp":EXP}""", Secret, 3600, false)]
    [InlineData("""{"alg":"HS256","typ":"JWT"}""", """["u"]""", Secret, 3600, false)]
    [InlineData("""{"alg":"HS256","typ":"JWT"}""", """no json""", Secret, 3600, false)]
    [InlineData("""{"alg":"none","typ":"JWT"}""", """{"sub":"u","exp":EXP}""", Secret, 3600, false)]
    [InlineData("""{"alg":"HS512","typ":"JWT"}""", """{"sub":"u","exp":EXP}""", Secret, 3600, false)]
    [InlineData("""{"typ":"JWT"}""", """{"sub":"u","exp":EXP}""", Secret, 3600, false)]
    public async Task A_token_is_signed_with_the_key_and_names_a_customer_and_an_end(
        string header, string claims, string secret, int seconds, bool isGood)
    {
        var end = TimeProvider.System.GetUtcNow().AddSeconds(seconds).ToUnixTimeSeconds();
        var token = Sign(header, claims.Replace("EXP", $"{end}", StringComparison.Ordinal), secret);
        var status = (await _running.DoorWith(token).GetAsync("/me/usage")).Status;
        status.ShouldBe(isGood ? HttpStatusCode.OK : HttpStatusCode.Unauthorized);
        if (!isGood)
        {
            return;
        }

        var (first, last) = (token.IndexOf('.', StringComparison.Ordinal), token.LastIndexOf('.'));
        string[] broken =
        [
            token[..last], token[..(last + 1)], token + "A", token[..^4], token + ".x", token[..first],
            Sign(header, claims.Replace("\"u\"", "\"other\"", StringComparison.Ordinal), secret)[..last] + token[last..],
            Encode("""{"alg":"none","typ":"JWT"}""") + token[first..last] + ".",
        ];
        foreach (var text in broken)
        {
            (await _running.DoorWith(text).GetAsync("/me/usage")).Status.ShouldBe(HttpStatusCode.Unauthorized, text);
        }
    }

    private static string Token(string customer, int seconds) => Sign(
        """{"alg":"HS256","typ":"JWT"}""",
        $$"""{"sub":"{{customer}}","exp":{{TimeProvider.System.GetUtcNow().AddSeconds(seconds).ToUnixTimeSeconds()}}}""", Secret);

    private static string Sign(string header, string claims, string secret)
    {
        var signed = Encode(header) + "." + Encode(claims);
        var signature = HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), Encoding.ASCII.GetBytes(signed));
        return signed + "." + System.Buffers.Text.Base64Url.EncodeToString(signature);
    }

    private static string Encode(string text) => System.Buffers.Text.Base64Url.EncodeToString(Encoding.UTF8.GetBytes(text));
}
