using Tollgate.Engine.Postgres;
using Tollgate.Engine.Secrets;

namespace Tollgate.Engine.Backup;

/// <summary>Checks that the restored database has its master key, and tells the operator what to do if not.</summary>
public static class RestoredKeys
{
    /// <summary>
    /// Creates the folder of the master key's file if it is missing, accessible to its owner only: a machine that uses an external
    /// PostgreSQL may have no data folder yet.
    /// </summary>
    /// <exception cref="StartRefusedException">The folder cannot be created.</exception>
    public static void MakeFolder(MasterKeySource source)
    {
        var folder = Path.GetDirectoryName(source.File)!;
        if (!source.IsFile || Directory.Exists(folder))
        {
            return;
        }

        try
        {
            Directory.CreateDirectory(folder, DataFolder.OwnerOnly(directory: true));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StartRefusedException(
                $"The data folder {folder}, where the master key belongs, cannot be created: {e.Message} Choose another folder with "
                    + "--data.",
                e);
        }
    }

    /// <summary>Writes the keys of the backup if the data folder has none.</summary>
    /// <returns>A message for the operator.</returns>
    public static async Task<string> FitAsync(MasterKeySource source, BackupManifest manifest, CancellationToken cancel)
    {
        if (manifest.MasterKeyId is not { } id)
        {
            return "The backup is of a version without a master key: the next start makes one.";
        }

        var known = await source.LoadAsync(cancel);
        if (known.Any(key => key.Id == id))
        {
            return $"The master key {id} is there: {source.Name}. Start the server.";
        }

        var brought = (manifest.MasterKeys ?? []).Select(MasterKey.Parse).OfType<MasterKey>().ToList();
        if (source.IsFile && known.Count == 0 && brought.Exists(key => key.Id == id))
        {
            source.Write(brought);
            return $"The master key {id} was in the backup and is now in {source.File}. Start the server.";
        }

        return known.Count > 0
            ? $"The secrets are encrypted with master key {id}, and {source.Name} has "
                + $"{string.Join(", ", known.Select(static key => key.Id))}. Move that away and give the right key before you start the "
                + "server."
            : $"The secrets are encrypted with master key {id}. Copy {MasterKeySource.FileName} to {source.File} before you start the "
                + "server.";
    }
}
