using System.Diagnostics;
using System.Globalization;
using Npgsql;
using NpgsqlTypes;
using Tollgate.Core.Customers;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Ledger;
using Tollgate.Engine.Llm;
using Tollgate.Engine.Postgres;
using Tollgate.Engine.Projects;
using Tollgate.Engine.Secrets;
using Tollgate.Engine.Webhooks;

namespace Tollgate.Engine.Privacy;

/// <summary>
/// The steps of erasures after their first transaction. Each call is one transaction on a bounded number of rows, which also stores how far
/// it came, so a killed server repeats at most one.
/// </summary>
/// <remarks>
/// The last steps search texts of the whole project. They run twice: a request that had read the customer before the erasure may write its
/// answer, a mail or an attempt shortly after, so the second sweep runs when all such requests have ended.
/// </remarks>
public sealed class RunErasures(NpgsqlDataSource database, SecretBox secrets)
{
    private const int BatchRows = 1_000;

    /// <summary>A request ends within 30 seconds, and a delivery of a webhook within 15.</summary>
    private static readonly TimeSpan UntilLastSweep = TimeSpan.FromMinutes(1);

    private static readonly TimeSpan LookAgain = TimeSpan.FromMilliseconds(50);

    /// <summary>Properties of calls to models that have the figures of costs and reports.</summary>
    internal static readonly string[] KeptOfCalls =
        [.. CallWords.Names.Where(static name => name is not ("request_id" or "usage_difference" or "endpoint"))];

    private delegate Task<StepResult> Step(Work work, CancellationToken cancel);

    /// <param name="Place">The place from which the step continues; null: it is over.</param>
    private sealed record StepResult(string? Place, string Table, long Changed);

    /// <summary>An erasure that this transaction holds.</summary>
    private sealed record Work(
        NpgsqlConnection Connection, int Project, Guid Id, string Pseudonym, string Place, short Partition, int Account,
        ErasureTerms Terms);

    private Step[] Steps =>
        [EventsAsync, HoldsAsync, HashesAsync, OwnersAsync, NamedAsync, NamesAsync, WebhooksAsync, ProviderEventsAsync, AnswersAsync];

    /// <summary>The first of the steps that run twice.</summary>
    private static int FirstSweep => 4;

