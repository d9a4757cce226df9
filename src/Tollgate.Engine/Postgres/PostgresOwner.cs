using System.Diagnostics;

namespace Tollgate.Engine.Postgres;

/// <summary>
/// The user as which PostgreSQL's programs run, and the way to start them. PostgreSQL refuses to run as root; if the server is root, they
/// run as the owner of the data, or as the user <c>postgres</c> for new data.
/// </summary>
/// <param name="User">Null: the server's own user.</param>
/// <param name="Group">The number of the user's own group.</param>
/// <param name="PassesClosedFolders">
/// A folder above the data is closed to <paramref name="User"/> (a mode 700 home, for instance <c>/root</c>). The programs then keep the
/// one capability that lets them pass it (CAP_DAC_READ_SEARCH); Tollgate does not open the folder to all users.
/// </param>
public sealed record PostgresOwner(string? User, string? Group, bool PassesClosedFolders)
{
    private static readonly string? Setsid = FindTool("setsid");
    private static readonly string? Setpriv = FindTool("setpriv");

    /// <exception cref="StartRefusedException">The server is root, and there is no other user to run PostgreSQL as.</exception>
    public static async Task<PostgresOwner> ForAsync(DataFolder folder, CancellationToken cancel)
    {
        if (!Environment.IsPrivilegedProcess)
        {
            return new PostgresOwner(null, null, false);
        }

        if (Setpriv is null)
        {
            throw new StartRefusedException(
                "PostgreSQL does not run as root, and setpriv (package util-linux), which starts it as another user, is missing. "
                + "Install it, or start Tollgate as an ordinary user.");
        }

        var user = await OwnerOfAsync(folder.Postgres, cancel) ?? "postgres";
        var group = await RunAsync(new ProcessStartInfo("id", ["-g", user]), cancel);
        if (group.ExitCode != 0)
        {
            throw new StartRefusedException(
                $"PostgreSQL does not run as root, and the user {user} to run it as does not exist. "
                + $"Create it (useradd --system {user}), or start Tollgate as an ordinary user.");
        }

        var mayPass = await LetPassAsync(folder.Path, group.Output.Trim(), cancel);
        return new PostgresOwner(
            user, group.Output.Trim(), PassesClosedFolders: !mayPass || HasClosedParent(Path.GetDirectoryName(folder.Path)));
    }

    /// <summary>A program for which the caller waits.</summary>
    public ProcessStartInfo Program(string file, params string[] arguments) => Wrapped(file, arguments, dieWithParent: false);

    /// <summary>
    /// The PostgreSQL server. It gets a session of its own, so that Ctrl-C on the terminal reaches only Tollgate, which drains first. If
    /// Tollgate is killed, the kernel sends SIGINT to PostgreSQL: a fast, clean shutdown.
    /// </summary>
    public ProcessStartInfo Server(string file, params string[] arguments) => Wrapped(file, arguments, dieWithParent: true);

    /// <summary>Gives a new folder to the user: mode 700.</summary>
    public async Task CreateFolderAsync(string path, CancellationToken cancel)
    {
        Directory.CreateDirectory(path, DataFolder.OwnerOnly(directory: true));
        File.SetUnixFileMode(path, DataFolder.OwnerOnly(directory: true));
        if (User is null)
        {
            return;
        }

        var run = await RunAsync(new ProcessStartInfo("chown", [User + ":", path]), cancel);
        if (run.ExitCode != 0)
        {
            throw new StartRefusedException(
                $"{path} cannot be given to the user {User}, as whom PostgreSQL runs: {run.Error.Trim()} "
                + "Choose a folder on a local file system with --data, or start Tollgate as an ordinary user.");
        }
    }

    internal static async Task<(int ExitCode, string Output, string Error)> RunAsync(ProcessStartInfo start, CancellationToken cancel)
    {
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        start.RedirectStandardInput = true;
        using var process = Process.Start(start) ?? throw new InvalidOperationException($"{start.FileName} did not start.");
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync(cancel);
        var error = process.StandardError.ReadToEndAsync(cancel);
        try
        {
            await process.WaitForExitAsync(cancel);
            return (process.ExitCode, await output, await error);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }
    }

    private ProcessStartInfo Wrapped(string file, string[] arguments, bool dieWithParent)
    {
        List<string> line = [];
        if (dieWithParent && Setsid is not null)
        {
            line.Add(Setsid);
        }

        List<string> privileges = [];
        if (User is not null)
        {
            privileges.AddRange([$"--reuid={User}", $"--regid={Group}", "--init-groups"]);
            privileges.AddRange(PassesClosedFolders
                ? ["--inh-caps=-all,+dac_read_search", "--ambient-caps=-all,+dac_read_search"]
                : ["--inh-caps=-all"]);
        }

        if (dieWithParent && OperatingSystem.IsLinux())
        {
            privileges.Add("--pdeathsig=INT");
        }

        if (privileges.Count > 0 && Setpriv is not null)
        {
            line.AddRange([Setpriv, .. privileges, "--"]);
        }

        line.AddRange([file, .. arguments]);
        var start = new ProcessStartInfo(line[0], line[1..]) { WorkingDirectory = "/" };
        foreach (var name in start.Environment.Keys.Where(k => k.StartsWith("PG", StringComparison.Ordinal)).ToList())
        {
            // PGPORT, PGDATESTYLE and others would change the server's settings.
            start.Environment.Remove(name);
        }

        start.Environment["LC_ALL"] = "C";
        return start;
    }

    private static async Task<string?> OwnerOfAsync(string path, CancellationToken cancel)
    {
        if (!Directory.Exists(path))
        {
            return null;
        }

        var run = await RunAsync(new ProcessStartInfo("stat", ["-L", "-c", "%U", path]), cancel);
        var owner = run.Output.Trim();
        return run.ExitCode == 0 && owner is not ("root" or "UNKNOWN" or "") ? owner : null;
    }

    /// <summary>
    /// Lets the group of PostgreSQL's user pass through the data folder (mode 710) but not list it; its content stays closed to the group.
    /// </summary>
    /// <returns>False if the file system does not let us set the group.</returns>
    private static async Task<bool> LetPassAsync(string path, string group, CancellationToken cancel)
    {
        if ((await RunAsync(new ProcessStartInfo("chgrp", [group, path]), cancel)).ExitCode != 0)
        {
            return false;
        }

        File.SetUnixFileMode(path, DataFolder.OwnerOnly(directory: true) | UnixFileMode.GroupExecute);
        return true;
    }

    private static bool HasClosedParent(string? path)
    {
        for (var folder = path is null ? null : new DirectoryInfo(path); folder is not null; folder = folder.Parent)
        {
            if (!folder.UnixFileMode.HasFlag(UnixFileMode.OtherExecute))
            {
                return true;
            }
        }

        return false;
    }

    private static string? FindTool(string name) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "/usr/bin:/bin").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .Select(folder => Path.Combine(folder, name))
            .FirstOrDefault(File.Exists);
}
