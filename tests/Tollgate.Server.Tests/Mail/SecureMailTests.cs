using System.Globalization;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Tollgate.Server.Tests.Customers;
using Tollgate.Testing;

namespace Tollgate.Server.Tests.Mail;

/// <summary>A mail server that requires encryption and a login, and the state of mails with and without them.</summary>
public sealed partial class SecureMailTests(TestPostgres postgres)
{
    private const string Password = "correct-horse-battery";

    [Fact]
    public async Task Mail_leaves_encrypted_and_with_a_login()
    {
        using var certificate = SmtpHost.NewCertificate();
        await using var host = new SmtpHost(certificate, Password).Open();
        await using var house = await HouseAsync(host, certificate, Password);

        await house.PayAsync("ada");

        (await house.UntilAsync("ada", "sent"))["attempts"]!.GetValue<int>().ShouldBe(1);
        host.Taken.ShouldHaveSingleItem().ShouldContain("To: ada@acme.example");
        house.Server.Log.ShouldNotContain(Password);
    }

    [Theory]
    [InlineData(true, "wrong", "Authentication required")]
    [InlineData(false, Password, "certificate")]
    public async Task A_refused_login_keeps_the_mail_and_gives_the_reason(bool isTrusted, string password, string reason)
    {
        using var certificate = SmtpHost.NewCertificate();
        await using var host = new SmtpHost(certificate, Password).Open();
        await using var house = await HouseAsync(host, isTrusted ? certificate : null, password);

        await house.PayAsync("ada");

        var mail = await house.UntilAsync("ada", "waiting", isTried: true);
        mail["reason"]!.GetValue<string>().ShouldContain(reason, Case.Insensitive);
        mail["reason"]!.GetValue<string>().ShouldNotContain(password);
        host.Taken.ShouldBeEmpty();
        house.Server.Log.ShouldContain("The mail server did not accept mail");
        house.Server.Log.ShouldNotContain(password);
        house.Server.Log.ShouldNotContain("ada@acme.example");
    }

    [Fact]
    public async Task A_server_that_is_killed_before_it_knows_that_a_mail_was_taken_sends_it_again_under_the_same_id()
    {
        var isKilled = new TaskCompletionSource();
        await using var host = new SmtpHost { BeforeTaken = () => isKilled.Task }.Open();
        await using var house = await HouseAsync(host, null, null);
        await house.PayAsync("ada");
        for (var left = 300; host.Taken.IsEmpty && left > 0; left--)
        {
            await Task.Delay(100, TestContext.Current.CancellationToken);
        }

        await house.Server.Kill9Async();
        host.BeforeTaken = static () => Task.CompletedTask;
        isKilled.SetResult();
        await house.Server.StartAgainAsync();
        await house.ExecuteAsync("UPDATE mails SET due_at = now() WHERE customer = 'ada' AND state = 'waiting'");

        (await house.UntilAsync("ada", "sent"))["attempts"]!.GetValue<int>().ShouldBe(2);
        host.Taken.Count.ShouldBe(2);
        host.Taken.Select(static message => MessageId().Match(message).Groups[1].Value).Distinct().ShouldHaveSingleItem()
            .ShouldNotBeEmpty();
    }

    /// <param name="trusted">A certificate that the machine trusts.</param>
    /// <param name="password">Null: no encryption and no login.</param>
    private async Task<House> HouseAsync(SmtpHost host, X509Certificate2? trusted, string? password)
    {
        var folder = TestFolder.Create();
        var environment = new Dictionary<string, string>
        {
            ["TOLLGATE_SMTP_HOST"] = "localhost", ["TOLLGATE_SMTP_PORT"] = host.Port.ToString(CultureInfo.InvariantCulture),
            ["TOLLGATE_SMTP_FROM"] = "billing@trendit.example",
            ["TOLLGATE_SMTP_TLS"] = password is null ? "0" : "1",
        };
        if (password is not null)
        {
            (environment["TOLLGATE_SMTP_USER"], environment["TOLLGATE_SMTP_PASSWORD"]) = (SmtpHost.User, password);
        }

        if (trusted is not null)
        {
            environment["SSL_CERT_FILE"] = folder.Combine("trusted.pem");
            await File.WriteAllTextAsync(environment["SSL_CERT_FILE"], trusted.ExportCertificatePem());
        }

        var running = new RunningServer(postgres) { Environment = environment };
        await running.InitializeAsync();
        return new(running, folder);
    }

    [GeneratedRegex("Message-ID: <([^>]+)>", RegexOptions.IgnoreCase)]
    private static partial Regex MessageId();

    /// <summary>A server of its own, whose live project has paying customers.</summary>
    private sealed class House(RunningServer running, TestFolder folder) : IAsyncDisposable
    {
        public TestServer Server => running.Server;

        private Door Live => running.DoorOf("trendit");

        public async ValueTask DisposeAsync()
        {
            await running.DisposeAsync();
            folder.Dispose();
        }

        /// <summary>The customer gets a receipt.</summary>
        public async Task PayAsync(string customer)
        {
            var plan = (await Live.GetAsync("/v1/plans"))["data"].AsArray()
                .First(static one => one!["prices"]!.AsArray().Any(static price => price!["amount"]!.GetValue<long>() > 0))!;
            var price = plan["prices"]!.AsArray().First(static one => one!["amount"]!.GetValue<long>() > 0)!;
            await Live.PostAsync("/v1/customers", $$"""{"id": "{{customer}}", "email": "{{customer}}@acme.example"}""");
            var made = await Live.PostAsync(
                "/v1/subscriptions", new JsonObject
                {
                    ["customer"] = customer, ["plan"] = plan["code"]!.DeepClone(), ["period"] = price["interval"]!.DeepClone(),
                    ["currency"] = price["currency"]!.DeepClone(), ["trial"] = false,
                }.ToJsonString());
            (await Live.PostAsync($"/v1/invoices/{made["latest_invoice"].GetValue<string>()}/pay")).Status.ShouldBe(HttpStatusCode.OK);
        }

        public async Task<JsonNode> UntilAsync(string customer, string status, bool isTried = false)
        {
            for (var left = 300; ; left--)
            {
                var mail = (await Live.GetAsync("/v1/mails?customer=" + customer))["data"].AsArray().SingleOrDefault();
                if (mail?["status"]!.GetValue<string>() == status && (!isTried || mail["reason"] is not null))
                {
                    return mail;
                }

                left.ShouldBeGreaterThan(0, mail?.ToJsonString());
                await Task.Delay(100);
            }
        }

        public async Task ExecuteAsync(string sql)
        {
            await using var connection = new Npgsql.NpgsqlConnection(running.ConnectionString);
            await connection.OpenAsync();
            await using var command = new Npgsql.NpgsqlCommand(sql, connection);
            await command.ExecuteNonQueryAsync();
        }
    }
}