    /// <summary>Works at an erasure until it is done once; other servers may take steps of it too.</summary>
    public async Task UntilDoneAsync(ProjectSnapshot project, Guid erasure, TimeSpan limit, CancellationToken cancel)
    {
        var started = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(started) < limit)
        {
            switch (await StepAsync(project, erasure, cancel))
            {
                case null when await IsDoneAsync(erasure, cancel):
                    return;
                case null:
                    await Task.Delay(LookAgain, cancel);
                    break;
            }
        }
    }

    /// <summary>Takes one step of a due erasure of the project.</summary>
    /// <returns>Null: no erasure is due, or other servers have them.</returns>
    public async Task<Guid?> StepAsync(ProjectSnapshot project, Guid? only, CancellationToken cancel)
    {
        await using var work = await OpenTransaction.BeginAsync(database, cancel);
        if (await TakeAsync(work.Connection, project.Id, only, cancel) is not var (step, isAgain, erasure))
        {
            return null;
        }

        var result = await Steps[step](erasure, cancel);
        var next = result.Place is null ? step + 1 : step;
        await work.Connection.ExecuteAsync(
            PrivacySql.Move, cancel, erasure.Id, (short)next, result.Place ?? "", result.Table, result.Changed);
        if (next == Steps.Length)
        {
            await (isAgain
                ? work.Connection.ExecuteAsync(PrivacySql.Finish, cancel, erasure.Id)
                : work.Connection.ExecuteAsync(PrivacySql.Done, cancel, erasure.Id, (short)FirstSweep, UntilLastSweep));
        }

        await work.Transaction.CommitAsync(CancellationToken.None);
        return erasure.Id;
    }

    private async Task<bool> IsDoneAsync(Guid erasure, CancellationToken cancel)
    {
        await using var command = database.Command(PrivacySql.IsDone, erasure);
        return await command.ExecuteScalarAsync(cancel) is true;
    }

    private async Task<(int Step, bool IsAgain, Work Work)?> TakeAsync(
        NpgsqlConnection connection, int project, Guid? only, CancellationToken cancel)
    {
        int step;
        bool isAgain;
        Work work;
        await using (var command = connection.Command(PrivacySql.Take, project, SqlCommands.OrNull(only, NpgsqlDbType.Uuid)))
        await using (var reader = await command.ExecuteReaderAsync(cancel))
        {
            if (!await reader.ReadAsync(cancel))
            {
                return null;
            }

            var row = new RowReader(reader);
            var (id, pseudonym) = (row.Id("id"), row.Text("customer"));
            (step, isAgain) = (row.Small("step"), row.Flag("is_again"));
            var terms = secrets.OpenText(row.Text("terms"), SecretPlace.Erasure(id))
                ?? throw new InvalidOperationException($"The words of erasure {id} cannot be decrypted.");
            work = new(
                connection, project, id, pseudonym, row.Text("place"), CustomerPlace.PartitionOf(project, pseudonym), 0,
                ErasureTerms.Read(terms));
        }

        await using var find = connection.Command(PrivacySql.AccountOf, work.Partition, project, work.Pseudonym);
        return (step, isAgain, work with { Account = (int)(await find.ExecuteScalarAsync(cancel))! });
    }

    private static Task<StepResult> EventsAsync(Work work, CancellationToken cancel)
    {
        var (id, month) = EventPlace(work.Place);
        return PageAsync(
            work, "events", "", PrivacySql.StripEvents, cancel, work.Partition, work.Account, id, month, BatchRows, KeptOfCalls);
    }

    private static async Task<StepResult> HoldsAsync(Work work, CancellationToken cancel)
    {
        var rows = await work.Connection.ExecuteAsync(PrivacySql.DeleteHolds, cancel, work.Partition, work.Account, BatchRows);
        return new(rows == BatchRows ? "more" : null, "holds", rows);
    }

    private static async Task<StepResult> HashesAsync(Work work, CancellationToken cancel)
    {
        if (work.Place.Length == 0)
        {
            var hashes = await work.Connection.ExecuteAsync(PrivacySql.DeleteHashes, cancel, work.Partition, work.Account);
            return new("signals", "unique_values", hashes);
        }

        await work.Connection.ExecuteAsync(SignalSql.LockOne, cancel, work.Partition, work.Account);
        return new(null, "signal_months", await work.Connection.ExecuteAsync(SignalSql.Erase, cancel, work.Partition, work.Account));
    }

    /// <summary>The place is the number of the owner and the last event: <c>0|id/month</c>.</summary>
    private static async Task<StepResult> OwnersAsync(Work work, CancellationToken cancel)
    {
        var parts = work.Place.Split('|');
        var number = parts[0].Length == 0 ? 0 : int.Parse(parts[0], CultureInfo.InvariantCulture);
        if (number >= work.Terms.Owners.Count)
        {
            return new(null, "events", 0);
        }

        var owner = work.Terms.Owners[number];
        var (id, month) = EventPlace(parts.Length > 1 ? parts[1] : "");
        var page = await PageAsync(
            work, "events", $"{number.ToString(CultureInfo.InvariantCulture)}|", PrivacySql.StripEventsOfMember, cancel,
            owner.Partition, owner.Account, id, month, BatchRows, KeptOfCalls, work.Terms.Id, work.Pseudonym);
        if (page.Place is not null)
        {
            return page;
        }

        await work.Connection.ExecuteAsync(
            PrivacySql.StripHoldsOfMember, cancel, owner.Partition, owner.Account, work.Terms.Id, work.Pseudonym);
        await work.Connection.ExecuteAsync(PrivacySql.ForgetMemberships, cancel, owner.Partition, owner.Account, work.Terms.Id);
        return page with { Place = $"{(number + 1).ToString(CultureInfo.InvariantCulture)}|" };
    }

    /// <summary>Rows under the former id that a request wrote after the erasure's first transaction.</summary>
    private static async Task<StepResult> NamedAsync(Work work, CancellationToken cancel)
    {
        long rows = 0;
        foreach (var table in PersonalTables.Personal.Where(static table => table.MayReturn))
        {
            rows += await work.Connection.ExecuteAsync(
                table.Statement!, cancel, work.Partition, work.Account, work.Project, work.Terms.Id, work.Pseudonym);
        }

        return new(null, "late_rows", rows);
    }

    /// <summary>Waits for the project's publisher: after that, no event with the former id is on its way.</summary>
    private static async Task<StepResult> NamesAsync(Work work, CancellationToken cancel)
    {
        await using (var take = work.Connection.Command(WebhookSql.TryLockPublishing, work.Project))
        {
            if (await take.ExecuteScalarAsync(cancel) is false)
            {
                await Task.Delay(LookAgain, cancel);
                return new("", "webhook_objects", 0);
            }
        }

        var names = work.Terms.Names.ToArray();
        return new(
            null, "webhook_objects",
            await work.Connection.ExecuteAsync(
                PrivacySql.Rename, cancel, work.Project, work.Terms.Id, work.Pseudonym, Array.ConvertAll(names, static one => one.Key),
                Array.ConvertAll(names, static one => one.Value)));
    }

    private static Task<StepResult> WebhooksAsync(Work work, CancellationToken cancel) => PageAsync(
        work, "webhook_events", "", PrivacySql.StripWebhooks, cancel, work.Project,
        work.Place.Length == 0 ? 0L : long.Parse(work.Place, CultureInfo.InvariantCulture), BatchRows,
        (string[])[work.Terms.Id, work.Pseudonym]);

    /// <summary>The bodies are encrypted, so they are searched here.</summary>
    private async Task<StepResult> ProviderEventsAsync(Work work, CancellationToken cancel)
    {
        var after = work.Place.Length == 0 ? 0L : long.Parse(work.Place, CultureInfo.InvariantCulture);
        var (seen, found) = (0, new List<(string Provider, string Id)>());
        await using (var command = work.Connection.Command(PrivacySql.ProviderEvents, work.Project, after, BatchRows))
        await using (var reader = await command.ExecuteReaderAsync(cancel))
        {
            var row = new RowReader(reader);
            while (await reader.ReadAsync(cancel))
            {
                var (provider, id) = (row.Text("provider"), row.Text("id"));
                (seen, after) = (seen + 1, row.Long("sequence"));
                if ((row.TextOrNull("object") is { } about && work.Terms.References.Contains(about, StringComparer.Ordinal))
                    || (secrets.OpenText(row.Text("body"), SecretPlace.ProviderEvent(work.Project, provider, id)) is { } body
                        && work.Terms.AreIn(body)))
                {
                    found.Add((provider, id));
                }
            }
        }

        foreach (var (provider, id) in found)
        {
            await work.Connection.ExecuteAsync(
                PrivacySql.StripProviderEvent, cancel, work.Project, provider, id,
                secrets.CloseText("{}", SecretPlace.ProviderEvent(work.Project, provider, id)));
        }

        return new(seen == BatchRows ? after.ToString(CultureInfo.InvariantCulture) : null, "provider_events", found.Count);
    }

    private static async Task<StepResult> AnswersAsync(Work work, CancellationToken cancel)
    {
        foreach (var sql in (string[])[PrivacySql.ForgetFailures, PrivacySql.ForgetRejections])
        {
            await work.Connection.ExecuteAsync(
                sql, cancel, work.Project, work.Terms.Id, SqlCommands.OrNull(work.Terms.SoughtEmail, NpgsqlDbType.Text));
        }

        return await PageAsync(
            work, "idempotency_keys", "", PrivacySql.ForgetAnswers, cancel, work.Project, work.Place, BatchRows, work.Terms.Id,
            SqlCommands.OrNull(work.Terms.SoughtEmail, NpgsqlDbType.Text), work.Terms.PathId);
    }

    /// <summary>Runs a statement that returns the place of its last row, and the numbers of rows seen and changed.</summary>
    private static async Task<StepResult> PageAsync(
        Work work, string table, string prefix, string sql, CancellationToken cancel, params object?[] parameters)
    {
        await using var command = work.Connection.Command(sql, parameters);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        await reader.ReadAsync(cancel);
        var row = new RowReader(reader);
        return new(row.Long("seen") == BatchRows ? prefix + row.Text("place") : null, table, row.Long("changed"));
    }

    internal static (Guid Id, DateOnly Month) EventPlace(string place) =>
        place.Split('/') is [var id, var month]
            ? (Guid.Parse(id), DateOnly.ParseExact(month, "yyyy-MM-dd", CultureInfo.InvariantCulture))
            : (Guid.Empty, DateOnly.MinValue);
}
