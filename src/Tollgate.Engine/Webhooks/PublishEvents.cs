using System.Text.Json;
using Npgsql;
using NpgsqlTypes;
using Tollgate.Core.Catalog;
using Tollgate.Core.Money;
using Tollgate.Core.Subscriptions;
using Tollgate.Core.Time;
using Tollgate.Core.Webhooks;
using Tollgate.Engine.Postgres;
using Tollgate.Engine.Projects;
using Tollgate.Engine.Subscriptions;

namespace Tollgate.Engine.Webhooks;

/// <summary>A fact that becomes an event.</summary>
/// <param name="Id">The id of the subscription, the invoice or the payment.</param>
/// <param name="Object">The name in the API: an id, or for a quota <c>customer/feature</c>.</param>
/// <param name="FactNumber">The number of the fact among those of its object.</param>
/// <param name="Customer">Null: it is about no customer.</param>
/// <param name="At">The time at which it took effect, in the project's time; for an endpoint in real time.</param>
public sealed record FactToPublish(
    WebhookEventType Type, Guid? Id, string Object, long FactNumber, string? Customer, string Word, Instant At, Instant RecordedAt,
    string Actor, string? Note, Guid? Invoice)
{
    /// <summary>For a subscription: its state after the step and after the previous step.</summary>
    public SubscriptionState? After { get; init; }

    public SubscriptionState? Before { get; init; }

    /// <summary>For an invoice or a payment: in minor units of its currency.</summary>
    public long? Amount { get; init; }

    public CrossedThreshold? Threshold { get; init; }

    /// <summary>True if an endpoint of the format takes part: an alert goes to the channels of its rule.</summary>
    internal bool GoesTo(string format) => Type != WebhookEventType.AlertFired
        ? format == WebhookEndpoint.Tollgate
        : Word.Split(',').Contains(format == WebhookEndpoint.Tollgate ? "webhook" : format);

    /// <summary>The number of the event among those of its object, from 1 and without a gap.</summary>
    public long Sequence { get; init; }
}

public sealed record CrossedThreshold(int Percent, Instant PeriodStart, Quantity Used, Quantity Granted);

/// <summary>
/// Reads the objects in the payloads of facts, and returns a function that writes one: <c>{"type": …, "timestamp": …, "sequence": …,
/// "data": {…}}</c>.
/// </summary>
public delegate Task<Func<FactToPublish, string>> BuildPayloads(
    ProjectSnapshot project, IReadOnlyList<FactToPublish> facts, CancellationToken cancel);

/// <summary>
/// Publishes facts as events. The facts are the outbox: code that writes a fact does nothing more for webhooks. The publisher 1. reads
/// facts of finished transactions, in the order of their positions; 2. reads the objects that payloads show; then, in one transaction, 3.
/// takes the project's lock, so that one server publishes; 4. takes numbers, without gaps; 5. writes events, deliveries and the position up
/// to which facts are published.
/// </summary>
public sealed class PublishEvents(NpgsqlDataSource database)
{
    /// <summary>Facts in one transaction of the publisher, or all facts with one position if there are more.</summary>
    public const int MostAtOnce = 200;

    /// <summary>
    /// The number of transactions without a fact of the project after which its position moves anyway, so that the next run does not read
    /// other projects' facts again.
    /// </summary>
    private const ulong IdleSpan = 1000;

    public async Task<IReadOnlyList<int>> ProjectsAsync(CancellationToken cancel)
    {
        await using var command = database.Command(WebhookSql.Projects);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var projects = new List<int>();
        while (await reader.ReadAsync(cancel))
        {
            projects.Add(reader.GetInt32(0));
        }

        return projects;
    }

    /// <returns>The number of published events. <see cref="MostAtOnce"/> or more: there may be others.</returns>
    public async Task<int> RunAsync(ProjectSnapshot project, BuildPayloads build, CancellationToken cancel)
    {
        // 1. and 2. The connection returns to the pool before the objects are read: a publisher never holds two connections.
        var seen = await LookAsync(project, cancel);
        if (seen.Facts.Count == 0)
        {
            return seen.To - seen.From > IdleSpan ? await WriteAsync(project, seen, static _ => "", cancel) : 0;
        }

        return await WriteAsync(project, seen, await build(project, seen.Facts, cancel), cancel);
    }

