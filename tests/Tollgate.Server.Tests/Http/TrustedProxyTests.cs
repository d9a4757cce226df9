using System.Net;
using Tollgate.Server.Http;
using Tollgate.Testing;

namespace Tollgate.Server.Tests.Http;

/// <summary>The proxies that may name the address of a caller.</summary>
public sealed class TrustedProxyTests(TestPostgres postgres)
{
    private static readonly (string? Forwarded, int Status)[] Cases =
    [
        ("203.0.113.9", 200), ("198.51.100.1, 203.0.113.9", 200), ("203.0.113.9, 127.0.0.2", 200), ("203.0.113.9, 198.51.100.1", 403),
        ("198.51.100.1", 403),
        ("nonsense", 403), (null, 403),
    ];

    [Fact]
    public async Task Networks_of_keys_go_by_the_address_that_a_trusted_proxy_names()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        await using var server = await TestServer.StartAsync(
            database.ConnectionString, environment: new Dictionary<string, string> { [TrustedProxies.Variable] = "127.0.0.0/8" });
        foreach (var (forwarded, status) in Cases)
        {
            (await AskAsync(server, forwarded)).ShouldBe(status, forwarded);
        }
    }

    [Fact]
    public async Task Nobody_else_is_believed()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        await using var server = await TestServer.StartAsync(
            database.ConnectionString, environment: new Dictionary<string, string> { [TrustedProxies.Variable] = "10.0.0.0/8" });
        (await AskAsync(server, "203.0.113.9")).ShouldBe(403);
    }

    [Theory]
    [InlineData("10.0.0.5", "10.0.0.5", true)]
    [InlineData("10.0.0.5", "10.0.0.6", false)]
    [InlineData("10.0.0.0/8, 2001:db8::/32", "2001:db8::1", true)]
    [InlineData(" 10.0.0.0/8 ", "::ffff:10.9.9.9", true)]
    [InlineData("", "127.0.0.1", false)]
    public void Addresses_and_networks_are_read(string text, string address, bool isTrusted)
    {
        List<string> faults = [];
        TrustedProxies.Read(_ => text, faults).Contain(IPAddress.Parse(address)).ShouldBe(isTrusted);
        faults.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("0.0.0.0/0")]
    [InlineData("::/0")]
    [InlineData("proxy.example.com")]
    public void Invalid_networks_and_networks_of_everybody_are_refused(string text)
    {
        List<string> faults = [];
        TrustedProxies.Read(_ => "10.0.0.1, " + text, faults);
        faults.ShouldHaveSingleItem().ShouldContain($"\"{text}\"");
    }

    private static async Task<int> AskAsync(TestServer server, string? forwarded)
    {
        using var admin = server.ClientFor("resume-ats");
        using var body = new StringContent(
            """{"kind": "restricted", "scopes": ["catalog:read"], "networks": ["203.0.113.0/24"]}""", System.Text.Encoding.UTF8,
            "application/json");
        using var made = await admin.PostAsync(new Uri("/v1/api-keys", UriKind.Relative), body);
        var key = System.Text.Json.JsonElement.Parse(await made.Content.ReadAsStringAsync()).GetProperty("key").GetString();
        using var client = server.NewClient(key);
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri("/v1/plans", UriKind.Relative));
        if (forwarded is not null)
        {
            request.Headers.Add("X-Forwarded-For", forwarded);
        }

        using var answer = await client.SendAsync(request);
        return (int)answer.StatusCode;
    }
}
