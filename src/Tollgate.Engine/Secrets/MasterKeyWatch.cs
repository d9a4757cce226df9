using Microsoft.Extensions.Logging;
using Npgsql;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Postgres;

namespace Tollgate.Engine.Secrets;

/// <summary>
/// Follows a rotation that another process began. A running server only ever adds keys: rows and copies in memory may still need the old
/// one.
/// </summary>
public sealed class MasterKeyWatch(NpgsqlDataSource database, SecretBox box, MasterKeySource source, ILogger<MasterKeyWatch> log)
    : Loop(Period, "Checking whether the master key was rotated failed", log)
{
    /// <summary>A tenth of the time that a rotation waits for servers.</summary>
    public static readonly TimeSpan Period = TimeSpan.FromSeconds(4);

    private DateTime _read;

    protected override async Task LookAsync(CancellationToken cancel)
    {
        await using var command = database.Command(SecretsSql.Current);
        var current = await command.ExecuteScalarAsync(cancel) as string ?? box.Ring.Current.Id;
        var isNew = box.Ring.Find(current) is null;
        var written = source.IsFile && File.Exists(source.File) ? File.GetLastWriteTimeUtc(source.File) : _read;
        if (isNew || written != _read)
        {
            await ReadAsync(cancel);
            _read = written;
        }

        if (box.Ring.Find(current) is null)
        {
            Log.LogError(
                "The secrets of the database are encrypted with master key {Id}, which {Source} does not have, "
                    + "so this server cannot use them. Give this server the key.",
                current, source.Name);
        }
        else if (box.Ring.Current.Id != current)
        {
            Log.LogInformation("Master key {Id} replaces {Old}.", current, box.Ring.Current.Id);
            box.Ring = box.Ring.With([], current);
        }
    }

    private async Task ReadAsync(CancellationToken cancel)
    {
        try
        {
            box.Ring = box.Ring.With(await source.LoadAsync(cancel), box.Ring.Current.Id);
        }
        catch (Exception broken) when (broken is StartRefusedException or IOException or UnauthorizedAccessException)
        {
            Log.LogError("The master key could not be read again: {Reason}", broken.Message);
        }
    }
}
