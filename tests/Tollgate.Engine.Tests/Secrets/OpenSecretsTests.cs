using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Tollgate.Core.Llm;
using Tollgate.Engine.Postgres;
using Tollgate.Engine.Secrets;
using Tollgate.Testing;

namespace Tollgate.Engine.Tests.Secrets;

/// <summary>The master key and a database: the first start, a wrong key, a lost one, rotation.</summary>
public sealed class OpenSecretsTests(TestPostgres postgres) : IAsyncLifetime
{
    private readonly TestFolder _folder = TestFolder.Create();
    private TestDatabase? _database;

    private TestDatabase Database => _database!;

    public async ValueTask InitializeAsync()
    {
        _database = await postgres.CreateDatabaseAsync();
        await Database.ExecuteAsync("INSERT INTO projects (code, name, mode) VALUES ('shop', 'Shop', 'live')");
    }

    public async ValueTask DisposeAsync()
    {
        await Database.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task The_first_start_makes_the_key_and_a_server_with_another_one_is_refused()
    {
        var first = await OpenAsync("a");
        File.GetUnixFileMode(FileOf("a").File).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        (await OpenAsync("a")).Ring.Current.Id.ShouldBe(first.Ring.Current.Id);

        // No key at all, another key, another key from elsewhere.
        var none = await Should.ThrowAsync<StartRefusedException>(() => OpenAsync("b"));
        none.Message.ShouldContain($"encrypted with master key {first.Ring.Current.Id}");
        none.Message.ShouldContain("does not exist");
        File.Exists(FileOf("b").File).ShouldBeFalse("A key that fits nothing would only mislead.");
        await WriteAsync("b", Convert.ToBase64String(Enumerable.Repeat((byte)9, 32).ToArray()));
        (await Should.ThrowAsync<StartRefusedException>(() => OpenAsync("b"))).Message.ShouldContain("--new-master-key");
        (await OpenAsync("a")).Ring.Current.Id.ShouldBe(first.Ring.Current.Id);
    }

    [Fact]
    public async Task Servers_that_start_at_once_agree_on_one_key()
    {
        var opened = await Task.WhenAll(Enumerable.Range(0, 6).Select(async n =>
        {
            try
            {
                return (await OpenAsync($"at-once-{n % 2}")).Ring.Current.Id;
            }
            catch (StartRefusedException)
            {
                return null;
            }
        }));

        opened.OfType<string>().Distinct().ShouldHaveSingleItem();
        (await Database.ScalarAsync<long>("SELECT count(*) FROM master_keys")).ShouldBe(1);
    }

    [Fact]
    public async Task A_lost_key_gives_way_to_a_new_one_when_told_and_old_secrets_stay_closed()
    {
        var place = SecretPlace.Upstream(1, "openai");
        await PutAsync((await OpenAsync("a")).Close("key"u8, place));
        File.Delete(FileOf("a").File);

        var box = await OpenSecrets.RunAsync(Database.ConnectionString, FileOf("a"), acceptsNew: true, NullLogger.Instance, default);

        box.Open((await Database.ScalarAsync<byte[]>("SELECT secrets FROM upstreams"))!, place).ShouldBeNull();
        new SigningKeys(Database.Source, box).OfMail().Length.ShouldBe(32);
        (await OpenAsync("a")).Ring.Current.Id.ShouldBe(box.Ring.Current.Id);
    }

    [Fact]
    public async Task Rotation_encrypts_everything_anew_and_goes_on_after_it_was_killed()
    {
        var first = await OpenAsync("a");
        var before = first.Ring.Current.Id;
        await FillAsync(first, tokens: 450);
        await Database.ExecuteAsync(
            "CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); "
                + "RETURN NEW; END $$");
        await Database.ExecuteAsync(
            "CREATE TRIGGER die BEFORE UPDATE ON payment_methods FOR EACH ROW WHEN (OLD.last4 = '0300') EXECUTE FUNCTION die()");
        await Should.ThrowAsync<Npgsql.NpgsqlException>(RotateAsync);

        // Both keys are there, so a server starts and reads either.
        var during = await OpenAsync("a");
        during.Ring.Current.Id.ShouldNotBe(before);
        during.Ring.Ids.ShouldContain(before);
        await Database.ExecuteAsync("DROP TRIGGER die ON payment_methods");

        var done = await RotateAsync();

        (done.From, done.To, done.Unreadable).ShouldBe((before, during.Ring.Current.Id, 0));
        var after = await OpenAsync("a");
        after.Ring.Ids.ShouldBe([done.To]);
        (await Database.ScalarAsync<long>(
            "SELECT count(*) FROM payment_methods WHERE NOT starts_with(token, $1)", $"s1.{done.To}.")).ShouldBe(0);
        Encoding.UTF8.GetString(
            after.Open((await Database.ScalarAsync<byte[]>("SELECT secrets FROM upstreams"))!, SecretPlace.Upstream(1, "openai"))!)
            .ShouldBe("upstream key");
        (await RotateAsync()).From.ShouldBe(done.To, "The next one is a new rotation.");
    }

    [Fact]
    public async Task A_rotation_that_dies_among_the_keys_of_customers_loses_none_of_them()
    {
        await FillAsync(await OpenAsync("a"), tokens: 450);
        await Database.ExecuteAsync(
            "CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); "
                + "RETURN NEW; END $$");
        await Database.ExecuteAsync(
            "CREATE TRIGGER die BEFORE UPDATE ON usage_keys FOR EACH ROW WHEN (OLD.account = 300) EXECUTE FUNCTION die()");
        await Should.ThrowAsync<Npgsql.NpgsqlException>(RotateAsync);
        await ShouldOpenAllAsync(await OpenAsync("a"));
        await Database.ExecuteAsync("DROP TRIGGER die ON usage_keys");

        var done = await RotateAsync();

        done.Unreadable.ShouldBe(0);
        var after = await OpenAsync("a");
        after.Ring.Ids.ShouldBe([done.To]);
        await ShouldOpenAllAsync(after);
    }

    private async Task ShouldOpenAllAsync(SecretBox box)
    {
        await using var command = Database.Source.CreateCommand("SELECT account, key FROM usage_keys ORDER BY account");
        await using var reader = await command.ExecuteReaderAsync();
        for (var account = 1; account <= 450; account++)
        {
            (await reader.ReadAsync()).ShouldBeTrue();
            reader.GetInt32(0).ShouldBe(account);
            box.Open(reader.GetFieldValue<byte[]>(1), SecretPlace.UsageKey(1, account, 1)).ShouldBe(KeyOf(account));
        }
    }

    [Fact]
    public async Task A_given_key_is_rotated_once_a_second_one_is_given_and_not_before()
    {
        var (one, two) =
            (Convert.ToBase64String(Enumerable.Repeat((byte)1, 32).ToArray()),
                Convert.ToBase64String(Enumerable.Repeat((byte)2, 32).ToArray()));
        var first = await OpenSecrets.RunAsync(Database.ConnectionString, new(one, null, "/nowhere"), false, NullLogger.Instance, default);
        (await Should.ThrowAsync<StartRefusedException>(() => RotateAsync(new(one, null, "/nowhere")))).Message.ShouldContain(
            "openssl rand");

        var done = await RotateAsync(new($"{one},{two}", null, "/nowhere"));

        done.From.ShouldBe(first.Ring.Current.Id);
        await OpenSecrets.RunAsync(Database.ConnectionString, new(two, null, "/nowhere"), false, NullLogger.Instance, default);
        await Should.ThrowAsync<StartRefusedException>(() =>
            OpenSecrets.RunAsync(Database.ConnectionString, new(one, null, "/nowhere"), false, NullLogger.Instance, default));
    }

    [Fact]
    public async Task A_running_server_follows_a_rotation_and_still_reads_what_it_had()
    {
        var box = await OpenAsync("a");
        var place = SecretPlace.Upstream(1, "openai");
        var closed = box.Close("key"u8, place);
        using var watch = new MasterKeyWatch(Database.Source, box, FileOf("a"), NullLogger<MasterKeyWatch>.Instance);
        await watch.StartAsync(default);

        var done = await RotateAsync();

        await Eventually.UntilAsync(() => box.Ring.Current.Id == done.To);
        box.Open(closed, place).ShouldNotBeNull();
        await watch.StopAsync(default);
    }

    private async Task WriteAsync(string name, string key)
    {
        await File.WriteAllTextAsync(FileOf(name).File, key + "\n");
        File.SetUnixFileMode(FileOf(name).File, UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    private MasterKeySource FileOf(string name) => new(null, null, _folder.Combine(name + ".key"));

    private Task<SecretBox> OpenAsync(string name) =>
        OpenSecrets.RunAsync(Database.ConnectionString, FileOf(name), acceptsNew: false, NullLogger.Instance, default);

    private Task<MasterKeyRotated> RotateAsync() => RotateAsync(FileOf("a"));

    private Task<MasterKeyRotated> RotateAsync(MasterKeySource source) =>
        new RotateMasterKey(Database.ConnectionString, source, TimeSpan.Zero, NullLogger.Instance).RunAsync(static (_, _) => { }, default);

    private Task PutAsync(byte[] secrets) =>
        Database.ExecuteAsync("INSERT INTO upstreams (project_id, provider, secrets) VALUES (1, 'openai', $1)", secrets);

    private async Task FillAsync(SecretBox box, int tokens)
    {
        await PutAsync(box.Close("upstream key"u8, SecretPlace.Upstream(1, "openai")));
        var ids = Enumerable.Range(1, tokens).Select(static _ => Guid.NewGuid()).ToArray();
        await Database.ExecuteAsync(
            """
            INSERT INTO payment_methods (partition, account, id, provider, token, brand, last4, is_default, added_at)
            SELECT 1, 1, id, 'stripe', token, 'visa', lpad(n::text, 4, '0'), false, now()
                   FROM unnest($1, $2) WITH ORDINALITY AS x (id, token, n)
            """,
            ids, ids.Select((id, n) => box.CloseText($"token_{n + 1:0000}", SecretPlace.Card(id))).ToArray());
        await Database.ExecuteAsync(
            "INSERT INTO usage_keys (partition, account, number, key) SELECT 1, n, 1, key FROM unnest($1) WITH ORDINALITY AS x (key, n)",
            [Enumerable.Range(1, tokens).Select(n => box.Close(KeyOf(n), SecretPlace.UsageKey(1, n, 1))).ToArray()]);
    }

    private static byte[] KeyOf(int account) => Encoding.UTF8.GetBytes($"the key of account {account:0000}");
}
