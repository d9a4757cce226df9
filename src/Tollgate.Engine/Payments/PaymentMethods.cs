using Npgsql;
using Tollgate.Core.Catalog;
using Tollgate.Core.Customers;
using Tollgate.Core.Payments;
using Tollgate.Core.Payments.Sandbox;
using Tollgate.Core.Time;
using Tollgate.Engine.Customers;
using Tollgate.Engine.Postgres;
using Tollgate.Engine.Projects;
using Tollgate.Engine.Secrets;

namespace Tollgate.Engine.Payments;

/// <summary>Customers' payment methods. The newest is the default.</summary>
public sealed class PaymentMethods(NpgsqlDataSource database, SecretBox secrets)
{
    /// <summary>The maximum for one customer. Pages without a key list all of them.</summary>
    public const int Most = 50;

    /// <summary>Oldest first. Null: this project has no such customer.</summary>
    public async Task<IReadOnlyList<PaymentMethod>?> ListAsync(ProjectSnapshot project, string customer, CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);
        if (await CustomerRow.FindAsync(connection, project, customer, cancel) is not { } row)
        {
            return null;
        }

        return await KeptAsync(connection, row, cancel);
    }

    /// <summary>Returns the payment method of an attempt, even if it was removed since, with its token for charging.</summary>
    /// <remarks>
    /// The token is empty if no master key of this server opens it: the provider then refuses it, and the customer can save the card again.
    /// </remarks>
    public async Task<PaymentMethod> OfAsync(PaymentRow row, CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);
        var method = (await ReadAsync(connection, PaymentSql.Method, cancel, row.Partition, row.Account, row.Payment.Method)).Single();
        return method with { Token = secrets.OpenText(method.Token, SecretPlace.Card(method.Id)) ?? "" };
    }

    /// <summary>
    /// Returns the chosen saved method, or a new one, which is saved only after it has paid. Null: neither is given, or the customer has no
    /// such method.
    /// </summary>
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

        var added = new PaymentMethod(
            Guid.CreateVersion7(now.ToOffset()), SandboxCard.Provider, card.Token, card.Brand, card.Last4, false, now);
        await change.ExecuteAsync(
            PaymentSql.InsertUntriedMethod, cancel, row.Partition, row.Account, added.Id, CatalogWords.Of(added.Provider),
            secrets.CloseText(added.Token, SecretPlace.Card(added.Id)),
            added.Brand, added.Last4, now.ToUtc());
        return added;
    }

    /// <summary>
    /// Returns the method for automatic charges: the default, or the newest one if the default belongs to a provider that the project has
    /// left. Null: there is none.
    /// </summary>
    internal static async Task<PaymentMethod?> DefaultAsync(CustomerChange change, ProjectSnapshot project, CancellationToken cancel) =>
        (await KeptAsync(change.Connection, change.Row, cancel))
            .Where(method => method.Provider == project.Payments.Provider)
            .OrderBy(static method => method.IsDefault)
            .LastOrDefault();

    /// <summary>Oldest first, with their tokens encrypted.</summary>
    internal static Task<IReadOnlyList<PaymentMethod>> KeptAsync(NpgsqlConnection connection, CustomerRow row, CancellationToken cancel) =>
        ReadAsync(connection, PaymentSql.Methods, cancel, row.Partition, row.Account, Most);

    /// <summary>With their tokens encrypted.</summary>
    private static async Task<IReadOnlyList<PaymentMethod>> ReadAsync(
        NpgsqlConnection connection, string sql, CancellationToken cancel, params object?[] parameters)
    {
        await using var command = connection.Command(sql, parameters);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var methods = new List<PaymentMethod>();
        while (await reader.ReadAsync(cancel))
        {
            methods.Add(new(
                reader.GetGuid(0), CatalogWords.Read<PaymentProvider>(reader.GetString(1)), reader.GetString(2), reader.GetString(3),
                reader.GetString(4),
                reader.GetBoolean(5), Instant.FromUtc(reader.GetDateTime(6))));
        }

        return methods;
    }
}
