using System.Globalization;
using System.Runtime.CompilerServices;
using Npgsql;
using NpgsqlTypes;
using Tollgate.Core.Customers;
using Tollgate.Core.Money;
using Tollgate.Core.Time;
using Tollgate.Engine.Ledger;
using Tollgate.Engine.Postgres;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Metering;

/// <summary>A recorded event as lists show it.</summary>
/// <param name="ComputedJson">The values that the server computed, such as the cost of a call; null for most events.</param>
/// <param name="Plan">Set together with <paramref name="ComputedJson"/>: the customer's plan when the event was recorded.</param>
/// <param name="VoidedBy">Id of the reversing event.</param>
/// <param name="Voids">For a reversing event: the id of the event that it reverses.</param>
public sealed record EventRow(
    string Id, string Customer, string Type, string? Feature, Quantity Quantity, Instant OccurredAt, Instant RecordedAt,
    string? PropertiesJson, string? ComputedJson, string? Plan, string? VoidedBy, string? Voids, EventPosition Position)
{
    /// <summary>The member of the customer who caused it; null: the customer itself.</summary>
    public string? Member { get; init; }

    /// <summary>The request behind the use; null for most events.</summary>
    public string? OriginJson { get; init; }

    /// <summary>Set if the id was sent with a customer token: the name by which only this event can be addressed.</summary>
    public string? Key { get; init; }

    /// <summary>True if it is closed history, which counts for reports only.</summary>
    public bool IsImported { get; init; }
}

/// <summary>The position of an event in a list, newest first: the cursor of the next page.</summary>
/// <param name="Account">Orders events of several customers with the same id and instant. The default precedes all accounts.</param>
public readonly record struct EventPosition(Instant OccurredAt, Guid Id, int Account = int.MinValue)
{
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{OccurredAt.UnixMicroseconds}~{Id:D}");

    public static bool TryParse(string text, out EventPosition position)
    {
        position = default;
        var mark = text.IndexOf('~', StringComparison.Ordinal);
        if (mark <= 0 || !long.TryParse(text.AsSpan(0, mark), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var at)
            || at < 0 || at >= Instant.FarFuture.UnixMicroseconds || !Guid.TryParseExact(text.AsSpan(mark + 1), "D", out var id))
        {
            return false;
        }

        position = new(new(at), id);
        return true;
    }
}

/// <summary>The filters of a list of events.</summary>
/// <param name="From">Inclusive. <paramref name="To"/> is exclusive.</param>
/// <param name="After">The last event of the previous page; the list continues with older ones.</param>
public sealed record EventFilter(string? Customer, string? Type, string? Feature, Instant From, Instant To, EventPosition? After)
{
    /// <summary>Only events that this member of a customer caused.</summary>
    public string? Member { get; init; }
}

/// <summary>Reads of recorded events, newest first. They read the database, never the lanes' memory.</summary>
/// <param name="keys">Null: no usage is encrypted.</param>
public sealed class EventQueries(Database database, UsageKeys? keys = null)
{
    /// <summary>The longest time range of a list without a customer.</summary>
    public static readonly TimeSpan LongestWindow = TimeSpan.FromDays(31);

    /// <summary>The largest distance between occurred_at and the time that decides the month: 36 days of a UUIDv7, and a margin.</summary>
    private static readonly TimeSpan MonthSlack = TimeSpan.FromDays(37);

    /// <summary>Without a customer, a search starts with the newest stretch and continues with ever longer ones.</summary>
    private static readonly TimeSpan FirstStretch = TimeSpan.FromMinutes(1);

    private const int StretchGrowth = 8;

    private static readonly TimeSpan ShortestStretch = TimeSpan.FromMilliseconds(1);

    /// <summary>A longer stretch grows no more: a window may reach from 1970 to 8999, and a TimeSpan has room for 29,000 years.</summary>
    private static readonly TimeSpan LongestStretch = TimeSpan.FromDays(36_525);

    /// <summary>Rows of a page: the part of an export that stays in memory while its reader takes its time.</summary>
    private const int RowsAtOnce = 1_000;

