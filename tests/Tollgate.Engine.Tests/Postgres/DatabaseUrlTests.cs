using Npgsql;
using Tollgate.Engine.Postgres;
using Tollgate.Testing;

namespace Tollgate.Engine.Tests.Postgres;

public sealed class DatabaseUrlTests(TestPostgres postgres)
{
    [Theory]
    [InlineData(
        "postgres://ann:p%40ss%3Aword@db.example:6432/shop?sslmode=require", "db.example", 6432, "shop", "ann", "p@ss:word",
        SslMode.Require)]
    [InlineData("postgresql://ann@db.example", "db.example", 5432, "ann", "ann", null, SslMode.Prefer)]
    [InlineData("Host=db.example;Username=ann;Password=x;Database=shop", "db.example", 5432, "shop", "ann", "x", SslMode.Prefer)]
    [InlineData(
        "postgres://ann:x@localhost/shop?sslmode=verify-full&application_name=me", "localhost", 5432, "shop", "ann", "x",
        SslMode.VerifyFull)]
    public void Both_forms_are_read(string text, string host, int port, string database, string user, string? password, SslMode ssl)
    {
        var read = new NpgsqlConnectionStringBuilder(DatabaseUrl.ToConnectionString(text));

        read.Host.ShouldBe(host);
        read.Port.ShouldBe(port);
        read.Database.ShouldBe(database);
        read.Username.ShouldBe(user);
        read.Password.ShouldBe(password);
        read.SslMode.ShouldBe(ssl);
    }

    [Theory]
    [InlineData("postgres://ann:secret@host:port/shop")]
    [InlineData("postgres://ann:secret@host/shop?nonsense=1")]
    [InlineData("Host=x;Passwort=secret")]
    [InlineData("Username=ann;Password=secret")]
    [InlineData("secret")]
    public void An_invalid_URL_is_refused_without_showing_it(string text)
    {
        var refusal = Should.Throw<StartRefusedException>(() => DatabaseUrl.ToConnectionString(text));

        refusal.ToString().ShouldNotContain("secret");
        refusal.Message.ShouldContain("--database");
    }

    [Theory]
    [InlineData("ALTER DATABASE {0} SET synchronous_commit = off", "synchronous_commit")]
    public async Task A_database_that_could_lose_facts_is_refused_unless_allowed(string change, string setting)
    {
        await using var database = await postgres.CreateEmptyDatabaseAsync();
        var name = new NpgsqlConnectionStringBuilder(database.ConnectionString).Database!;
        await database.ExecuteAsync(string.Format(System.Globalization.CultureInfo.InvariantCulture, change, name));

        var refusal = await Should.ThrowAsync<StartRefusedException>(
            () => DatabaseCheck.RunAsync(database.ConnectionString, allowUnsafe: false, CancellationToken.None));
        refusal.Message.ShouldContain(setting);
        refusal.Message.ShouldContain(DatabaseCheck.UnsafeVariable);

        (await DatabaseCheck.RunAsync(database.ConnectionString, allowUnsafe: true, CancellationToken.None)).ShouldHaveSingleItem();
    }

    [Fact]
    public async Task A_database_of_another_encoding_is_refused()
    {
        await using var database = await postgres.CreateEmptyDatabaseAsync();
        var name = "latin_" + Guid.NewGuid().ToString("N");
        await database.ExecuteAsync($"CREATE DATABASE {name} ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0");

        var refusal = await Should.ThrowAsync<StartRefusedException>(
            () => DatabaseCheck.RunAsync(postgres.Server.Connection(name), allowUnsafe: false, CancellationToken.None));

        refusal.Message.ShouldContain("LATIN1");
        refusal.Message.ShouldContain("UTF8");
    }

    [Fact]
    public async Task A_database_that_does_not_exist_or_does_not_answer_is_refused_with_a_hint()
    {
        var missing = await Should.ThrowAsync<StartRefusedException>(
            () => DatabaseCheck.RunAsync(postgres.Server.Connection("nowhere"), allowUnsafe: false, CancellationToken.None));
        missing.Message.ShouldContain("createdb");

        var away = await Should.ThrowAsync<StartRefusedException>(
            () => DatabaseCheck.RunAsync(
                $"Host=127.0.0.1;Port={TestServer.FreePort()};Username=x;Password=secret", allowUnsafe: false, CancellationToken.None));
        away.Message.ShouldContain("cannot be reached");
        away.Message.ShouldNotContain("secret");
    }
}
