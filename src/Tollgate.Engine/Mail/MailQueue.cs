using Npgsql;
using NpgsqlTypes;
using Tollgate.Core.Catalog;
using Tollgate.Core.Customers;
using Tollgate.Core.Mail;
using Tollgate.Core.Time;
using Tollgate.Engine.Postgres;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Mail;

/// <summary>The recipient of a mail, or the reason to skip it.</summary>
/// <param name="Skip">The reason to skip it; null: send it.</param>
public sealed record MailTarget(string? Name, string? Address, string? Skip);

/// <summary>
/// Claims due mails and records their results. Mails are sent outside of any transaction: a mail that a killed server had claimed is due
/// again when its lease ends, and goes out under the same <c>Message-ID</c>.
/// </summary>
public sealed class MailQueue(NpgsqlDataSource database)
{
    /// <summary>Makes reminders due whose day has come.</summary>
    public async Task WakeAsync(CancellationToken cancel)
    {
        await using var command = database.Command(MailSql.Wake);
        await command.ExecuteNonQueryAsync(cancel);
    }

    /// <param name="most">The maximum number of mails of all projects.</param>
    /// <param name="mostOfOne">The maximum number of mails of one project.</param>
    /// <param name="except">Projects whose mails wait.</param>
    /// <param name="ofReports">True: claims reports; false: all other mails, which thus wait for no report.</param>
    /// <returns>The mails to send, and the mails whose rows cannot be read.</returns>
    public async Task<(IReadOnlyList<MailRow> Mails, IReadOnlyList<(int Project, Guid Mail, Exception Fault)> Broken)> ClaimAsync(
        int most, int mostOfOne, int[] except, bool ofReports, CancellationToken cancel)
    {
        var lease = ofReports ? MailRules.LeaseOfReport : MailRules.Lease;
        await using var command = database.Command(
            MailSql.Claim, new NpgsqlParameter { Value = lease, NpgsqlDbType = NpgsqlDbType.Interval }, (long)most,
            (long)mostOfOne, except, ofReports);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var (claimed, broken) = (new List<MailRow>(), new List<(int, Guid, Exception)>());
        var row = new RowReader(reader);
        while (await reader.ReadAsync(cancel))
        {
            try
            {
                claimed.Add(MailRow.Read(row));
            }
            catch (Exception fault) when (fault is not NpgsqlException)
            {
                broken.Add((reader.GetInt32(2), reader.GetGuid(1), fault));
            }
        }

        return ([.. claimed.OrderBy(static mail => mail.Number)], broken);
    }

    /// <summary>Makes a mail that waits for its next attempt due now.</summary>
    public async Task SendNowAsync(ProjectSnapshot project, Guid mail, CancellationToken cancel)
    {
        await using var command = database.Command(MailSql.SendNow, project.Id, mail);
        await command.ExecuteNonQueryAsync(cancel);
    }

    /// <summary>Returns the recipient as of now: a customer who has opted out of this type meanwhile is skipped.</summary>
    public async Task<MailTarget> TargetAsync(ProjectSnapshot project, MailRow mail, CancellationToken cancel)
    {
        if (mail.Customer is not { } customer)
        {
            return new(null, mail.Recipient, null);
        }

        Guid? reminded = mail.NotBefore is not null && mail.Data.TryGetProperty("subscription", out var id) ? id.GetGuid() : null;
        await using var command = database.Command(
            MailSql.Check, project.Id, CustomerPlace.PartitionOf(project.Id, customer), customer, CatalogWords.Of(mail.Type),
            SqlCommands.OrNull(reminded, NpgsqlDbType.Uuid), SqlCommands.OrNull(mail.NotBefore?.ToUtc(), NpgsqlDbType.TimestampTz));
        await using var reader = await command.ExecuteReaderAsync(cancel);
        if (!await reader.ReadAsync(cancel))
        {
            return new(null, null, "customer_deleted");
        }

        var (name, address) = (reader.IsDBNull(0) ? null : reader.GetString(0), reader.IsDBNull(1) ? null : reader.GetString(1));
        return new(
            name, address,
            address is null ? "no_address" : reader.GetBoolean(2) ? "unsubscribed" : reader.GetBoolean(3) ? "trial_is_over" : null);
    }

    /// <summary>
    /// Refreshes a reminder with the present terms, because much can change between the trial's start and the reminder's day.
    /// </summary>
    /// <returns>Null if the trial was extended: the reminder waits for its new day.</returns>
    public async Task<MailRow?> RemindAsync(ProjectSnapshot project, MailRow mail, Instant now, CancellationToken cancel)
    {
        await using var command = database.Command(
            MailSql.Remind, mail.Number, (short)mail.Attempts, project.Id, CustomerPlace.PartitionOf(project.Id, mail.Customer!),
            mail.Customer!,
            mail.Data.GetProperty("subscription").GetGuid(), now.ToUtc());
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var fresh = await reader.ReadAsync(cancel) ? MailRow.Read(new(reader)) : mail;
        return fresh.Attempts == 0 ? null : fresh;
    }

    /// <param name="address">The address to which it was sent; null: it was not sent.</param>
    /// <param name="retryIn">If it still waits: the time until the next attempt.</param>
    public async Task FinishAsync(
        MailRow mail, MailState state, string? reason, string? address, TimeSpan? retryIn, CancellationToken cancel)
    {
        await using var command = database.Command(
            MailSql.Finish, mail.Number, (short)mail.Attempts, CatalogWords.Of(state), SqlCommands.OrNull(reason, NpgsqlDbType.Text),
            SqlCommands.OrNull(address, NpgsqlDbType.Text), SqlCommands.OrNull(retryIn, NpgsqlDbType.Interval));
        await command.ExecuteNonQueryAsync(cancel);
    }

    public async Task ForgetOldAsync(int days, int most, CancellationToken cancel)
    {
        await using var command = database.Command(MailSql.ForgetOld, days, most);
        await command.ExecuteNonQueryAsync(cancel);
    }
}
