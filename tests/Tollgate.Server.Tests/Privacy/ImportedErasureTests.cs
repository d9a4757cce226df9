using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Npgsql;
using Tollgate.Core.Imports;
using Tollgate.Server.Tests.Customers;
using Tollgate.Testing;

namespace Tollgate.Server.Tests.Privacy;

/// <summary>A customer is erased while its history is imported: no text and no key of it is left.</summary>
[Collection(RunningServerTests.Invoicing)]
public sealed class ImportedErasureTests(RunningServer running)
{
    private const string Mark = "Ysecret ليلى O'Neill";

    private const string Shop = """
        code: CODE
        name: Shop
        currency: USD
        default_plan: free
        features:
          - { code: calls, name: Calls }
        plans:
          - code: free
            name: Free
            entitlements: [{ feature: calls, quota: 2000 }]
        """;

    /// <summary>The second chunk has read the account before the erasure, which comes between the chunks.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_import_books_nothing_to_a_customer_that_was_erased_between_its_chunks(bool encrypts)
    {
        var code = encrypts ? "between-on" : "between-off";
        var door = await ShopAsync(code);
        await Done(door.PutAsync("/v1/privacy-settings", $$"""{"encrypt_usage": {{(encrypts ? "true" : "false")}} }"""));
        var first = string.Concat(Enumerable.Range(1, ImportLimits.ChunkRecords - 1).Select(static i => Old($"b-{i}", "bob")));
        Task<(long Booked, long Replayed, long Rejected)> import;
        Came erased;
        await using (await HeldNameAsync(code))
        {
            import = ImportAsync(code, door, first + Old("a-1") + Old("a-2") + Named("a-3"));
            await UntilWaitsAsync("add_value_name");
            erased = await Done(door.PostAsync("/v1/customers/ada/erase"));
        }

        (await import).ShouldBe((ImportLimits.ChunkRecords + 2, 0, 0));
        await ShouldHaveNoTextsAsync(erased["customer"].GetValue<string>(), events: 1);
        (await door.GetAsync("/v1/events?customer=ada&from=2025-02-20T00:00:00Z&to=2025-03-10T00:00:00Z"))["data"].AsArray()
            .Select(static one => one!["properties"]!["who"]!.GetValue<string>()).ShouldBe([Mark, Mark]);
        await VerifyAsync(code);
    }

    [Fact]
    public async Task An_erasure_waits_for_the_chunk_that_books_to_its_customer()
    {
        var door = await ShopAsync("sealed-during");
        await Done(door.PutAsync("/v1/privacy-settings", """{"encrypt_usage": true}"""));
        await Done(door.PostAsync(
            "/v1/consume", $$"""{"customer": "ada", "feature": "calls", "id": "live", "properties": {"who": "{{Mark}}"} }"""));
        Task<(long Booked, long Replayed, long Rejected)> import;
        Task<Came> erasure;
        var name = await HeldNameAsync("sealed-during");
        import = ImportAsync("sealed-during", door, Old("a-1") + Named("a-2"));
        await UntilWaitsAsync("add_value_name");
        await using (await HeldAsync(
            "SELECT FROM imports i JOIN projects p ON p.id = i.project_id WHERE p.code = 'sealed-during' FOR UPDATE OF i"))
        {
            await name.DisposeAsync();
            await UntilWaitsAsync("UPDATE imports");
            erasure = door.PostAsync("/v1/customers/ada/erase");
            await UntilWaitsAsync("FROM customers");
            erasure.IsCompleted.ShouldBeFalse();
        }

        (await import).ShouldBe((2, 0, 0));
        await ShouldHaveNoTextsAsync((await Done(erasure))["customer"].GetValue<string>(), events: 3);
        await VerifyAsync("sealed-during");
    }

    private async Task ShouldHaveNoTextsAsync(string erased, int events)
    {
        var keys = "FROM usage_keys k JOIN customers c USING (partition, account) WHERE c.id = ";
        (await CountAsync($"SELECT count(*) {keys}'{erased}'")).ShouldBe(0);
        var all = $"FROM events e JOIN customers c USING (partition, account) WHERE c.id = '{erased}'";
        (await CountAsync($"SELECT count(*) {all}")).ShouldBe(events);
        (await CountAsync($"SELECT count(*) {all} AND e.data ?| '{{box,props,id}}'")).ShouldBe(0);
    }

