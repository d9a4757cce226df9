using Npgsql;
using Tollgate.Engine.Jobs;
using Tollgate.Engine.Postgres;

namespace Tollgate.Engine.Mail;

/// <summary>Derives mails from the facts of all projects. Facts that already have a mail make no second one.</summary>
public sealed class DeriveMails(NpgsqlDataSource database, ParkedWork parked) : DeriveFacts(database, parked, WorkNames.MailEvents)
{
    private protected override PlaceSql Sql { get; } = new(MailSql.TryLock, MailSql.Span, MailSql.MovePlace, MailSql.MovePlaceFrom);

    private protected override async Task WriteAsync(NpgsqlConnection connection, ulong from, ulong to, CancellationToken cancel)
    {
        foreach (var statement in (string[])[MailSql.Derive, MailSql.DeriveAlerts])
        {
            await using var derive = connection.Command(statement, Place(from), Place(to));
            await derive.ExecuteNonQueryAsync(cancel);
        }
    }
}