    /// <summary>Characters of properties after which a page ends early: a thousand rows of 16 kB each would be 16 MB.</summary>
    private const int CharactersAtOnce = 1_000_000;

    /// <summary>
    /// The time limit of a search for a page. A filter that few events pass goes through all events of the range, also those of one
    /// customer. Default 5 seconds.
    /// </summary>
    public TimeSpan LongestSearch { get; init; } = SearchLimit.Longest;

    /// <summary>Lists at most <paramref name="most"/> events.</summary>
    /// <exception cref="SearchTooLongException">The window contains too many events.</exception>
    public Task<IReadOnlyList<EventRow>> ListAsync(ProjectSnapshot project, EventFilter filter, int most, CancellationToken cancel) =>
        SearchLimit.RunAsync(LongestSearch, limited => SearchAsync(project, filter, most, limited), cancel);

    private async Task<IReadOnlyList<EventRow>> SearchAsync(ProjectSnapshot project, EventFilter filter, int most, CancellationToken cancel)
    {
        await using var connection = await database.Source.OpenConnectionAsync(cancel);
        var found = new List<FoundEvent>(most);
        var stretch = filter.Customer is null ? FirstStretch : filter.To - filter.From;
        var newest = filter.After is { } after && after.OccurredAt < filter.To
            ? after.OccurredAt.Plus(TimeSpan.FromMicroseconds(1))
            : filter.To;
        for (var to = newest; to > filter.From && found.Count < most; stretch = Longer(stretch))
        {
            var from = to - filter.From > stretch ? to.Minus(stretch) : filter.From;
            await using var command = CommandOf(connection, project, filter with { From = from, To = to }, most - found.Count);
            await using var reader = await command.ExecuteReaderAsync(cancel);
            while (await reader.ReadAsync(cancel))
            {
                found.Add(Read(reader));
            }

            to = from;
        }

        return await NamedAsync(connection, project, found, keys, cancel);
    }

    /// <summary>
    /// Returns all events of the filter, newest first, in pages of at most <see cref="RowsAtOnce"/> rows and about
    /// <see cref="CharactersAtOnce"/> characters. It holds no database resources between two pages: the caller may take any time to write
    /// one out. Each event that was recorded before the first page appears once, whatever is recorded meanwhile.
    /// </summary>
    /// <remarks>
    /// No index orders events by time, so each page sorts the events of its stretch. A stretch is as long as two pages like the one before
    /// would need: the pages together read about three times the rows that they return, and never read everything again for each page.
    /// </remarks>
    public async IAsyncEnumerable<IReadOnlyList<EventRow>> PagesAsync(
        ProjectSnapshot project, EventFilter filter, [EnumeratorCancellation] CancellationToken cancel)
    {
        var stretch = filter.Customer is null ? FirstStretch : filter.To - filter.From;
        var (to, after) = (filter.To, filter.After);
        while (to > filter.From)
        {
            var from = to - filter.From > stretch ? to.Minus(stretch) : filter.From;
            var (rows, isCut) = await PageAsync(project, filter with { From = from, To = to, After = after }, cancel);
            if (rows.Count > 0)
            {
                yield return rows;
            }

            if (isCut)
            {
                var last = rows[^1].Position;
                stretch = 2 * (to - last.OccurredAt) + ShortestStretch;
                (to, after) = (last.OccurredAt.Plus(TimeSpan.FromMicroseconds(1)), last);
            }
            else
            {
                stretch = Longer(stretch);
                (to, after) = (from, null);
            }
        }
    }

    /// <returns>The rows, and true if the filter's window may contain more.</returns>
    private async Task<(IReadOnlyList<EventRow> Rows, bool IsCut)> PageAsync(ProjectSnapshot project, EventFilter filter,
        CancellationToken cancel)
    {
        await using var connection = await database.Source.OpenConnectionAsync(cancel);
        var (found, characters) = (new List<FoundEvent>(), 0);
        await using (var command = CommandOf(connection, project, filter, RowsAtOnce))
        await using (var reader = await command.ExecuteReaderAsync(cancel))
        {
            while (characters < CharactersAtOnce && await reader.ReadAsync(cancel))
            {
                var one = Read(reader);
                found.Add(one);
                characters += (one.Stored.Data.PropertiesJson?.Length ?? 0) + (one.Stored.Data.ComputedJson?.Length ?? 0)
                    + (one.Stored.Data.Box?.Length ?? 0);
            }
        }

        return (await NamedAsync(connection, project, found, keys, cancel), found.Count == RowsAtOnce || characters >= CharactersAtOnce);
    }

