using Npgsql;
using NpgsqlTypes;
using Tollgate.Core.Catalog;
using Tollgate.Core.Time;
using Tollgate.Core.Webhooks;
using Tollgate.Engine.Postgres;

namespace Tollgate.Engine.Webhooks;

/// <summary>A delivery that this server has claimed until its lease ends.</summary>
/// <param name="Attempts">The number of earlier attempts.</param>
/// <param name="Lease">The end of the lease, which also identifies the claim.</param>
/// <param name="Age">The time since the first attempt was due.</param>
/// <param name="PreviousSealed">The endpoint's previous secret, while it still signs.</param>
public sealed record ClaimedDelivery(
    long Number, int Project, Guid Endpoint, int Attempts, DateTime Lease, TimeSpan Age, Guid Event, string Payload, string Url,
    byte[] Sealed, byte[]? PreviousSealed)
{
    /// <summary>The endpoint's format.</summary>
    public string Format { get; init; } = WebhookEndpoint.Tollgate;
}

/// <summary>An attempt, for the record.</summary>
/// <param name="Signature">The header.</param>
/// <param name="Status">The status of the answer; null: none arrived, and <paramref name="Error"/> tells the reason.</param>
/// <param name="Response">The beginning of the answer, as text.</param>
public sealed record DeliveryAttempt(
    int Number, Instant At, string Url, string Signature, int? Status, string? Error, string? Response, int DurationMilliseconds);

/// <summary>The consequences of an attempt.</summary>
/// <param name="Disabled">The reason why this attempt disabled the endpoint; null: it is enabled, or was disabled before.</param>
public readonly record struct FinishedAttempt(DeliveryVerdict Verdict, EndpointFault? Disabled);

/// <summary>
/// Claims due deliveries and records their attempts. Attempts are made outside of any transaction: a delivery that a killed server had
/// claimed is due again when its lease ends, and is sent again under the same <c>webhook-id</c>.
/// </summary>
public sealed class SendQueue(NpgsqlDataSource database)
{
    /// <param name="most">The maximum number.</param>
    /// <param name="going">The number of deliveries of each project in progress, including those to endpoints that were deleted
    /// meanwhile.</param>
    /// <param name="share">The maximum number of one project in progress.</param>
    /// <returns>The deliveries to send, and those whose rows cannot be read.</returns>
    public async Task<(IReadOnlyList<ClaimedDelivery> Deliveries,
        IReadOnlyList<(int Project, long Number, Exception Fault)> Broken)> ClaimAsync(
        int most, IReadOnlyDictionary<int, int> going, int share, CancellationToken cancel)
    {
        await using var command = database.Command(
            DeliverySql.Claim, new NpgsqlParameter { Value = DeliveryRules.Lease, NpgsqlDbType = NpgsqlDbType.Interval },
            (long)DeliveryRules.MostAtOnce, (long)most,
            going.Keys.ToArray(), going.Values.ToArray(), (long)share);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var (claimed, broken) = (new List<ClaimedDelivery>(), new List<(int, long, Exception)>());
        var row = new RowReader(reader);
        while (await reader.ReadAsync(cancel))
        {
            try
            {
                claimed.Add(Read(row));
            }
            catch (Exception fault) when (fault is not NpgsqlException)
            {
                broken.Add((row.Whole("project_id"), row.Long("number"), fault));
            }
        }

        return (claimed, broken);
    }

    private static ClaimedDelivery Read(RowReader row) => new(
        row.Long("number"), row.Whole("project_id"), row.Id("endpoint"), row.Small("attempts"), row.Value<DateTime>("leased_until"),
        row.IsNull("waited") ? TimeSpan.Zero : row.Value<TimeSpan>("waited"), row.Id("event"),
        row.Text("payload"), row.Text("url"), row.Value<byte[]>("secret"),
        row.IsNull("previous_secret") ? null : row.Value<byte[]>("previous_secret")) { Format = row.Text("format") };

    /// <summary>
    /// Records an attempt and its consequences: 1. locks the endpoint; 2. decides by the rules; 3. updates the delivery, unless another
    /// server has it by now; 4. inserts the attempt; 5. makes the next delivery of the object due; 6. updates the endpoint, and records if
    /// it is disabled.
    /// </summary>
    /// <param name="permille">A random number for <see cref="DeliveryRules.Decide"/>.</param>
    /// <returns>Null: the lease had ended, or the endpoint was deleted.</returns>
    public async Task<FinishedAttempt?> FinishAsync(
        ClaimedDelivery delivery, DeliveryAttempt attempt, AttemptResult result, int permille, CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);

