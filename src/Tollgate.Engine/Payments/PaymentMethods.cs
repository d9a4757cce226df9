using Npgsql;
using Tollgate.Core.Catalog;
using Tollgate.Core.Customers;
using Tollgate.Core.Payments;
using Tollgate.Core.Payments.Sandbox;
using Tollgate.Core.Time;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Customers;
using Tollgate.Engine.Dunning;
using Tollgate.Engine.Postgres;
using Tollgate.Engine.Projects;
using Tollgate.Engine.Secrets;

namespace Tollgate.Engine.Payments;

public enum AddMethodOutcome
{
    Added,

    /// <summary>It is there already, and stays as it is.</summary>
    Known,

    /// <summary>The customer is a member, whose owner pays.</summary>
    IsMember,

    /// <summary>The customer has <see cref="PaymentMethods.Most"/>.</summary>
    TooMany,
}

/// <param name="Method">Null: nothing was added.</param>
public sealed record AddedMethod(AddMethodOutcome Outcome, PaymentMethod? Method = null);

/// <summary>What customers are charged by. The newest is the default.</summary>
public sealed class PaymentMethods(NpgsqlDataSource database, SecretBox secrets, Clock clock)
{
    /// <summary>Of a customer. Pages that need no key list all of them.</summary>
    public const int Most = 50;

    /// <summary>Creates the customer when it is missing.</summary>
    public Task<AddedMethod> AddAsync(ProjectSnapshot project, string customer, SandboxCard card, CancellationToken cancel) =>
        AddAsync(project, new(customer, card.Token, card.Brand, card.Last4), PaymentProvider.Sandbox, cancel);

    /// <summary>A method that a provider has of a customer. One that is there already stays as it is; one too many removes the oldest.</summary>
    internal Task SaveAsync(ProjectSnapshot project, PaymentProvider provider, MethodNews method, CancellationToken cancel) =>
        AddAsync(project, method, provider, cancel, isOnce: true);

    private async Task<AddedMethod> AddAsync(
        ProjectSnapshot project, MethodNews card, PaymentProvider provider, CancellationToken cancel, bool isOnce = false)
    {
        await using var change = await CustomerChange.BeginAsync(database, project, card.Customer, cancel);
        if (change.Row.Owner is not null)
        {
            return new(AddMethodOutcome.IsMember);
        }

        var known = await KeptAsync(change.Connection, change.Row, cancel);
        if (isOnce && known.FirstOrDefault(one => one.Provider == provider && secrets.OpenText(one.Token, SecretPlace.Card(one.Id)) == card.Token) is { } same)
        {
            return new(AddMethodOutcome.Known, same);
        }

        if (!isOnce && known.Count >= Most)
        {
            return new(AddMethodOutcome.TooMany);
        }

        var now = clock.Now(project);
        var (row, method) = (change.Row, new PaymentMethod(Guid.CreateVersion7(now.ToOffset()), provider, card.Token, card.Brand, card.Last4, true, now));
        await change.ExecuteAsync(PaymentSql.NoDefault, cancel, row.Partition, row.Account);
        await change.ExecuteAsync(
            PaymentSql.InsertMethod, cancel, row.Partition, row.Account, method.Id, CatalogWords.Of(method.Provider), secrets.CloseText(method.Token, SecretPlace.Card(method.Id)),
            method.Brand, method.Last4, now.ToUtc());
        await change.ExecuteAsync(PaymentSql.RemoveOldMethods, cancel, row.Partition, row.Account, now.ToUtc(), Most - 1);
        await change.ExecuteAsync(CollectionSql.Hasten, cancel, row.Partition, row.Account, now.ToUtc());
        await change.CommitAsync();
        return new(AddMethodOutcome.Added, method);
    }

    /// <summary>Oldest first. Null: this project has no such customer.</summary>
    public async Task<IReadOnlyList<PaymentMethod>?> ListAsync(ProjectSnapshot project, string customer, CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);
        await using var find = connection.Command(CustomerSql.Find, CustomerPlace.PartitionOf(project.Id, customer), project.Id, customer);
        CustomerRow row;
        await using (var reader = await find.ExecuteReaderAsync(cancel))
        {
            if (!await reader.ReadAsync(cancel))
            {
                return null;
            }

            row = CustomerRow.Read(reader, project);
        }

