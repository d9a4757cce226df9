using System.Globalization;
using Npgsql;
using NpgsqlTypes;
using Tollgate.Core.Privacy;
using Tollgate.Core.Time;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Ledger;
using Tollgate.Engine.Llm;
using Tollgate.Engine.Postgres;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Privacy;

/// <summary>
/// Deletes the texts of usage that is older than its customer's retention: once on each day of a project, on one of the servers.
/// Quantities, times and corrections stay, because Tollgate computes balances and invoices from them. Figures of calls to models stay too.
/// </summary>
/// <remarks>
/// Each step is one transaction: 1. it takes the run of the day, or begins it; 2. it reads the next customers and follows their settings;
/// 3. it deletes texts until its rows are used up: of events, of imported events, of reservations; 4. it stores how far it came.
/// </remarks>
public sealed class RunRetention(NpgsqlDataSource database, Clock clock)
{
    /// <summary>Rows with texts of one transaction. Each may have a reversing event, which changes too: a thousand rows at most.</summary>
    private const int BatchRows = 500;

    /// <summary>Customers of one transaction, most of which have nothing that is old enough since the day before.</summary>
    private const int CustomersAtOnce = 200;

    /// <summary>The largest distance between occurred_at and the month of an event: see MeteringSql.</summary>
    private static readonly TimeSpan MonthSlack = TimeSpan.FromDays(37);

    private static readonly string[] KeptProperties = RunErasures.KeptOfCalls;

    /// <summary>The parts of a customer's usage, in the order in which a run goes through them.</summary>
    private enum Part
    {
        Events,
        Imported,
        Holds,
    }

    private sealed record Run(Guid Id, DateOnly Day, int Imports, short Partition, int Account, string Place);

    private sealed record Mark(
        short Partition, int Account, int? Version, string? Override, RetentionTerm Term, Instant? KeptFrom, int Imports, bool IsStored);

    /// <param name="Place">The part and the last row; null: the customer is done.</param>
    private sealed record Stripped(string? Place, int Events, int Holds);

    private readonly record struct Span(Instant? From, Instant To, DateOnly FirstMonth, DateOnly LastMonth);

    /// <summary>Does one step of the project's run.</summary>
    /// <returns>False: nothing is left, or another server does it.</returns>
    public async Task<bool> StepAsync(ProjectSnapshot project, CancellationToken cancel)
    {
        await using var work = await OpenTransaction.BeginAsync(database, cancel);
        var now = clock.Now(project);
        if (await TakeAsync(work.Connection, project, now, cancel) is not { } run)
        {
            return false;
        }

        var settings = await PrivacySettings.ReadAsync(work.Connection, project, cancel);
        var wishes = new RetentionWishes(project, settings);
        var marks = await CustomersAsync(work.Connection, project, run, cancel);
        var (done, events, holds, place) = (new List<Mark>(), 0, 0, run.Place);
        foreach (var mark in marks)
        {
            var term = RetentionRules.Follow(mark.Term, wishes.Of(mark.Version, mark.Override).Days, now);
            Instant? keptFrom = term.Days is { } days ? RetentionRules.KeptFrom(run.Day, days, project.Zone) : null;
            if (keptFrom is { } from)
            {
                var (rows, inside) = (BatchRows - events - holds, PrefixOf(mark, from));
                var stripped = await StripAsync(
                    work.Connection, project, run, mark, from,
                    place.StartsWith(inside, StringComparison.Ordinal) ? place[inside.Length..] : "", rows, cancel);
                (events, holds) = (events + stripped.Events, holds + stripped.Holds);
                if (stripped.Place is not null)
                {
                    place = inside + stripped.Place;
                    break;
                }
            }

            place = "";
            done.Add(mark with
            {
                Term = term, KeptFrom = Later(mark.KeptFrom, keptFrom), Imports = keptFrom is null ? mark.Imports : run.Imports,
            });
        }

        await SetMarksAsync(work.Connection, project, done.Where((mark, i) => mark != marks[i] || !mark.IsStored).ToList(), cancel);
        var last = done.Count > 0 ? (done[^1].Partition, done[^1].Account) : (run.Partition, run.Account);
        var isOver = done.Count == marks.Count && marks.Count < CustomersAtOnce;
        await work.Connection.ExecuteAsync(
            RetentionSql.Move, cancel, run.Id, last.Partition, last.Account, place, (long)done.Count, (long)events, (long)holds, isOver);
        await work.Transaction.CommitAsync(CancellationToken.None);
        return !isOver;
    }

    /// <summary>
    /// The beginning of a place inside a customer. If the customer's retention changes between two steps, or if the customer is erased, the
    /// rows before the place are not done: the next step begins again with the first row.
    /// </summary>
    private static string PrefixOf(Mark mark, Instant keptFrom) =>
        string.Create(CultureInfo.InvariantCulture, $"{mark.Partition}/{mark.Account}/{keptFrom.UnixMicroseconds}|");

    private static Instant? Later(Instant? a, Instant? b) => a is { } some && b is { } other ? (some < other ? other : some) : a ?? b;

    private static async Task<Run?> TakeAsync(NpgsqlConnection connection, ProjectSnapshot project, Instant now, CancellationToken cancel)
    {
        await connection.ExecuteAsync(
            RetentionSql.Begin, cancel, Guid.CreateVersion7(), project.Id, RetentionRules.DayOf(now, project.Zone));
        await using var command = connection.Command(RetentionSql.Take, project.Id);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var row = new RowReader(reader);
        return await reader.ReadAsync(cancel)
            ? new(
                row.Id("id"), row.Value<DateOnly>("day"), row.Whole("imports"), row.Small("last_partition"), row.Whole("last_account"),
                row.Text("place"))
            : null;
    }