    /// <summary>Returns the position of the event with this id; null if the filter's window does not contain it.</summary>
    public async Task<EventPosition?> PositionOfAsync(
        ProjectSnapshot project, EventFilter filter, string id, Instant now, CancellationToken cancel)
    {
        var key = EventKey.Sought(id, now);
        var customer = filter.Customer;
        if (customer is null)
        {
            var (place, fault) = await LedgerQueries.FindEventAsync(database, project.Id, key, cancel);
            if (fault != GateFault.None)
            {
                return null;
            }

            customer = place.Customer;
        }

        await using var command = database.Source.CreateCommand(MeteringSql.Event);
        AddPlace(command.Parameters, project, customer);
        command.Parameters.Add(new() { Value = key, NpgsqlDbType = NpgsqlDbType.Uuid });
        await using var reader = await command.ExecuteReaderAsync(cancel);
        return await reader.ReadAsync(cancel) ? new(AccountLoader.At(reader, EventColumn.OccurredAt), key) : null;
    }

    private static TimeSpan Longer(TimeSpan stretch) => stretch < LongestStretch ? stretch * StretchGrowth : stretch;

    internal static void AddPlace(NpgsqlParameterCollection parameters, ProjectSnapshot project, string? customer)
    {
        var partition = customer is null ? DBNull.Value : (object)CustomerPlace.PartitionOf(project.Id, customer);
        parameters.Add(new() { Value = partition, NpgsqlDbType = NpgsqlDbType.Smallint });
        parameters.Add(new() { Value = project.Id, NpgsqlDbType = NpgsqlDbType.Integer });
        parameters.Add(new() { Value = (object?)customer ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text });
    }

    private static NpgsqlCommand CommandOf(NpgsqlConnection connection, ProjectSnapshot project, EventFilter filter, int? most)
    {
        var command = new NpgsqlCommand(filter.Customer is null ? MeteringSql.EventsOfProject : MeteringSql.EventsOfCustomer, connection);
        AddPlace(command.Parameters, project, filter.Customer);
        var oldest = project.Mode == ProjectMode.Sandbox ? DateOnly.MinValue : EventKey.MonthOf(filter.From.Minus(MonthSlack));
        command.Parameters.Add(new() { Value = oldest, NpgsqlDbType = NpgsqlDbType.Date });
        command.Parameters.Add(new() { Value = filter.From.ToUtc(), NpgsqlDbType = NpgsqlDbType.TimestampTz });
        command.Parameters.Add(new() { Value = filter.To.ToUtc(), NpgsqlDbType = NpgsqlDbType.TimestampTz });
        command.Parameters.Add(new() { Value = OrNull(filter.After?.OccurredAt.ToUtc()), NpgsqlDbType = NpgsqlDbType.TimestampTz });
        command.Parameters.Add(new() { Value = OrNull(filter.After?.Id), NpgsqlDbType = NpgsqlDbType.Uuid });
        command.Parameters.Add(new() { Value = OrNull(filter.Type), NpgsqlDbType = NpgsqlDbType.Text });
        command.Parameters.Add(new() { Value = KeyOf(project, filter.Type), NpgsqlDbType = NpgsqlDbType.Integer });
        command.Parameters.Add(
            new() { Value = filter.Feature is null ? DBNull.Value : KeyOf(project, filter.Feature), NpgsqlDbType = NpgsqlDbType.Integer });
        command.Parameters.Add(new() { Value = OrNull(most), NpgsqlDbType = NpgsqlDbType.Integer });
        command.Parameters.Add(new() { Value = OrNull(filter.Member), NpgsqlDbType = NpgsqlDbType.Text });
        command.Parameters.Add(new() { Value = filter.After?.Account ?? int.MinValue, NpgsqlDbType = NpgsqlDbType.Integer });
        return command;
    }

