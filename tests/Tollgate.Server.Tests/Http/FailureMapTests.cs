using Microsoft.AspNetCore.Http;
using Npgsql;
using Tollgate.Engine.Customers;
using Tollgate.Engine.Ledger;
using Tollgate.Engine.Postgres;
using Tollgate.Server.Http;
using Tollgate.Testing;

namespace Tollgate.Server.Tests.Http;

/// <summary>The answers to unexpected failures.</summary>
public sealed class FailureMapTests(TestPostgres postgres)
{
    public static TheoryData<Exception, string> Failures() => new()
    {
        { new NpgsqlException("no route to host"), "storage_unavailable" },
        { new TimeoutException("secret detail"), "storage_unavailable" },
        { Postgres("57P01"), "storage_unavailable" },
        { Postgres("57014"), "storage_unavailable" },
        { Postgres("53100"), "storage_unavailable" },
        { Postgres("08006"), "storage_unavailable" },
        { Postgres("25006"), "storage_unavailable" },
        { Postgres("25P03"), "storage_unavailable" },
        { Postgres("26000"), "storage_unavailable" },
        { Postgres("55P03"), "overloaded" },
        { new CustomerBusyException(), "customer_busy" },
        { new SearchTooLongException(), "validation_failed" },
        { Postgres("40001"), "storage_unavailable" },
        { Postgres("40P01"), "storage_unavailable" },
        { Postgres("22021"), "malformed_request" },
        { Postgres("22P05"), "malformed_request" },
        { Postgres("54000"), "malformed_request" },
        { Postgres("22003"), "internal" },
        { Postgres("23505"), "internal" },
        { Postgres("42P01"), "internal" },
        { new BadHttpRequestException("too large", 413), "payload_too_large" },
        { new BadHttpRequestException("bad chunk", 400), "malformed_request" },
        { new IOException("Bad chunk size data.", new OverflowException()), "malformed_request" },
        { new InvalidOperationException("secret detail"), "internal" },
    };

    [Theory]
    [MemberData(nameof(Failures))]
    public void Each_failure_has_its_code_and_tells_no_internals(Exception failure, string code)
    {
        var (error, detail) = Problems.Of(failure);
        error.Code.ShouldBe(code);
        (detail ?? "").ShouldNotContain("secret detail");
    }

    [Fact]
    public async Task A_pool_without_a_free_connection_is_told_from_a_database_that_is_away()
    {
        await using var shut = await postgres.CreateDatabaseAsync();
        await using var database = new Database(shut.ConnectionString, new DatabaseOptions { PoolSize = 1, ConnectSeconds = 1 });
        await using (await database.Source.OpenConnectionAsync(TestContext.Current.CancellationToken))
        {
            var full = await Should.ThrowAsync<NpgsqlException>(async () => await database.Source.OpenConnectionAsync());
            var (error, detail) = Problems.Of(full);
            (error.Code,
                detail).ShouldBe(("overloaded", "All of this server's connections to PostgreSQL (TOLLGATE_POOL_SIZE) are in use."));
        }

        await shut.ShutAsync();
        Problems.Of(await Should.ThrowAsync<NpgsqlException>(async () =>
        {
            await using var command = database.Source.CreateCommand("SELECT 1");
            await command.ExecuteScalarAsync();
        })).Code.Code.ShouldBe("storage_unavailable");
    }

    [Theory]
    [InlineData(404, "not_found")]
    [InlineData(405, "method_not_allowed")]
    [InlineData(413, "payload_too_large")]
    [InlineData(415, "unsupported_media_type")]
    [InlineData(400, "malformed_request")]
    [InlineData(500, "internal")]
    public void A_bare_status_gets_a_body(int status, string code)
    {
        Problems.Of(status).Code.ShouldBe(code);
        Problems.Of(status).Status.ShouldBe(status);
    }

    private static PostgresException Postgres(string state) => new("secret detail", "ERROR", "ERROR", state);
}