    private static async Task<IReadOnlyList<Mark>> CustomersAsync(
        NpgsqlConnection connection, ProjectSnapshot project, Run run, CancellationToken cancel)
    {
        await using var command = connection.Command(RetentionSql.Customers, project.Id, run.Partition, run.Account, CustomersAtOnce);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var (row, marks) = (new RowReader(reader), new List<Mark>());
        while (await reader.ReadAsync(cancel))
        {
            marks.Add(new(
                row.Small("partition"), row.Whole("account"), row.WholeOrNull("plan_version_id"), row.TextOrNull("override"),
                new(row.WholeOrNull("days"), row.WholeOrNull("next_days"), row.TimeOrNull("next_at")), row.TimeOrNull("kept_from"),
                row.Whole("imports"), row.Flag("has_mark")));
        }

        return marks;
    }

    /// <summary>Deletes texts of one customer's usage from before <paramref name="keptFrom"/>, at most in so many rows.</summary>
    private static async Task<Stripped> StripAsync(
        NpgsqlConnection connection, ProjectSnapshot project, Run run, Mark mark, Instant keptFrom, string place, int rows,
        CancellationToken cancel)
    {
        var (part, at) = PlaceOf(place);
        var (events, holds) = (0, 0);
        for (; part <= Part.Holds; (part, at) = (part + 1, ""))
        {
            // Usage may have been imported with any time since the run before.
            var from = part == Part.Imported && mark.Imports < run.Imports ? null : mark.KeptFrom;
            if (from >= keptFrom)
            {
                continue;
            }

            var left = rows - events - holds;
            var (last, seen) = part == Part.Holds
                ? await HoldsAsync(connection, mark, new(from, keptFrom, default, default), at, left, cancel)
                : await EventsAsync(connection, mark, SpanOf(part, from, keptFrom, project.Mode), at, left, cancel);
            (events, holds) = part == Part.Holds ? (events, holds + seen) : (events + seen, holds);
            if (seen == left)
            {
                return new($"{part}|{last ?? at}", events, holds);
            }
        }

        return new(null, events, holds);
    }

    private static Span SpanOf(Part part, Instant? from, Instant to, ProjectMode mode) =>
        part == Part.Imported ? new(from, to, HistorySql.Month, HistorySql.Month)
        : mode == ProjectMode.Sandbox ? new(from, to, DateOnly.MinValue, HistorySql.Month.AddMonths(-1))
        : new(
            from, to, from is { } some ? EventKey.MonthOf(some.Minus(MonthSlack)) : DateOnly.MinValue,
            EventKey.MonthOf(to.Plus(MonthSlack)));

    private static async Task<(string? Place, int Seen)> EventsAsync(
        NpgsqlConnection connection, Mark mark, Span span, string after, int rows, CancellationToken cancel)
    {
        var (id, month) = RunErasures.EventPlace(after);
        string? place;
        int seen;
        Guid[] ofMembers;
        await using (var command = connection.Command(
            RetentionSql.StripEvents, mark.Partition, mark.Account, id, month, rows, KeptProperties, span.FirstMonth, span.LastMonth,
            UtcOf(span.From), span.To.ToUtc()))
        await using (var reader = await command.ExecuteReaderAsync(cancel))
        {
            await reader.ReadAsync(cancel);
            var row = new RowReader(reader);
            (place, seen, ofMembers) = (row.TextOrNull("place"), (int)row.Long("seen"), row.Value<Guid[]>("of_members"));
        }

        if (ofMembers.Length > 0)
        {
            await connection.ExecuteAsync(
                RetentionSql.StripVoids, cancel, mark.Partition, mark.Account, Array.ConvertAll(ofMembers, EventKey.OfVoid));
        }

        return (place, seen);
    }

    private static async Task<(string? Place, int Seen)> HoldsAsync(
        NpgsqlConnection connection, Mark mark, Span span, string after, int rows, CancellationToken cancel)
    {
        await using var command = connection.Command(
            RetentionSql.StripHolds, mark.Partition, mark.Account, after.Length == 0 ? Guid.Empty : Guid.Parse(after), rows,
            UtcOf(span.From), span.To.ToUtc());
        await using var reader = await command.ExecuteReaderAsync(cancel);
        await reader.ReadAsync(cancel);
        var row = new RowReader(reader);
        return (row.TextOrNull("place"), (int)row.Long("seen"));
    }

    private static DateTime UtcOf(Instant? from) => from?.ToUtc() ?? DateTime.SpecifyKind(DateTime.MinValue, DateTimeKind.Utc);

    private static (Part Part, string At) PlaceOf(string place) =>
        place.Split('|') is [var part, var at] ? (Enum.Parse<Part>(part), at) : (Part.Events, "");

    private static Task SetMarksAsync(NpgsqlConnection connection, ProjectSnapshot project, List<Mark> marks, CancellationToken cancel) =>
        marks.Count == 0
            ? Task.CompletedTask
            : connection.ExecuteAsync(
                RetentionSql.SetMarks, cancel, project.Id, marks.Select(static mark => mark.Partition).ToArray(),
                marks.Select(static mark => mark.Account).ToArray(), Column(marks, NpgsqlDbType.Integer, static mark => mark.Term.Days),
                Column(marks, NpgsqlDbType.Integer, static mark => mark.Term.NextDays),
                Column(marks, NpgsqlDbType.TimestampTz, static mark => mark.Term.NextAt?.ToUtc()),
                Column(marks, NpgsqlDbType.TimestampTz, static mark => mark.KeptFrom?.ToUtc()),
                marks.Select(static mark => mark.Imports).ToArray());

    private static NpgsqlParameter Column<T>(IEnumerable<Mark> marks, NpgsqlDbType type, Func<Mark, T?> of) where T : struct =>
        new() { Value = marks.Select(of).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | type };
}
