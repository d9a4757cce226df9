using System.Security.Cryptography;
using System.Text.Json;
using NpgsqlTypes;
using Tollgate.Core.Customers;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Customers;
using Tollgate.Engine.Postgres;
using Tollgate.Engine.Projects;
using Tollgate.Engine.Secrets;

namespace Tollgate.Engine.Privacy;

/// <summary>Business of the customer that has to end before its erasure.</summary>
/// <param name="Kind">
/// <c>members</c>, <c>subscription</c>, <c>invoice</c>, <c>payment</c>, <c>refund</c>, <c>dispute</c>, <c>line</c>.
/// </param>
/// <param name="Id">The id or number of the member, subscription and so on.</param>
public sealed record ErasureBlocker(string Kind, string Id);

/// <param name="Erasure">Null: the customer is unknown, or was not erased.</param>
/// <param name="Blockers">Nothing was changed because of these.</param>
public sealed record EraseResult(Erasure? Erasure, IReadOnlyList<ErasureBlocker> Blockers);

/// <summary>
/// Erases a customer: its books stay under a random pseudonym, and everything that names the person goes.
/// </summary>
/// <remarks>
/// <list type="number">
/// <item>A member leaves its owner first: from then on no decision uses its id.</item>
/// <item>One transaction, under the customer's lock: it looks for open business, ends reservations, strips or deletes the rows of all
/// tables but the largest, gives the customer its pseudonym and stores the erasure. After its commit the former id is unknown.</item>
/// <item><see cref="RunErasures"/> does the rest in steps: events, reservations, and texts of the whole project that name the customer. The
/// caller waits a while for it; a server that dies leaves the steps to another one.</item>
/// </list>
/// Requests that decide on the customer meanwhile find its versions moved and look it up again: they get <c>customer_erased</c>.
/// </remarks>
public sealed class EraseCustomer(
    CustomerChanges changes, RemoveMember leave, CustomerQueries customers, ErasureQueries erasures, RunErasures run, ErasedIds ids,
    SecretBox secrets, Clock clock)
{
    /// <summary>Enough that no two pseudonyms are equal.</summary>
    private const int PseudonymBytes = 12;

    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(15);

    public async Task<EraseResult> RunAsync(ProjectSnapshot project, string id, string actor, CancellationToken cancel)
    {
        // 1. The membership.
        if (await customers.FindAsync(project, id, cancel) is { Customer.Owner: { } owner })
        {
            await leave.RunAsync(project, owner, id, cancel);
        }

        // 2. The transaction.
        var (erasure, blockers) = await BeginAsync(project, id, actor, cancel);
        if (blockers.Count > 0)
        {
            return new(null, blockers);
        }

        // 3. The steps. Without a new erasure, this is a repeat.
        var known = await erasures.FindAsync(project, id, cancel);
        if (known is { DoneAt: null } running && (erasure is null || erasure == running.Id))
        {
            await run.UntilDoneAsync(project, running.Id, LongestWait, cancel);
            known = await erasures.FindAsync(project, id, cancel);
        }

        return new(known, []);
    }

    /// <summary>Returns the new erasure; null: there is no customer with this id, or it has open business.</summary>
    private async Task<(Guid? Erasure, IReadOnlyList<ErasureBlocker> Blockers)> BeginAsync(
        ProjectSnapshot project, string id, string actor, CancellationToken cancel)
    {
        await using var change = await changes.BeginOnExistingAsync(project, id, cancel);
        if (change is null || await IsPseudonymAsync(change, project, id, cancel))
        {
            return (null, []);
        }

        await change.LockWholeAsync(cancel);
        var blockers = await BlockersAsync(change, cancel);
        if (blockers.Count > 0)
        {
            return (null, blockers);
        }

        var row = change.Row;
        var erasure = Guid.CreateVersion7(clock.Now().ToOffset());
        var pseudonym = PseudonymOf(project.Id, row.Partition);
        var terms = new ErasureTerms(
            id, row.Customer.Profile.Email, await TextsAsync(change, PrivacySql.References, cancel, row.Partition, row.Account),
            await NamesAsync(change, cancel), await OwnersAsync(change, project, id, cancel));

        // Customer, balances, then the rest: the order of locks of all transactions.
        await change.TouchAsync(clock.Now(project), cancel);
        await change.ExecuteAsync(PrivacySql.ReleaseHolds, cancel, row.Partition, row.Account);
        await EraseTokensAsync(change, cancel);
        var counts = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (var table in PersonalTables.Personal)
        {
            if (table.Statement is { } statement
                && await change.ExecuteAsync(statement, cancel, row.Partition, row.Account, project.Id, id, pseudonym) is > 0 and var rows)
            {
                counts[table.Name] = rows;
            }
        }

        await change.ExecuteAsync(
            PrivacySql.Insert, cancel, erasure, project.Id, ids.HashOf(project.Id, id), pseudonym, actor,
            secrets.CloseText(terms.Write(), SecretPlace.Erasure(erasure)),
            JsonSerializer.Serialize(counts, ErasureJson.Stored.DictionaryStringInt64));
        await ChangeNotice.SendAsync(change.Connection, ChangeNotice.Customer(project.Id, id), cancel);
        change.NoteDeleted();
        await change.CommitAsync();
        return (erasure, []);
    }

    /// <summary>An erased customer is not erased again: its pseudonym names nobody.</summary>
    private async Task<bool> IsPseudonymAsync(CustomerChange change, ProjectSnapshot project, string id, CancellationToken cancel)
    {
        await using var command = change.Command(PrivacySql.Find, project.Id, ids.HashOf(project.Id, id), id);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        return await reader.ReadAsync(cancel) && new RowReader(reader).Text("customer") == id;
    }

    private static async Task<IReadOnlyList<ErasureBlocker>> BlockersAsync(CustomerChange change, CancellationToken cancel)
    {
        var blockers = new List<ErasureBlocker>();
        if (change.Row.Owner is { } owner)
        {
            blockers.Add(new("member_of", owner));
        }

        await using var command = change.Command(PrivacySql.Blockers, change.Row.Partition, change.Row.Account);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
        {
            blockers.Add(new(reader.GetString(0), reader.GetString(1)));
        }

        return blockers;
    }

    private static async Task<List<string>> TextsAsync(
        CustomerChange change, string sql, CancellationToken cancel, params object?[] parameters)
    {
        await using var command = change.Command(sql, parameters);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var texts = new List<string>();
        while (await reader.ReadAsync(cancel))
        {
            texts.Add(reader.GetString(0));
        }

        return texts;
    }

    private static async Task<Dictionary<string, string>> NamesAsync(CustomerChange change, CancellationToken cancel)
    {
        await using var command = change.Command(PrivacySql.Names, change.Row.Partition, change.Row.Account);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var names = new Dictionary<string, string>(StringComparer.Ordinal);
        while (await reader.ReadAsync(cancel))
        {
            names[reader.GetString(0)] = reader.GetString(1);
        }

        return names;
    }

    private static async Task<List<OwnerPlace>> OwnersAsync(
        CustomerChange change, ProjectSnapshot project, string id, CancellationToken cancel)
    {
        await using var command = change.Command(PrivacySql.Owners, project.Id, id);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var owners = new List<OwnerPlace>();
        while (await reader.ReadAsync(cancel))
        {
            owners.Add(new(reader.GetInt16(0), reader.GetInt32(1)));
        }

        return owners;
    }

    /// <summary>Replaces the providers' tokens of payment methods by an empty text, encrypted as theirs were.</summary>
    private async Task EraseTokensAsync(CustomerChange change, CancellationToken cancel)
    {
        var methods = new List<Guid>();
        await using (var command = change.Command(PrivacySql.Methods, change.Row.Partition, change.Row.Account))
        await using (var reader = await command.ExecuteReaderAsync(cancel))
        {
            while (await reader.ReadAsync(cancel))
            {
                methods.Add(reader.GetGuid(0));
            }
        }

        foreach (var method in methods)
        {
            await change.ExecuteAsync(
                PrivacySql.SetToken, cancel, change.Row.Partition, change.Row.Account, method,
                SqlCommands.OrNull(secrets.CloseText("", SecretPlace.Card(method)), NpgsqlDbType.Text));
        }
    }

    /// <summary>
    /// A random id of the customer's own partition, so that its rows keep their keys. One of 64 random ids has the right one.
    /// </summary>
    private static string PseudonymOf(int project, short partition)
    {
        string pseudonym;
        do
        {
            pseudonym = "erased_" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(PseudonymBytes));
        }
        while (CustomerPlace.PartitionOf(project, pseudonym) != partition);

        return pseudonym;
    }
}
