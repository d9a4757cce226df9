using System.Text.Json;
using Npgsql;
using NpgsqlTypes;
using Tollgate.Core.Catalog;
using Tollgate.Core.Invoicing;
using Tollgate.Core.Mail;
using Tollgate.Core.Time;
using Tollgate.Engine.Customers;
using Tollgate.Engine.Invoicing;
using Tollgate.Engine.Postgres;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Mail;

/// <summary>A mail, sent or to be sent.</summary>
/// <param name="Customer">Null: the mail goes to an operator.</param>
/// <param name="Recipient">The address of an operator; null: the customer's present one.</param>
/// <param name="Data">The values that the template shows, by name.</param>
/// <param name="At">The time of the event that the mail reports, in the project's time.</param>
/// <param name="NotBefore">The day on which to send it, in the project's time; null: immediately.</param>
/// <param name="Reason">The reason why it was not sent, or not yet.</param>
/// <param name="Address">The address to which it was sent.</param>
public sealed record MailRow(
    long Number, Guid Id, int Project, string? Customer, string? Recipient, MailType Type, JsonElement Data, Instant At, Instant? NotBefore,
    MailState State,
    string? Reason, string? Address,
    int Attempts, DateTimeOffset CreatedAt, DateTimeOffset? FinishedAt)
{
    /// <summary>The columns of <c>MailSql.Columns</c>, in their order.</summary>
    internal static MailRow Read(RowReader row) => new(
        row.Long("number"), row.Id("id"), row.Whole("project_id"), row.TextOrNull("customer"), row.TextOrNull("recipient"),
        CatalogWords.Read<MailType>(row.Text("type")),
        JsonElement.Parse(row.Text("data")),
        row.Time("at"), row.TimeOrNull("not_before"),
        CatalogWords.Read<MailState>(row.Text("state")),
        row.TextOrNull("reason"), row.TextOrNull("address"), row.Small("attempts"), row.Value<DateTime>("created_at"),
        row.IsNull("finished_at") ? null : row.Value<DateTime>("finished_at"));
}

/// <summary>The usage that a mail reports.</summary>
/// <param name="Plan">The code of the customer's plan.</param>
/// <param name="ResetsAt">The time at which the quota resets; null: never.</param>
public sealed record MailUsage(string Plan, Instant? ResetsAt);

/// <summary>Filters of a list of mails. A null filter matches every mail.</summary>
public sealed record MailFilter(string? Customer, MailType? Type, MailState? State);

/// <summary>Reads of mails and of the seller who sends them, and opt-outs.</summary>
public sealed class MailQueries(NpgsqlDataSource database, CustomerQueries customers)
{
    /// <summary>Newest first.</summary>
    public async Task<IReadOnlyList<MailRow>> ListAsync(
        ProjectSnapshot project, MailFilter filter, Guid? after, int limit, CancellationToken cancel)
    {
        await using var command = database.Command(
            MailSql.List, project.Id, SqlCommands.OrNull(filter.Customer, NpgsqlDbType.Text),
            SqlCommands.OrNull(filter.Type is { } type ? CatalogWords.Of(type) : null, NpgsqlDbType.Text),
            SqlCommands.OrNull(after, NpgsqlDbType.Uuid), limit,
            SqlCommands.OrNull(filter.State is { } state ? CatalogWords.Of(state) : null, NpgsqlDbType.Text));
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var rows = new List<MailRow>();
        var row = new RowReader(reader);
        while (await reader.ReadAsync(cancel))
        {
            rows.Add(MailRow.Read(row));
        }

        return rows;
    }

    public async Task<MailRow?> FindAsync(ProjectSnapshot project, Guid id, CancellationToken cancel)
    {
        await using var command = database.Command(MailSql.Show, project.Id, id);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        return await reader.ReadAsync(cancel) ? MailRow.Read(new(reader)) : null;
    }

    /// <summary>Returns null if the mail does not report usage, or if its customer is gone.</summary>
    public async Task<MailUsage?> UsageAsync(ProjectSnapshot project, MailRow mail, CancellationToken cancel)
    {
        if (mail is not { Type: MailType.QuotaThreshold, Customer: { } customer }
            || await customers.FindAccountAsync(project, customer, cancel) is not { } account)
        {
            return null;
        }

        var terms = (await customers.TermsAsync(project, account, cancel)).At(mail.At);
        var began = Instant.From(mail.Data.GetProperty("period_start").GetDateTimeOffset());
        var end = project.Catalog.Features.TryGetValue(mail.Data.GetProperty("feature").GetString()!, out var feature)
            && terms.EntitlementOf(feature.Key) is { } entitlement
            ? BillingCycles.PeriodOf(entitlement.Period, began, project.Zone, account.Cycles).End
            : Instant.FarFuture;
        return new(account.Customer.Plan, end == Instant.FarFuture ? null : end);
    }

    /// <summary>The seller's settings: the name and the language of its mails.</summary>
    public async Task<InvoiceSettings> SenderAsync(ProjectSnapshot project, CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);
        return await SettingsText.LoadAsync(connection, project, cancel);
    }

    /// <summary>Records that the customer wants no more mails of this type. A repeat changes nothing.</summary>
    public async Task RefuseAsync(int project, string customer, MailType type, CancellationToken cancel)
    {
        await using var command = database.Command(MailSql.Refuse, project, customer, CatalogWords.Of(type));
        await command.ExecuteNonQueryAsync(cancel);
    }
}