    private async Task<Seen> LookAsync(ProjectSnapshot project, CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);
        var (from, to) = await SpanAsync(connection, project, cancel);
        var (facts, last) = from < to ? await FactsAsync(connection, project, from, to, cancel) : ([], from);
        return new(from, to, facts, last);
    }

    /// <summary>3. to 5. Writes nothing if another server publishes for the project, or has since the facts were read.</summary>
    private async Task<int> WriteAsync(ProjectSnapshot project, Seen seen, Func<FactToPublish, string> payloadOf, CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        await using (var @lock = connection.Command(WebhookSql.TryLockPublishing, project.Id))
        {
            if (!(bool)(await @lock.ExecuteScalarAsync(cancel))!)
            {
                return 0;
            }
        }

        if ((await SpanAsync(connection, project, cancel)).From != seen.From)
        {
            return 0;
        }

        if (seen.Facts.Count > 0)
        {
            var facts = await NumberAsync(connection, project, seen.Facts, cancel);

            // This locks the endpoints: see DeliverySql.
            await DeliverAsync(
                connection, project, facts, await InsertAsync(connection, project, facts, [.. facts.Select(payloadOf)], cancel), cancel);
        }

        await MoveAsync(connection, project, seen.Facts.Count >= MostAtOnce ? seen.Last + 1 : seen.To, cancel);
        await transaction.CommitAsync(cancel);
        return seen.Facts.Count;
    }

    /// <summary>Unpublished facts, and the positions between which they were read.</summary>
    private readonly record struct Seen(ulong From, ulong To, IReadOnlyList<FactToPublish> Facts, ulong Last);

    /// <summary>
    /// Returns the time at which the oldest unpublished fact of the project was written; null: all are published. See
    /// <see cref="WebhookSql.OldestUnpublished"/>.
    /// </summary>
    public async Task<Instant?> OldestUnpublishedAsync(ProjectSnapshot project, CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);
        var (from, _) = await SpanAsync(connection, project, cancel);
        await using var command = connection.Command(
            WebhookSql.OldestUnpublished, project.Id, Place(from), Place(ulong.MaxValue), 1L, project.TestClock is not null);
        return await command.ExecuteScalarAsync(cancel) is DateTime at ? Instant.FromUtc(at) : null;
    }

    private static async Task MoveAsync(NpgsqlConnection connection, ProjectSnapshot project, ulong to, CancellationToken cancel)
    {
        await using var command = connection.Command(WebhookSql.MovePlace, project.Id, Place(to));
        await command.ExecuteNonQueryAsync(cancel);
    }

    private static NpgsqlParameter Place(ulong xid) => new() { Value = xid, NpgsqlDbType = NpgsqlDbType.Xid8 };

    private static async Task<(ulong From, ulong To)> SpanAsync(NpgsqlConnection connection, ProjectSnapshot project,
        CancellationToken cancel)
    {
        await using var command = connection.Command(WebhookSql.Span, project.Id);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        await reader.ReadAsync(cancel);
        return (reader.GetFieldValue<ulong>(0), reader.GetFieldValue<ulong>(1));
    }

    private static async Task<(IReadOnlyList<FactToPublish> Facts, ulong Last)> FactsAsync(
        NpgsqlConnection connection, ProjectSnapshot project, ulong from, ulong to, CancellationToken cancel)
    {
        await using var command = connection.Command(WebhookSql.Facts, project.Id, Place(from), Place(to), (long)MostAtOnce);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var (facts, last) = (new List<FactToPublish>(), from);
        var row = new RowReader(reader);
        while (await reader.ReadAsync(cancel))
        {
            last = row.Value<ulong>("xid");
            facts.Add(Read(row));
        }

        return (facts, last);
    }

    private static FactToPublish Read(RowReader row)
    {
        var word = row.Text("word");
        var type = row.Text("object_type") switch
        {
            "subscription" => WebhookEventType.Of(CatalogWords.Read<SubscriptionVerb>(word)),
            "invoice" => WebhookEventType.OfInvoice(word, row.Flag("settles")),
            "checkout" => WebhookEventType.OfCheckout(word),
            "payment" => WebhookEventType.OfPayment(word),
            "webhook_endpoint" => WebhookEventType.EndpointDisabled,
            "alert" => WebhookEventType.AlertFired,
            _ => WebhookEventType.ThresholdReached,
        };
        return new(
            type, row.IdOrNull("id"), row.Text("object"), row.Long("sequence"), row.TextOrNull("customer"),
            word, row.Time("at"),
            row.Time("recorded_at"), row.Text("actor"), row.TextOrNull("note"),
            row.IdOrNull("invoice"))
        {
            After = State("after"),
            Before = State("before"),
            Amount = row.LongOrNull("amount"),
            Threshold = row.IsNull("period_start")
                ? null
                : new(row.Small("percent"), row.Time("period_start"), Quantity.Of(row.Number("used")),
                    Quantity.Of(row.Number("granted"))),
        };

        SubscriptionState? State(string column) =>
            row.TextOrNull(column) is { } json ? JsonSerializer.Deserialize(json, SubscriptionJson.Stored.SubscriptionState) : null;
    }

    private static async Task<IReadOnlyList<FactToPublish>> NumberAsync(
        NpgsqlConnection connection, ProjectSnapshot project, IReadOnlyList<FactToPublish> facts, CancellationToken cancel)
    {
        var objects = facts.CountBy(KeyOf).ToArray();
        await using var command = connection.Command(
            WebhookSql.TakeSequences, project.Id, objects.Select(static one => one.Key.Type).ToArray(),
            objects.Select(static one => one.Key.Object).ToArray(),
            objects.Select(static one => (long)one.Value).ToArray());
        var next = new Dictionary<(string, string), long>();
        await using (var row = await command.ExecuteReaderAsync(cancel))
        {
            while (await row.ReadAsync(cancel))
            {
                next[(row.GetString(0), row.GetString(1))] = row.GetInt64(2);
            }
        }

        foreach (var (key, count) in objects)
        {
            next[key] -= count;
        }

        var numbered = new List<FactToPublish>(facts.Count);
        foreach (var fact in facts)
        {
            numbered.Add(fact with { Sequence = ++next[KeyOf(fact)] });
        }

        return numbered;
    }

    private static (string Type, string Object) KeyOf(FactToPublish fact) => (CatalogWords.Of(fact.Type.Object), fact.Object);

    private static async Task<IReadOnlyList<long>> InsertAsync(
        NpgsqlConnection connection, ProjectSnapshot project, IReadOnlyList<FactToPublish> facts, IReadOnlyList<string> payloads,
        CancellationToken cancel)
    {
        var ids = facts.Select(static fact => Guid.CreateVersion7(fact.RecordedAt.ToOffset())).ToArray();
        await using var command = connection.Command(
            WebhookSql.InsertEvents, project.Id, ids, facts.Select(static fact => fact.Type.Name).ToArray(),
            facts.Select(static fact => KeyOf(fact).Type).ToArray(),
            facts.Select(static fact => fact.Object).ToArray(), facts.Select(static fact => fact.Sequence).ToArray(),
            facts.Select(static fact => fact.At.ToUtc()).ToArray(),
            payloads.ToArray());
        await using var row = await command.ExecuteReaderAsync(cancel);
        var positions = new Dictionary<Guid, long>();
        while (await row.ReadAsync(cancel))
        {
            positions[row.GetGuid(1)] = row.GetInt64(0);
        }

        return Array.ConvertAll(ids, id => positions[id]);
    }

    private static async Task DeliverAsync(
        NpgsqlConnection connection, ProjectSnapshot project, IReadOnlyList<FactToPublish> facts, IReadOnlyList<long> positions,
        CancellationToken cancel)
    {
        var pairs = new List<(Guid Endpoint, long Event)>();
        await using (var wait = connection.Command(DeliverySql.WaitBriefly))
        {
            await wait.ExecuteNonQueryAsync(cancel);
        }

        await using (var hold = connection.Command(DeliverySql.HoldEndpoints, project.Id))
        await using (var row = await hold.ExecuteReaderAsync(cancel))
        {
            while (await row.ReadAsync(cancel))
            {
                var (endpoint, wanted, format) = (row.GetGuid(0), row.GetFieldValue<string[]>(1), row.GetString(2));
                pairs.AddRange(facts.Index()
                    .Where(fact => WebhookEventType.Matches(wanted, fact.Item.Type.Name) && fact.Item.GoesTo(format))
                    .Select(fact => (endpoint, positions[fact.Index])));
            }
        }

        if (pairs.Count > 0)
        {
            await using var insert = connection.Command(
                DeliverySql.Insert, project.Id, pairs.Select(static pair => pair.Endpoint).ToArray(),
                pairs.Select(static pair => pair.Event).ToArray(), false);
            await insert.ExecuteNonQueryAsync(cancel);
        }
    }
}
