using Npgsql;
using NpgsqlTypes;
using Tollgate.Engine.Clocks;

namespace Tollgate.Engine.Projects;

/// <summary>A request that names an idempotency key.</summary>
/// <param name="ProjectId">0: an operation on the whole server.</param>
/// <param name="Operation">Method and path, for operators who read the table.</param>
/// <param name="BodyHash">SHA-256 of method, path, query and body, which a repeat must match.</param>
public sealed record IdempotentRequest(int ProjectId, string Key, string Operation, byte[] BodyHash)
{
    /// <summary>The customer of the token that the request came with. Null: it came with a key of the project.</summary>
    public string? Customer { get; init; }
}

/// <summary>An answer as it was sent. <see cref="Sealed"/>: the body is encrypted because it holds a secret.</summary>
public sealed record StoredAnswer(int Status, string? ContentType, byte[] Body, bool Sealed);

public enum ClaimState
{
    /// <summary>Run the request, then store its answer or forget the claim.</summary>
    Mine,

    /// <summary>The request ran before; send the stored answer.</summary>
    Answered,

    /// <summary>The same request is running on some server.</summary>
    Running,

    /// <summary>The key belongs to another request.</summary>
    Reused,

    /// <summary>The customer has used its new keys of the day.</summary>
    Limited,
}

/// <param name="RetryAfter">With <see cref="ClaimState.Limited"/>.</param>
public sealed record Claim(ClaimState State, Guid Id, StoredAnswer? Answer, TimeSpan? RetryAfter = null);

/// <summary>
/// The memory behind the header <c>Idempotency-Key</c>. A row is claimed before the request runs, and its answer is
/// stored after; in between a lease limits the claim. A server that dies in between leaves the claim; when the lease has ended the same
/// request may run again, and then the natural key of its effect (a project's code, a customer's id, a grant's id …) prevents a second
/// effect; <c>customer_requests</c> records effects without such a key.
/// </summary>
public sealed class IdempotencyKeys(NpgsqlDataSource database, CustomerKeys customers, Clock clock)
{
    /// <summary>Longer than any request may run (30 s), so that a living request never loses its claim.</summary>
    public static readonly TimeSpan Lease = TimeSpan.FromSeconds(35);

    public async Task<Claim> ClaimAsync(IdempotentRequest request, CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);
        var claim = Guid.CreateVersion7();
        var pause = request.Customer is { } customer ? customers.PauseOf(request.ProjectId, customer, clock.Now()) : null;
        if (pause is null && await TryTakeAsync(connection, request, claim, cancel))
        {
            if (request.Customer is not null)
            {
                customers.Used(request.ProjectId, request.Customer, clock.Now());
            }

            return new(ClaimState.Mine, claim, null);
        }

        await using var command = new NpgsqlCommand(ProjectsSql.ReadIdempotencyKey, connection);
        command.Parameters.Add(new() { Value = request.ProjectId });
        command.Parameters.Add(new() { Value = request.Key });
        await using var reader = await command.ExecuteReaderAsync(cancel);
        if (!await reader.ReadAsync(cancel))
        {
            // Without a limit, the previous holder has released the claim in between: the caller asks again.
            return new(pause is null ? ClaimState.Running : ClaimState.Limited, default, null, pause);
        }

        if (!reader.GetFieldValue<byte[]>(0).AsSpan().SequenceEqual(request.BodyHash))
        {
            return new(ClaimState.Reused, default, null);
        }

        return reader.IsDBNull(1)
            ? new(ClaimState.Running, default, null)
            : new(ClaimState.Answered, default, new(
                reader.GetInt32(1),
                reader.IsDBNull(2) ? null : reader.GetString(2),
                reader.GetFieldValue<byte[]>(3),
                reader.GetBoolean(4)));
    }

    public async Task StoreAsync(IdempotentRequest request, Guid claim, StoredAnswer answer, CancellationToken cancel)
    {
        await using var command = database.CreateCommand(ProjectsSql.StoreAnswer);
        AddClaim(command, request, claim);
        command.Parameters.Add(new() { Value = answer.Status });
        command.Parameters.Add(new() { Value = (object?)answer.ContentType ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text });
        command.Parameters.Add(new() { Value = answer.Body });
        command.Parameters.Add(new() { Value = answer.Sealed });
        await command.ExecuteNonQueryAsync(cancel);
    }

    /// <summary>For requests that had no effect: the next one with this key starts from the beginning.</summary>
    public async Task ForgetAsync(IdempotentRequest request, Guid claim, CancellationToken cancel)
    {
        await using var command = database.CreateCommand(ProjectsSql.ForgetIdempotencyKey);
        AddClaim(command, request, claim);
        await command.ExecuteNonQueryAsync(cancel);
    }

    private static async Task<bool> TryTakeAsync(
        NpgsqlConnection connection, IdempotentRequest request, Guid claim, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(ProjectsSql.ClaimIdempotencyKey, connection);
        command.Parameters.Add(new() { Value = request.ProjectId });
        command.Parameters.Add(new() { Value = request.Key });
        command.Parameters.Add(new() { Value = request.Operation });
        command.Parameters.Add(new() { Value = request.BodyHash });
        command.Parameters.Add(new() { Value = claim });
        command.Parameters.Add(new() { Value = Lease });
        return await command.ExecuteScalarAsync(cancel) is not null;
    }

    private static void AddClaim(NpgsqlCommand command, IdempotentRequest request, Guid claim)
    {
        command.Parameters.Add(new() { Value = request.ProjectId });
        command.Parameters.Add(new() { Value = request.Key });
        command.Parameters.Add(new() { Value = claim });
    }
}
