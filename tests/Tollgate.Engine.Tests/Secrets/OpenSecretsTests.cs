using System.Text;
using System.Xml.Linq;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.AspNetCore.DataProtection.Repositories;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Tollgate.Core.Llm;
using Tollgate.Engine.Postgres;
using Tollgate.Engine.Secrets;
using Tollgate.Testing;

namespace Tollgate.Engine.Tests.Secrets;

/// <summary>The master key and a database: the first start, a wrong key, a lost one, what an older version left, rotation.</summary>
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

    /// <summary>As version 40 left it: a key ring in clear, secrets closed with it, a token and a body in clear.</summary>
    [Fact]
    public async Task What_an_older_version_left_is_encrypted_and_its_keys_are_gone()
    {
        await OldAsync(tokens: 450);

        // Killed in the middle: the connection ends after some batches.
        await Database.ExecuteAsync("CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NEW; END $$");
        await Database.ExecuteAsync("CREATE TRIGGER die BEFORE UPDATE ON payment_methods FOR EACH ROW WHEN (OLD.last4 = '0300') EXECUTE FUNCTION die()");
        await Should.ThrowAsync<Npgsql.NpgsqlException>(() => OpenAsync("a"));
        (await Database.ScalarAsync<long>("SELECT count(*) FROM payment_methods WHERE token LIKE 's1.%'")).ShouldBeInRange(1, 449);
        await Database.ExecuteAsync("DROP TRIGGER die ON payment_methods");

        var box = await OpenAsync("a");

        (await Database.ScalarAsync<bool>("SELECT to_regclass('protection_keys') IS NULL")).ShouldBeTrue();
        Encoding.UTF8.GetString(box.Open((await Database.ScalarAsync<byte[]>("SELECT secrets FROM upstreams"))!, SecretPlace.Upstream(1, "openai"))!).ShouldBe("old upstream key");
        var id = await Database.ScalarAsync<Guid>("SELECT id FROM payment_methods WHERE last4 = '0300'");
        box.OpenText((await Database.ScalarAsync<string>("SELECT token FROM payment_methods WHERE last4 = '0300'"))!, SecretPlace.Card(id)).ShouldBe("clear_token_0300");
        (await Database.ScalarAsync<long>("SELECT count(*) FROM payment_methods WHERE token LIKE '%clear%'")).ShouldBe(0);
        box.OpenText((await Database.ScalarAsync<string>("SELECT body FROM provider_events"))!, SecretPlace.ProviderEvent(1, "stripe", "evt_1")).ShouldBe("{\"clear\":1}");
        await OpenAsync("a");
    }

    [Fact]
    public async Task Rotation_encrypts_everything_anew_and_goes_on_after_it_was_killed()
    {
        await OldAsync(tokens: 450);
        var before = (await OpenAsync("a")).Ring.Current.Id;
        await Database.ExecuteAsync("CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NEW; END $$");
        await Database.ExecuteAsync("CREATE TRIGGER die BEFORE UPDATE ON payment_methods FOR EACH ROW WHEN (OLD.last4 = '0300') EXECUTE FUNCTION die()");
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
        (await Database.ScalarAsync<long>("SELECT count(*) FROM payment_methods WHERE NOT starts_with(token, $1)", $"s1.{done.To}.")).ShouldBe(0);
        Encoding.UTF8.GetString(after.Open((await Database.ScalarAsync<byte[]>("SELECT secrets FROM upstreams"))!, SecretPlace.Upstream(1, "openai"))!).ShouldBe("old upstream key");
        (await RotateAsync()).From.ShouldBe(done.To, "The next one is a new rotation.");
    }

    [Fact]
    public async Task A_given_key_is_rotated_once_a_second_one_is_given_and_not_before()
    {
        var (one, two) = (Convert.ToBase64String(Enumerable.Repeat((byte)1, 32).ToArray()), Convert.ToBase64String(Enumerable.Repeat((byte)2, 32).ToArray()));
        var first = await OpenSecrets.RunAsync(Database.ConnectionString, new(one, null, "/nowhere"), false, NullLogger.Instance, default);
        (await Should.ThrowAsync<StartRefusedException>(() => RotateAsync(new(one, null, "/nowhere")))).Message.ShouldContain("openssl rand");

        var done = await RotateAsync(new($"{one},{two}", null, "/nowhere"));

        done.From.ShouldBe(first.Ring.Current.Id);
        await OpenSecrets.RunAsync(Database.ConnectionString, new(two, null, "/nowhere"), false, NullLogger.Instance, default);
        await Should.ThrowAsync<StartRefusedException>(() => OpenSecrets.RunAsync(Database.ConnectionString, new(one, null, "/nowhere"), false, NullLogger.Instance, default));
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

    private Task<SecretBox> OpenAsync(string name) => OpenSecrets.RunAsync(Database.ConnectionString, FileOf(name), acceptsNew: false, NullLogger.Instance, default);

    private Task<MasterKeyRotated> RotateAsync() => RotateAsync(FileOf("a"));

    private Task<MasterKeyRotated> RotateAsync(MasterKeySource source) =>
        new RotateMasterKey(Database.ConnectionString, source, TimeSpan.Zero, NullLogger.Instance).RunAsync(static (_, _) => { }, default);

    private Task PutAsync(byte[] secrets) => Database.ExecuteAsync("INSERT INTO upstreams (project_id, provider, secrets) VALUES (1, 'openai', $1)", secrets);

    private async Task OldAsync(int tokens)
    {
        var ring = new Ring();
        var services = new ServiceCollection();
        services.AddDataProtection().SetApplicationName("tollgate");
        services.Configure<KeyManagementOptions>(options => options.XmlRepository = ring);
        await using var built = services.BuildServiceProvider();
        await PutAsync(built.GetRequiredService<IDataProtectionProvider>().CreateProtector("upstreams").Protect("old upstream key"u8.ToArray()));
        foreach (var (name, xml) in ring.Stored)
        {
            await Database.ExecuteAsync("INSERT INTO protection_keys (name, xml) VALUES ($1, $2)", name, xml.ToString(SaveOptions.DisableFormatting));
        }

        await Database.ExecuteAsync(
            """
            INSERT INTO payment_methods (partition, account, id, provider, token, brand, last4, is_default, added_at)
            SELECT 1, 1, gen_random_uuid(), 'stripe', 'clear_token_' || lpad(n::text, 4, '0'), 'visa', lpad(n::text, 4, '0'), false, now() FROM generate_series(1, $1) n
            """,
            tokens);
        await Database.ExecuteAsync("INSERT INTO provider_events (project_id, provider, id, type, body) VALUES (1, 'stripe', 'evt_1', 'charge.succeeded', '{\"clear\":1}')");
    }

    private sealed class Ring : IXmlRepository
    {
        public List<(string Name, XElement Xml)> Stored { get; } = [];

        public IReadOnlyCollection<XElement> GetAllElements() => [.. Stored.Select(static one => one.Xml)];

        public void StoreElement(XElement element, string friendlyName) => Stored.Add((friendlyName, element));
    }
}
