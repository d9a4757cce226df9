using Npgsql;

namespace Tollgate.Engine.Postgres;

/// <summary>
/// A connection of the pool with an open transaction. Disposing it rolls back uncommitted changes and returns the connection.
/// </summary>
internal sealed class OpenTransaction : IAsyncDisposable
{
    private OpenTransaction(NpgsqlConnection connection, NpgsqlTransaction transaction) =>
        (Connection, Transaction) = (connection, transaction);

    public NpgsqlConnection Connection { get; }

    public NpgsqlTransaction Transaction { get; }

    public static async Task<OpenTransaction> BeginAsync(NpgsqlDataSource database, CancellationToken cancel)
    {
        var opened = await database.OpenConnectionAsync(cancel);
        return (await opened.IntoAsync<NpgsqlConnection, OpenTransaction>(async connection =>
            new(connection, await connection.BeginTransactionAsync(cancel))))!;
    }

    public async ValueTask DisposeAsync()
    {
        // A rollback on a broken connection throws; the connection still returns to the pool.
        await using (Connection)
        {
            await Transaction.DisposeAsync();
        }
    }
}

/// <summary>Transfers ownership of a disposable part to a larger whole.</summary>
internal static class Ownership
{
    /// <summary>
    /// Takes the next step with a part that the caller owns. The resulting whole owns the part; if the step throws, is canceled or returns
    /// null, this method disposes the part.
    /// </summary>
    public static async Task<TWhole?> IntoAsync<TPart, TWhole>(this TPart part, Func<TPart, Task<TWhole?>> step)
        where TPart : IAsyncDisposable
        where TWhole : class, IAsyncDisposable
    {
        TWhole? whole = null;
        try
        {
            return whole = await step(part);
        }
        finally
        {
            if (whole is null)
            {
                await part.DisposeAsync();
            }
        }
    }
}
