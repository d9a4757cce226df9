using System.Diagnostics;
using System.Text;
using Tollgate.Engine.Postgres;

namespace Tollgate.Engine.Secrets;

/// <summary>
/// The source of the master key: the variable, the program, or else the file in the data folder. Each may give several keys, one per line:
/// during a rotation the old and the new one.
/// </summary>
/// <param name="Variable">The value of <see cref="KeyVariable"/>; null: it is not set.</param>
/// <param name="Command">The value of <see cref="CommandVariable"/>, run by <c>/bin/sh -c</c>; null: it is not set.</param>
/// <param name="File">The path of the file, whether or not it exists.</param>
public sealed record MasterKeySource(string? Variable, string? Command, string File)
{
    public const string KeyVariable = "TOLLGATE_MASTER_KEY";
    public const string CommandVariable = "TOLLGATE_MASTER_KEY_COMMAND";
    public const string FileName = "master.key";

    /// <summary>A KMS answers within seconds; a start that hangs is worse than one that is refused.</summary>
    public static readonly TimeSpan CommandLimit = TimeSpan.FromSeconds(30);

    private const UnixFileMode OfOthers = (UnixFileMode)0b111_111;

    private const string FileHead = """
        # Tollgate's master key: it decrypts the secrets in the database. Keep a copy of this file apart from the backups of the database.
        # "tollgate keys rotate-master" replaces it.

        """;

    public bool IsFile => Variable is null && Command is null;

    /// <summary>The name of the source that the operator would change, for messages.</summary>
    public string Name => Variable is not null ? KeyVariable : Command is not null ? CommandVariable : File;

    public static MasterKeySource Read(Func<string, string?> environment, string dataFolder, List<string> faults)
    {
        var (key, command) = (Given(KeyVariable), Given(CommandVariable));
        if (key is not null && command is not null)
        {
            faults.Add($"{KeyVariable} and {CommandVariable} are both set: keep one of them.");
        }

        // The message does not repeat the value, because it is a secret.
        if (key is not null && Parse(key) is null)
        {
            faults.Add(
                $"{KeyVariable} is not a master key: it must be 32 bytes in base64, as \"openssl rand -base64 32\" prints them (during a "
                    + "rotation two, with a comma between).");
        }

        return new(key, command, Path.Combine(dataFolder, FileName));

        string? Given(string name) => environment(name) is { } value && !string.IsNullOrWhiteSpace(value) ? value.Trim() : null;
    }

    /// <summary>Reads the keys; empty if they come from a file that does not exist yet.</summary>
    /// <exception cref="StartRefusedException">Other users can read the file, or its content is no key.</exception>
    public async Task<IReadOnlyList<MasterKey>> LoadAsync(CancellationToken cancel)
    {
        if (Variable is not null || Command is not null)
        {
            var text = Variable ?? await RunAsync(Command!, cancel);
            return Parse(text)
                ?? throw new StartRefusedException(
                    $"{Name} gave no master key: it must give 32 bytes in base64, as \"openssl rand -base64 32\" prints them.");
        }

        if (!System.IO.File.Exists(File))
        {
            return [];
        }

        if ((System.IO.File.GetUnixFileMode(File) & OfOthers) != 0)
        {
            throw new StartRefusedException(
                $"The master key in {File} can be read by other users. Close it (chmod 600 {File}), then start again.");
        }

        return Parse(await System.IO.File.ReadAllTextAsync(File, cancel))
            ?? throw new StartRefusedException(
                $"{File} holds no master key: it must hold 32 bytes in base64 in a line. Restore the file from its copy.");
    }

    /// <summary>
    /// Replaces the file in one step. The folder entry is on disk when this returns, because the next encrypted values depend on the file.
    /// </summary>
    internal void Write(IReadOnlyList<MasterKey> keys)
    {
        var temporary = File + ".new";
        System.IO.File.Delete(temporary);
        using (var stream = new FileStream(temporary, new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        }))
        {
            stream.Write(Encoding.UTF8.GetBytes(FileHead + string.Concat(keys.Select(static key => key.Text + "\n"))));
            stream.Flush(flushToDisk: true);
        }

        System.IO.File.Move(temporary, File, overwrite: true);
        Disk.FlushFolder(Path.GetDirectoryName(File)!);
    }

    /// <summary>Returns null if the text is empty or a line is no key.</summary>
    private static IReadOnlyList<MasterKey>? Parse(string text)
    {
        var keys = text.Split('\n')
            .Where(static line => !line.TrimStart().StartsWith('#'))
            .SelectMany(static line => line.Split((char[])[',', ' ', '\t', '\r'], StringSplitOptions.RemoveEmptyEntries))
            .Select(MasterKey.Parse)
            .ToList();
        return keys.Count == 0 || keys.Contains(null) ? null : [.. keys.OfType<MasterKey>().DistinctBy(static key => key.Id)];
    }

    /// <summary>Runs the program. Messages show neither its output, which is a secret, nor its errors, which may quote one.</summary>
    private static async Task<string> RunAsync(string command, CancellationToken cancel)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(CommandLimit);
        try
        {
            var run = await PostgresOwner.RunAsync(new ProcessStartInfo("/bin/sh", ["-c", command]), limit.Token);
            return run.ExitCode == 0
                ? run.Output
                : throw new StartRefusedException(
                    $"The program of {CommandVariable} failed with exit code {run.ExitCode}. Run it manually to see why.");
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            throw new StartRefusedException(
                $"The program of {CommandVariable} did not end within {CommandLimit.TotalSeconds:0} seconds and was stopped.");
        }
    }
}