        return await KeptAsync(connection, row, cancel);
    }

    /// <returns>False: the customer has none of this id.</returns>
    public async Task<bool> RemoveAsync(ProjectSnapshot project, string customer, Guid id, CancellationToken cancel)
    {
        await using var change = await CustomerChange.BeginOnExistingAsync(database, project, customer, cancel);
        if (change is null
            || await change.ExecuteAsync(PaymentSql.RemoveMethod, cancel, change.Row.Partition, change.Row.Account, id, clock.Now(project).ToUtc()) == 0)
        {
            return false;
        }

        await change.ExecuteAsync(PaymentSql.MakeNewestDefault, cancel, change.Row.Partition, change.Row.Account);
        await change.CommitAsync();
        return true;
    }

    /// <summary>What an attempt was made with, also when it was removed since, with its token to charge it by.</summary>
    /// <remarks>A token that no master key of this server opens is empty: the provider refuses it, and the customer can leave the card anew.</remarks>
    public async Task<PaymentMethod> OfAsync(PaymentRow row, CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);
        var method = (await ReadAsync(connection, PaymentSql.Method, cancel, row.Partition, row.Account, row.Payment.Method)).Single();
        return method with { Token = secrets.OpenText(method.Token, SecretPlace.Card(method.Id)) ?? "" };
    }

    /// <summary>The saved one that is meant, or a new one, which is not kept before it has paid. Null: neither, or the customer has no such.</summary>
    internal static async Task<PaymentMethod?> ChosenAsync(
        CustomerChange change, SecretBox secrets, (Guid? Saved, SandboxCard? Card) with, Instant now, CancellationToken cancel)
    {
        var row = change.Row;
        if (with.Saved is { } id)
        {
            return (await KeptAsync(change.Connection, row, cancel)).SingleOrDefault(method => method.Id == id);
        }

        if (with.Card is not { } card)
        {
            return null;
        }

        var added = new PaymentMethod(Guid.CreateVersion7(now.ToOffset()), PaymentProvider.Sandbox, card.Token, card.Brand, card.Last4, false, now);
        await change.ExecuteAsync(
            PaymentSql.InsertUntriedMethod, cancel, row.Partition, row.Account, added.Id, CatalogWords.Of(added.Provider), secrets.CloseText(added.Token, SecretPlace.Card(added.Id)),
            added.Brand, added.Last4, now.ToUtc());
        return added;
    }

    /// <summary>What has paid is kept, and what a plan was paid with is charged from now on. One too many removes the oldest.</summary>
    /// <param name="isDefault">It is charged from now on, also where another one was kept already.</param>
    internal static async Task KeepAsync(CustomerChange change, Guid id, bool isDefault, Instant now, CancellationToken cancel)
    {
        var row = change.Row;
        var isKept = await change.AskAsync(PaymentSql.MethodIsKept, cancel, row.Partition, row.Account, id) is not null;
        if (!isKept || isDefault)
        {
            await change.ExecuteAsync(PaymentSql.NoDefault, cancel, row.Partition, row.Account);
            await change.ExecuteAsync(PaymentSql.KeepMethod, cancel, row.Partition, row.Account, id);
            await change.ExecuteAsync(PaymentSql.RemoveOldMethods, cancel, row.Partition, row.Account, now.ToUtc(), Most - 1);
            await change.ExecuteAsync(CollectionSql.Hasten, cancel, row.Partition, row.Account, now.ToUtc());
        }
    }

    /// <summary>The one that is charged from now on.</summary>
    /// <returns>False: the customer has none of this id.</returns>
    public async Task<bool> MakeDefaultAsync(ProjectSnapshot project, string customer, Guid id, CancellationToken cancel)
    {
        await using var change = await CustomerChange.BeginOnExistingAsync(database, project, customer, cancel);
        if (change is null || await change.AskAsync(PaymentSql.MethodIsKept, cancel, change.Row.Partition, change.Row.Account, id) is null)
        {
            return false;
        }

        await change.ExecuteAsync(PaymentSql.NoDefault, cancel, change.Row.Partition, change.Row.Account);
        await change.ExecuteAsync(PaymentSql.KeepMethod, cancel, change.Row.Partition, change.Row.Account, id);
        await change.ExecuteAsync(CollectionSql.Hasten, cancel, change.Row.Partition, change.Row.Account, clock.Now(project).ToUtc());
        await change.CommitAsync();
        return true;
    }

    /// <summary>What is charged by itself: the default, or the newest one where the default is of a provider that the project has left. Null: nothing is.</summary>
    internal static async Task<PaymentMethod?> DefaultAsync(CustomerChange change, ProjectSnapshot project, CancellationToken cancel) =>
        (await KeptAsync(change.Connection, change.Row, cancel))
            .Where(method => method.Provider == project.Payments.Provider)
            .OrderBy(static method => method.IsDefault)
            .LastOrDefault();

    /// <summary>Oldest first, with their tokens encrypted.</summary>
    private static Task<IReadOnlyList<PaymentMethod>> KeptAsync(NpgsqlConnection connection, CustomerRow row, CancellationToken cancel) =>
        ReadAsync(connection, PaymentSql.Methods, cancel, row.Partition, row.Account, Most);

    /// <summary>With their tokens encrypted.</summary>
    private static async Task<IReadOnlyList<PaymentMethod>> ReadAsync(NpgsqlConnection connection, string sql, CancellationToken cancel, params object?[] parameters)
    {
        await using var command = connection.Command(sql, parameters);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var methods = new List<PaymentMethod>();
        while (await reader.ReadAsync(cancel))
        {
            methods.Add(new(
                reader.GetGuid(0), CatalogWords.Read<PaymentProvider>(reader.GetString(1)), reader.GetString(2), reader.GetString(3), reader.GetString(4),
                reader.GetBoolean(5), Instant.FromUtc(reader.GetDateTime(6))));
        }

        return methods;
    }
}
