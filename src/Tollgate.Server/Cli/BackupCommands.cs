using System.CommandLine;
using System.Globalization;
using Spectre.Console;
using Tollgate.Engine.Backup;
using Tollgate.Engine.Secrets;

namespace Tollgate.Server.Cli;

/// <summary><c>tollgate backup</c> and <c>tollgate restore</c>: the database as one file.</summary>
internal static class BackupCommands
{
    private const string PassphraseVariable = "TOLLGATE_BACKUP_PASSPHRASE";

    /// <summary>A holder of the file can try passphrases for years.</summary>
    private const int ShortestPassphrase = 12;

    private static readonly Option<string> PassphraseFile = new("--passphrase-file")
    {
        HelpName = "file", Description = $"File whose first line is the passphrase. Default: {PassphraseVariable}, or a prompt.",
    };

    public static Command Backup()
    {
        var output = new Option<string>("--out")
        {
            HelpName = "file", Description = "File to write; it must not exist. Default: tollgate-<time>.backup in this folder.",
        };
        var encrypt = new Option<bool>("--encrypt") { Description = "Encrypt the file with a passphrase (AES-256-GCM)." };
        var withKey = new Option<bool>("--with-master-key") { Description = "Put the master key into the file too; only with --encrypt." };
        var command = new Command(
            "backup",
            "Backs up the database into one file, also while servers work. The file has the master key only with --with-master-key.")
        {
            output, encrypt, PassphraseFile, withKey, DatabaseDoor.Data, DatabaseDoor.Database,
        };
        command.SetAction((parsed, _) => DatabaseDoor.UntilInterruptedAsync("Interrupted: there is no backup.", async (log, cancel) =>
        {
            if (parsed.GetValue(withKey) && !parsed.GetValue(encrypt))
            {
                throw new CliStopException(
                    ExitCode.Usage,
                    "--with-master-key needs --encrypt: with its master key in clear, the backup would reveal every secret.");
            }

            var path = Path.GetFullPath(parsed.GetValue(output)
                ?? $"tollgate-{TimeProvider.System.GetUtcNow().ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture)}.backup");
            if (File.Exists(path) || Directory.Exists(path))
            {
                throw new CliStopException(ExitCode.Usage, $"{path} already exists. Name another file with --out.");
            }

            var passphrase = parsed.GetValue(encrypt) ? Passphrase(parsed, isNew: true) : null;
            await using var door = await DatabaseDoor.OpenAsync(parsed, log, cancel);
            var keys = parsed.GetValue(withKey) ? await door.MasterKey.LoadAsync(cancel) : null;
            var manifest = await CliScreen.WithStepsAsync(progress =>
                MakeBackup.RunAsync(door.ConnectionString, path, passphrase, keys, progress, cancel));
            Console.WriteLine(
                $"{path}: {Count(manifest.AllRows)} rows of {manifest.Rows.Count} tables, {Size(new FileInfo(path).Length)}, "
                    + $"as of {manifest.TakenAt:yyyy-MM-dd HH:mm:ss}Z");
            Console.WriteLine(keys is null && manifest.MasterKeyId is { } id
                ? $"The master key {id} is not in it. Keep a copy of {door.MasterKey.Name} apart from the backups: without it saved cards, "
                    + "provider keys and webhook secrets are lost."
                : "The master key is in it: anybody with the file and the passphrase can read every secret.");
            return ExitCode.Done;
        }));
        return command;
    }

    public static Command Restore()
    {
        var file = new Argument<string>("file") { Description = "File that \"tollgate backup\" wrote." };
        var force = new Option<bool>("--force") { Description = "Replace a database that holds projects." };
        var command = new Command(
            "restore", "Restores a backup into a fresh database, verifies it, and puts it in place. Stop the servers first.")
        {
            file, force, PassphraseFile, DatabaseDoor.Data, DatabaseDoor.Database,
        };
        command.SetAction((parsed, _) => DatabaseDoor.UntilInterruptedAsync("Interrupted: nothing was changed.", async (log, cancel) =>
        {
            var path = Path.GetFullPath(parsed.GetRequiredValue(file));
            var passphrase = RestoreBackup.IsEncrypted(path) ? Passphrase(parsed, isNew: false) : null;

            // Checks the file before it creates a data folder.
            await CliScreen.WithStepsAsync(progress => RestoreBackup.CheckAsync(path, passphrase, progress, cancel));
            await using var door = await DatabaseDoor.OpenStoppedAsync(parsed, log, cancel);

            // Checks that it can write the key before it restores anything.
            RestoredKeys.MakeFolder(door.MasterKey);
            var restored = await CliScreen.WithStepsAsync(progress =>
                new RestoreBackup(door.ConnectionString, parsed.GetValue(force), progress, log).RunAsync(path, passphrase, cancel));
            var (manifest, report) = (restored.Manifest, restored.Report);
            Console.WriteLine(
                $"Restored {Count(manifest.AllRows)} rows of {manifest.Rows.Count} tables, as of {manifest.TakenAt:yyyy-MM-dd HH:mm:ss}Z.");
            Console.WriteLine(
                $"clean: {Count(report.Events)} events, {Count(report.Balances)} balances, {Count(report.Holds)} reservations verified");
            Console.WriteLine(await RestoredKeys.FitAsync(door.MasterKey, manifest, cancel));
            return ExitCode.Done;
        }));
        return command;
    }

    private static string Passphrase(ParseResult parsed, bool isNew)
    {
        var given = parsed.GetValue(PassphraseFile) is { } file ? FirstLine(file) : Environment.GetEnvironmentVariable(PassphraseVariable);
        if (string.IsNullOrEmpty(given))
        {
            if (Console.IsInputRedirected)
            {
                throw new CliStopException(
                    ExitCode.Usage, $"A passphrase is needed: set {PassphraseVariable}, or name a file with --passphrase-file.");
            }

            given = Asked("Passphrase:");
            if (isNew && Asked("Once more:") != given)
            {
                throw new CliStopException(ExitCode.Usage, "The two passphrases differ.");
            }
        }

        return given.Length >= ShortestPassphrase || !isNew
            ? given
            : throw new CliStopException(
                ExitCode.Usage, $"The passphrase has {given.Length} characters: take at least {ShortestPassphrase}.");
    }

    private static string Asked(string question) => CliScreen.Open().Prompt(new TextPrompt<string>(question).Secret());

    private static string FirstLine(string file)
    {
        try
        {
            return File.ReadLines(file).FirstOrDefault() ?? "";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CliStopException(ExitCode.Usage, $"The passphrase cannot be read: {e.Message}");
        }
    }

    private static string Count(long number) => number.ToString("N0", CultureInfo.InvariantCulture);

    private static string Size(long bytes) => bytes < 1024 * 1024
        ? string.Create(CultureInfo.InvariantCulture, $"{bytes / 1024.0:0} kB")
        : string.Create(CultureInfo.InvariantCulture, $"{bytes / (1024.0 * 1024):0.0} MB");
}