    /// <summary>Returns -1 (no feature has it) if no feature ever had the name.</summary>
    private static int KeyOf(ProjectSnapshot project, string? code) =>
        code is null ? -1
        : project.Catalog.Features.TryGetValue(code, out var known) ? known.Key
        : project.Catalog.FeaturesByKey.Values.FirstOrDefault(f => f.Code == code)?.Key ?? -1;

    private static object OrNull(object? value) => value ?? DBNull.Value;

    internal sealed record FoundEvent(StoredEvent Stored, short Partition, int Account, string Customer)
    {
        public string Id => Stored.Data.Id ?? Stored.Id.ToString("D");

        public EventPlace Place => new(Partition, Account, Stored.Id);

        /// <summary>The id of the related event: the one that reverses this event, or the one that this event reverses.</summary>
        public Guid Other => Stored.Data.Voids ?? EventKey.OfVoid(Stored.Id);
    }

    internal static FoundEvent Read(NpgsqlDataReader reader) =>
        new(StoredEvent.Read(reader), reader.GetInt16(EventColumn.Partition), reader.GetInt32(EventColumn.Account),
            reader.GetString(EventColumn.CustomerId));

    internal static async Task<IReadOnlyList<EventRow>> NamedAsync(
        NpgsqlConnection connection, ProjectSnapshot project, IReadOnlyList<FoundEvent> found, UsageKeys? keys, CancellationToken cancel)
    {
        if (found.Count == 0)
        {
            return [];
        }

        if (keys is not null)
        {
            found = await OpenedAsync(connection, found, keys, cancel);
        }

        var names = new Dictionary<(int Account, Guid Id), string>();
        await using var command = new NpgsqlCommand(MeteringSql.NamesOf, connection);
        command.Parameters.Add(
            new() { Value = found.Select(f => f.Partition).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Smallint });
        command.Parameters.Add(
            new() { Value = found.Select(f => f.Account).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Integer });
        command.Parameters.Add(
            new() { Value = found.Select(f => f.Other).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Uuid });
        await using var reader = await command.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
        {
            names[(reader.GetInt32(0), reader.GetGuid(1))] = reader.IsDBNull(2) ? reader.GetGuid(1).ToString("D") : reader.GetString(2);
        }

        return [.. found.Select(f => RowOf(project, f, names.GetValueOrDefault((f.Account, f.Other))))];
    }

    /// <summary>Decrypts the texts of events. Those of erased customers have no key any more.</summary>
    private static async Task<IReadOnlyList<FoundEvent>> OpenedAsync(
        NpgsqlConnection connection, IReadOnlyList<FoundEvent> found, UsageKeys keys, CancellationToken cancel)
    {
        var closed = found.Where(static one => one.Stored.Data.Box is not null).ToArray();
        if (closed.Length == 0)
        {
            return found;
        }

        var known = await keys.ReadAsync(connection, Array.ConvertAll(closed, static one => one.Place), cancel);
        return [.. found.Select(one => one with { Stored = one.Stored.Opened(known, one.Place) })];
    }

    private static EventRow RowOf(ProjectSnapshot project, FoundEvent found, string? other)
    {
        var stored = found.Stored;
        var feature = project.Catalog.FeaturesByKey.GetValueOrDefault(stored.FeatureKey)?.Code;
        var voids = stored.Data.Voids is { } target ? other ?? target.ToString("D") : null;
        return new(
            found.Id, found.Customer, stored.Data.Type ?? feature ?? "", feature, stored.Quantity, stored.OccurredAt,
            stored.Data.RecordedAt ?? stored.OccurredAt, stored.Data.PropertiesJson, stored.Data.ComputedJson, stored.Data.Plan,
            voids is null ? other : null, voids, new(stored.OccurredAt, stored.Id, found.Account))
        {
            Member = stored.Data.Member,
            OriginJson = stored.Data.OriginJson,
            Key = EventKey.NameOf(stored.Id, stored.Data.Id),
            IsImported = stored.Data.Import is not null,
        };
    }
}
