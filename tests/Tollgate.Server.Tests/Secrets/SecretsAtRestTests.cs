using System.Diagnostics;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Npgsql;
using Tollgate.Engine.Postgres;
using Tollgate.Testing;

namespace Tollgate.Server.Tests.Secrets;

/// <summary>
/// One server with its private PostgreSQL and every kind of secret: the test searches them in its database, its files and its role.
/// </summary>
public sealed class SecretsAtRestTests
{
    private const string OldAccess = """
        # TYPE  DATABASE     USER  METHOD
        local   all          all   trust
        local   replication  all   trust

        """;

    [Fact]
    public async Task A_dump_of_the_database_reveals_no_secret_and_nothing_that_opens_one()
    {
        await using var server = await TestServer.StartAsync();
        var secrets = await LiveAsync(server);
        var key = (await File.ReadAllLinesAsync(Path.Combine(server.Data, "master.key"))).Last(static line => line.Length > 0
            && line[0] != '#');
        secrets.Add("master key", key);
        secrets.Add("master key in hexadecimal digits", Convert.ToHexString(Convert.FromBase64String(key)));
        foreach (var (name, value) in server.Keys.Where(static one => one.Key.Contains("KEY", StringComparison.Ordinal)))
        {
            secrets.Add(name, value);
        }

        var dump = await DumpAsync(server);

        foreach (var (name, secret) in secrets)
        {
            var bytes = Encoding.UTF8.GetBytes(secret);
            foreach (var form in (string[])[secret, Convert.ToHexString(bytes), Convert.ToBase64String(bytes)[..^4]])
            {
                dump.Contains(form, StringComparison.OrdinalIgnoreCase).ShouldBeFalse($"{name} lies in the database");
            }
        }

        dump.Contains("s1.", StringComparison.Ordinal).ShouldBeTrue("The dump was read.");
    }

    [Fact]
    public async Task The_role_that_serves_reads_and_writes_rows_and_nothing_else()
    {
        await using var server = await TestServer.StartAsync();
        var owner = PrivatePostgres.RunningIn(server.Data).ShouldNotBeNull();
        await using (var asOwner = new NpgsqlConnection(owner + ";Pooling=false"))
        {
            await asOwner.OpenAsync();
            (await TextAsync(
                asOwner, "SELECT string_agg(DISTINCT usename, ',') FROM pg_stat_activity WHERE application_name = 'tollgate'")).ShouldBe(
                AppRole.Name);
        }

        await using var connection = new NpgsqlConnection(
            new NpgsqlConnectionStringBuilder(owner) { Username = AppRole.Name, Pooling = false }.ConnectionString);
        await connection.OpenAsync();
        foreach (var forbidden in (string[])
        [
            "CREATE TABLE mine (id integer)", "DROP TABLE projects", "ALTER TABLE projects ADD COLUMN mine integer",
            "COPY projects TO PROGRAM 'cat'",
            "SELECT pg_read_file('postgresql.conf')", "ALTER SYSTEM SET fsync = off", "CREATE ROLE mine SUPERUSER",
            "DELETE FROM schema_migrations", "UPDATE master_keys SET state = 'retired'",
            "CREATE DATABASE mine", "SET ROLE tollgate", "CREATE EXTENSION dblink",
        ])
        {
            (await Should.ThrowAsync<PostgresException>(() => TextAsync(connection, forbidden), forbidden)).SqlState.ShouldBeOneOf(
                "42501", "25006");
        }

        // The owner's function makes the partitions of future months.
        await TextAsync(connection, "SELECT ensure_events_month('2031-05-01')");
        (await TextAsync(connection, "SELECT has_table_privilege('events_203105', 'INSERT')::text")).ShouldBe("true");
    }

    [Fact]
    public async Task Another_user_reads_nothing_of_the_data_folder_also_when_an_older_version_left_it_open()
    {
        if (!Environment.IsPrivilegedProcess)
        {
            Assert.Skip("Only root can look at the folder as another user.");
        }

        await using var server = await TestServer.StartAsync();
        (await server.StopAsync()).ShouldBe(0, server.Log);
        var mail = Directory.CreateDirectory(Path.Combine(server.Data, "mail", "shop")).FullName;
        await File.WriteAllTextAsync(Path.Combine(mail, "1.eml"), "old");
        await File.WriteAllTextAsync(Path.Combine(server.Data, "postgres", "pg_hba.conf"), OldAccess);
        foreach (var path in (string[])[
            server.Data, Path.Combine(server.Data, "mail"), mail, Path.Combine(mail, "1.eml"), Path.Combine(server.Data, "postgres.log")])
        {
            File.SetUnixFileMode(path, (UnixFileMode)0b111_101_101);
        }

        await server.StartAgainAsync();

        (await AsNobodyAsync("find", server.Data)).Output.ShouldNotContain("/");
        foreach (var file in Directory.EnumerateFiles(server.Data, "*", SearchOption.AllDirectories)
            .Where(static file => !file.Contains("/postgres/", StringComparison.Ordinal)))
        {
            (await AsNobodyAsync("cat", file)).ExitCode.ShouldNotBe(0, file);
        }

        (await AsNobodyAsync(
            "psql", "-h", Path.Combine(server.Data, "run"), "-U", "tollgate", "tollgate", "-c", "SELECT 1")).ExitCode.ShouldNotBe(0);
        (await File.ReadAllTextAsync(Path.Combine(server.Data, "postgres", "pg_hba.conf"))).ShouldContain("peer");

        // The map identifies users, even if somebody opened the folder of the socket.
        await using var owner = new NpgsqlConnection(PrivatePostgres.RunningIn(server.Data) + ";Pooling=false");
        await owner.OpenAsync();
        (await TextAsync(owner, "SELECT string_agg(DISTINCT auth_method, ',') FROM pg_hba_file_rules")).ShouldBe("peer");
    }