    private static string Old(string id, string customer = "ada") =>
        $$"""{"kind": "usage", "id": "{{id}}", "customer": "{{customer}}", "feature": "calls", "quantity": 1, "occurred_at": "2025-03-01T00:00:00Z"{{(customer == "ada" ? $$""", "properties": {"who": "{{Mark}}"}""" : "")}} }"""
            + "\n";

    /// <summary>A signal with a name that the import adds before it books the chunk.</summary>
    private static string Named(string id) =>
        $$"""{"kind": "usage", "id": "{{id}}", "customer": "ada", "type": "value_metric", "properties": {"name": "letters", "unit": "pages", "who": "{{Mark}}"}, "occurred_at": "2025-03-01T00:00:00Z"}"""
            + "\n";

    private Task<NpgsqlConnection> HeldNameAsync(string project) =>
        HeldAsync($"INSERT INTO value_names (project_id, name, unit) SELECT id, 'letters', 'pages' FROM projects WHERE code = '{project}'");

    /// <summary>Holds the locks of a statement until the connection is disposed, which rolls it back.</summary>
    private async Task<NpgsqlConnection> HeldAsync(string sql)
    {
        var connection = new NpgsqlConnection(running.ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand("BEGIN; " + sql, connection);
        await command.ExecuteNonQueryAsync();
        return connection;
    }

    private Task UntilWaitsAsync(string statement) => Eventually.UntilAsync(async () => await CountAsync(
        $"""
        SELECT count(*)
          FROM pg_stat_activity
         WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%{statement}%'
        """) > 0);

    private async Task<Door> ShopAsync(string code)
    {
        var admin = running.DoorWith(running.Server.AdminKey);
        var made = await Done(admin.PostAsync("/v1/projects", $$"""{"code": "{{code}}", "name": "Shop", "mode": "sandbox"}"""));
        var secret = (made.Json!["secret_key"] ?? made.Json["keys"]!["secret"])!.GetValue<string>();
        using var client = running.Server.NewClient(secret);
        using var catalog = new StringContent(Shop.Replace("CODE", code, StringComparison.Ordinal), Encoding.UTF8, "application/yaml");
        using var published = await client.PutAsync(new Uri("/v1/catalog", UriKind.Relative), catalog);
        published.IsSuccessStatusCode.ShouldBeTrue(await published.Content.ReadAsStringAsync());
        return running.DoorWith(secret);
    }

    private async Task<(long Booked, long Replayed, long Rejected)> ImportAsync(string project, Door door, string lines)
    {
        using var client = running.Server.NewClient(running.Server.AdminKey);
        client.DefaultRequestHeaders.Add("X-Project", project);
        using var content = new StringContent(lines, Encoding.UTF8, "application/x-ndjson");
        using var came = await client.PostAsync(new Uri("/v1/imports", UriKind.Relative), content);
        came.StatusCode.ShouldBe(HttpStatusCode.Accepted, await came.Content.ReadAsStringAsync());
        var id = JsonNode.Parse(await came.Content.ReadAsStringAsync())!["id"]!.GetValue<string>();
        JsonNode? import = null;
        await Eventually.UntilAsync(async () =>
            (import = (await door.GetAsync($"/v1/imports/{id}")).Json!)["status"]!.GetValue<string>() == "finished");
        return (import!["booked"]!.GetValue<long>(), import["replayed"]!.GetValue<long>(), import["rejected_count"]!.GetValue<long>());
    }

    private async Task VerifyAsync(string project)
    {
        var verified = await running.DoorWith(running.Server.AdminKey)
            .SendAsync(HttpMethod.Post, "/v1/verify", null, ("X-Project", project));
        verified.Status.ShouldBe(HttpStatusCode.OK);
        verified["checks"].AsArray().Where(static one => one!["count"]!.GetValue<long>() > 0 && one["break"]!.GetValue<bool>())
            .Select(static one => one!.ToJsonString()).ShouldBeEmpty();
    }

    private async Task<long> CountAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(running.ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        return (long)(await command.ExecuteScalarAsync())!;
    }

    private static async Task<Came> Done(Task<Came> sending)
    {
        var came = await sending;
        ((int)came.Status).ShouldBeInRange(200, 299, $"{came.Message.RequestMessage!.RequestUri}: {came.Json?.ToJsonString()}");
        return came;
    }
}
