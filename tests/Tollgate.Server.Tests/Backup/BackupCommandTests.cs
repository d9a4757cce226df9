using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using Tollgate.Testing;

namespace Tollgate.Server.Tests.Backup;

/// <summary>The commands as an operator runs them: a backup during traffic, and its restore on another machine.</summary>
public sealed class BackupCommandTests(TestPostgres postgres)
{
    private const string Passphrase = "correct horse battery";

    private static readonly Dictionary<string, string> Environment = new() { ["TOLLGATE_BACKUP_PASSPHRASE"] = Passphrase };

    [Fact]
    public async Task A_backup_beside_traffic_holds_what_was_acknowledged_before_and_moves_to_another_machine()
    {
        using var folder = TestFolder.Create();
        var (file, elsewhere, sent) = (folder.Combine("moved.backup"), folder.Combine("elsewhere"), 0);
        await using (var server = await TestServer.StartAsync())
        {
            using var client = server.ClientFor("resume-ats");
            (await client.PutAsJsonAsync(
                new Uri("/v1/upstreams/openai", UriKind.Relative), new { api_key = "sk-moves-too" })).EnsureSuccessStatusCode();
            using var stop = new CancellationTokenSource();
            var traffic = Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
            {
                while (!stop.IsCancellationRequested)
                {
                    using var answer = await client.PostAsJsonAsync(
                        new Uri("/v1/events", UriKind.Relative),
                        new[] { new { customer = "busy", type = "ats_scan", id = Guid.NewGuid().ToString() } });
                    answer.EnsureSuccessStatusCode();
                    Interlocked.Increment(ref sent);
                }
            })).ToList();
            await Eventually.UntilAsync(() => Volatile.Read(ref sent) > 50);
            var before = Volatile.Read(ref sent);

            var (code, said) = await ServerProcess.RunAsync(Environment, "backup", "--data", server.Data, "--out", file, "--encrypt",
                "--with-master-key");

            await stop.CancelAsync();
            await Task.WhenAll(traffic);
            code.ShouldBe(0, said);
            (await ServerProcess.RunAsync(Environment, "restore", file, "--data", server.Data)).Output.ShouldContain(
                "in use by another Tollgate server");

            (code, said) = await ServerProcess.RunAsync(Environment, "restore", file, "--data", elsewhere);
            code.ShouldBe(0, said);
            said.ShouldContain("clean:");
            await using var copy = await TestServer.StartAsync(data: elsewhere, flags: "--new-admin-key");
            using var admin = copy.NewClient(copy.AdminKey);
            admin.DefaultRequestHeaders.Add("X-Project", "resume-ats");
            var events = await EventsAsync(admin);
            events.ShouldBeInRange(before, sent);
            (await admin.GetStringAsync(new Uri("/v1/upstreams", UriKind.Relative))).ShouldContain("\"has_key\":true");
        }

        // Neither a folder with projects nor a file is overwritten.
        var (refused, why) = await ServerProcess.RunAsync(Environment, "restore", file, "--data", elsewhere);
        (refused, why.Contains("--force", StringComparison.Ordinal)).ShouldBe((1, true), why);
        (refused, why) = await ServerProcess.RunAsync(Environment, "backup", "--data", elsewhere, "--out", file);
        (refused, why.Contains("already exists", StringComparison.Ordinal)).ShouldBe((2, true), why);
        (refused, why) = await ServerProcess.RunAsync(Environment, "backup", "--data", elsewhere, "--out", file + "2", "--with-master-key");
        (refused, why.Contains("--encrypt", StringComparison.Ordinal)).ShouldBe((2, true), why);
        (refused, why) = await ServerProcess.RunAsync(Environment, "backup", "--data", elsewhere, "--out",
            folder.Combine("nowhere/x.backup"));
        (refused, why.Contains("could not be written", StringComparison.Ordinal)).ShouldBe((1, true), why);
    }

    [Fact]
    public async Task A_restore_into_an_own_PostgreSQL_makes_the_data_folder_that_the_key_needs()
    {
        using var folder = TestFolder.Create();
        await using var target = await postgres.CreateEmptyDatabaseAsync();
        var (file, data) = (folder.Combine("moved.backup"), folder.Combine("made/data"));
        await using (var server = await TestServer.StartAsync())
        {
            var (made, why) = await ServerProcess.RunAsync(Environment, "backup", "--data", server.Data, "--out", file, "--encrypt",
                "--with-master-key");
            made.ShouldBe(0, why);
        }

        // A file where the folder should be: nothing is restored.
        await File.WriteAllTextAsync(folder.Combine("made"), "");
        var (code, said) = await ServerProcess.RunAsync(Environment, "restore", file, "--data", data, "--database",
            target.ConnectionString);
        (code, said.Contains("cannot be created", StringComparison.Ordinal)).ShouldBe((1, true), said);
        (await target.ScalarAsync<bool>("SELECT to_regclass('projects') IS NULL")).ShouldBeTrue();
        target.Source.Clear();
        File.Delete(folder.Combine("made"));

        (code, said) = await ServerProcess.RunAsync(Environment, "restore", file, "--data", data, "--database", target.ConnectionString);

        code.ShouldBe(0, said);
        said.ShouldContain("was in the backup and is now in");
        File.GetUnixFileMode(data).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        File.GetUnixFileMode(Path.Combine(data, "master.key")).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        (await target.ScalarAsync<bool>("SELECT count(*) > 0 FROM projects")).ShouldBeTrue();
    }

    private static async Task<int> EventsAsync(HttpClient client)
    {
        var (count, after) = (0, "");
        while (true)
        {
            var page = JsonElement.Parse(
                await client.GetStringAsync(new Uri($"/v1/events?customer=busy&limit=100{after}", UriKind.Relative)));
            var data = page.GetProperty("data");
            count += data.GetArrayLength();
            if (!page.GetProperty("has_more").GetBoolean())
            {
                return count;
            }

            after = string.Create(
                CultureInfo.InvariantCulture,
                $"&starting_after={Uri.EscapeDataString(data[data.GetArrayLength() - 1].GetProperty("id").GetString()!)}");
        }
    }
}