    /// <summary>Every kind of secret, by its name.</summary>
    private static async Task<Dictionary<string, string>> LiveAsync(TestServer server)
    {
        var secrets = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["upstream key"] = "sk-upstream-5d1f0c6b", ["upstream header"] = "header-secret-77aa",
            ["provider key"] = "sk_test_" + new string('p', 30),
            ["provider webhook secret"] = "whsec_" + Convert.ToBase64String(Encoding.UTF8.GetBytes("of the provider itself!!")),
            ["card"] = "pm_sandbox_visa",
        };
        using var admin = server.NewClient(server.AdminKey);
        var made = await PostAsync(admin, "/v1/projects", new { code = "secrets", name = "Secrets", mode = "sandbox" });
        using var client = server.NewClient(made["secret_key"]?.GetValue<string>() ?? made["keys"]!["secret"]!.GetValue<string>());
        (await client.PutAsJsonAsync(
            At("/v1/upstreams/openai"),
            new { api_key = secrets["upstream key"],
                headers = new Dictionary<string, string> { ["X-Api-Extra"] = secrets["upstream header"] } }))
            .EnsureSuccessStatusCode();
        var endpoint = await PostAsync(client, "/v1/webhook-endpoints", new { url = "https://example.com/hook", events = new[] { "*" } });
        secrets.Add("webhook secret", endpoint["secret"]!.GetValue<string>()["whsec_".Length..]);
        secrets.Add("rotated webhook secret",
            (await PostAsync(
                client, $"/v1/webhook-endpoints/{endpoint["id"]}/rotate-secret",
                new { grace_seconds = 3600 }))["secret"]!.GetValue<string>()["whsec_".Length..]);
        await PostAsync(client, "/v1/customers/anna/payment-methods", new { token = secrets["card"] });
        secrets.Add("portal page", Last((await PostAsync(client, "/v1/portal-sessions", new { customer = "anna" }))["url"]!));
        secrets.Add("checkout page",
            Last((await PostAsync(
                client, "/v1/checkouts",
                new { customer = "anna", setup = true, success_url = "https://example.com/done",
                    cancel_url = "https://example.com/back" }))["url"]!));
        secrets.Add("customer token", (await PostAsync(client, "/v1/customers/anna/tokens", new { }))["token"]!.GetValue<string>());
        secrets.Add(
            "api key", (await PostAsync(client, "/v1/api-keys", new { kind = "secret", name = "more" }))["key"]!.GetValue<string>());
        (await client.PutAsJsonAsync(At("/v1/payment-settings"), new
        {
            provider = "stripe",
            credentials = new { secret_key = secrets["provider key"], webhook_secret = secrets["provider webhook secret"] },
        })).EnsureSuccessStatusCode();
        return secrets;
    }

    /// <summary>Posts with an Idempotency-Key, because stored answers are searched too.</summary>
    private static async Task<JsonNode> PostAsync(HttpClient client, string path, object body)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, At(path)) { Content = JsonContent.Create(body) };
        request.Headers.Add("Idempotency-Key", Guid.NewGuid().ToString());
        using var answer = await client.SendAsync(request);
        var text = await answer.Content.ReadAsStringAsync();
        answer.IsSuccessStatusCode.ShouldBeTrue($"{path}: {(int)answer.StatusCode} {text}");
        return JsonNode.Parse(text)!;
    }

    private static async Task<string> DumpAsync(TestServer server)
    {
        await using var connection = new NpgsqlConnection(PrivatePostgres.RunningIn(server.Data) + ";Pooling=false");
        await connection.OpenAsync();
        var tables =
            (await TextAsync(
                connection,
                "SELECT string_agg(oid::regclass::text, ' ') FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'"))!;
        var dump = new StringBuilder(tables);
        foreach (var table in tables.Split(' '))
        {
            dump.Append('\n').Append(await TextAsync(connection, $"SELECT string_agg(t::text, E'\\n') FROM {table} t"));
        }

        return dump.ToString();
    }

    private static async Task<string?> TextAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync() as string;
    }

    private static async Task<(int ExitCode, string Output)> AsNobodyAsync(params string[] command)
    {
        var start = new ProcessStartInfo("setpriv", ["--reuid=nobody", "--clear-groups", "--inh-caps=-all", "--", .. command])
        {
            RedirectStandardOutput = true, RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        await error;
        return (process.ExitCode, string.Join('\n', (await output).Split('\n').Skip(1)));
    }

    private static string Last(JsonNode url) => url.GetValue<string>().Split('/')[^1];

    private static Uri At(string path) => new(path, UriKind.Relative);
}
