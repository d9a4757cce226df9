using Npgsql;

namespace Tollgate.Engine.Postgres;

/// <summary>
/// A connection of the pool with a transaction on it. Disposing it takes back what was not committed and returns the connection.
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
        // A rollback on a broken connection throws; the connection goes back all the same.
        await using (Connection)
        {
            await Transaction.DisposeAsync();
        }
    }
}

/// <summary>How something that must be given back becomes a part of something larger.</summary>
internal static class Ownership
{
    /// <summary>
    /// Takes the next step with a part that is held already. The whole that comes of it owns the part; when the step throws, is
    /// cancelled or comes to nothing, the part is disposed here.
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