        // 1. and 2.
        var held = await HoldAsync(connection, delivery, cancel);
        var failures = result.IsGood ? 0 : held.Failures + 1;
        var decision = DeliveryRules.Decide(result, delivery.Attempts + 1, delivery.Age, failures, held.FailingFor, permille);
        var state =
            decision.Verdict switch { DeliveryVerdict.Delivered => "delivered", DeliveryVerdict.GiveUp => "failed", _ => "waiting" };

        // 3.
        (string Type, string Id) subject;
        await using (var finish = connection.Command(
            DeliverySql.Finish, delivery.Number, delivery.Lease, state,
            SqlCommands.OrNull(state == "waiting" ? decision.RetryIn : null, NpgsqlDbType.Interval)))
        await using (var row = await finish.ExecuteReaderAsync(cancel))
        {
            if (!await row.ReadAsync(cancel))
            {
                return null;
            }

            subject = (row.GetString(0), row.GetString(1));
        }

        // 4. to 6.
        await ExecuteAsync(connection.Command(
            DeliverySql.InsertAttempt, delivery.Number, (short)attempt.Number, attempt.At.ToUtc(), attempt.Url, attempt.Signature,
            SqlCommands.OrNull((short?)attempt.Status, NpgsqlDbType.Smallint), SqlCommands.OrNull(attempt.Error, NpgsqlDbType.Text),
            SqlCommands.OrNull(attempt.Response, NpgsqlDbType.Text), attempt.DurationMilliseconds), cancel);
        if (state != "waiting")
        {
            await ExecuteAsync(connection.Command(DeliverySql.WakeNext, delivery.Endpoint, subject.Type, subject.Id), cancel);
        }

        var disabled = held.IsJudged ? decision.Disable : null;
        var reason = SqlCommands.OrNull(disabled is { } fault ? CatalogWords.Of(fault) : null, NpgsqlDbType.Text);
        await ExecuteAsync(connection.Command(
            DeliverySql.Judge, delivery.Endpoint, failures, SqlCommands.OrNull(decision.PauseFor, NpgsqlDbType.Interval), reason,
            delivery.Url), cancel);
        if (disabled is not null)
        {
            await ExecuteAsync(connection.Command(DeliverySql.InsertDisabled, delivery.Endpoint, CatalogWords.Of(disabled.Value)), cancel);
        }

        await transaction.CommitAsync(cancel);
        return new(decision.Verdict, disabled);
    }

    /// <inheritdoc cref="DeliverySql.Release"/>
    public async Task ReturnAsync(ClaimedDelivery delivery, CancellationToken cancel)
    {
        await using var command = database.Command(DeliverySql.Release, delivery.Number, delivery.Lease);
        await command.ExecuteNonQueryAsync(cancel);
    }

    /// <summary>Removes all events that are older than <paramref name="days"/>.</summary>
    /// <param name="atOnce">The maximum number in one transaction.</param>
    /// <returns>The number of removed events.</returns>
    public async Task<int> ForgetOldAsync(int days, int atOnce, CancellationToken cancel)
    {
        for (var all = 0; ;)
        {
            await using var command = database.Command(WebhookSql.ForgetOld, days, atOnce);
            var gone = await command.ExecuteNonQueryAsync(cancel);
            all += gone;
            if (gone < atOnce)
            {
                return all;
            }
        }
    }

    /// <returns>The endpoint's failures, and true if the result can disable it: it is enabled, and still has the address.</returns>
    private static async Task<(int Failures, TimeSpan FailingFor, bool IsJudged)> HoldAsync(NpgsqlConnection connection,
        ClaimedDelivery delivery, CancellationToken cancel)
    {
        await using var command = connection.Command(DeliverySql.HoldEndpoint, delivery.Endpoint, delivery.Url);
        await using var row = await command.ExecuteReaderAsync(cancel);
        await row.ReadAsync(cancel);
        return (row.GetInt32(0), row.IsDBNull(1) ? TimeSpan.Zero : row.GetTimeSpan(1), row.GetBoolean(2));
    }

    private static async Task ExecuteAsync(NpgsqlCommand command, CancellationToken cancel)
    {
        await using (command)
        {
            await command.ExecuteNonQueryAsync(cancel);
        }
    }
}
