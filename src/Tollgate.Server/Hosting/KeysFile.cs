using System.Text;
using Tollgate.Engine.Postgres;

namespace Tollgate.Server.Hosting;

/// <summary>
/// <c>keys.env</c> in the data folder: the only place that contains keys in plain text, since the database stores hashes. Mode 600. <c>set
/// -a; . .tollgate/keys.env</c> loads it into a shell.
/// </summary>
public static class KeysFile
{
    public const string UrlEntry = "TOLLGATE_URL";
    public const string AdminEntry = "TOLLGATE_ADMIN_KEY";

    /// <summary><c>resume-ats</c> → <c>TOLLGATE_KEY_RESUME_ATS</c>.</summary>
    public static string SecretEntry(string project) => "TOLLGATE_KEY_" + Upper(project);

    public static string PublicEntry(string project) => "TOLLGATE_PUBLIC_KEY_" + Upper(project);

    /// <summary>Returns the entries in the file's order; empty: there is no file.</summary>
    public static IReadOnlyDictionary<string, string> Read(string dataFolder)
    {
        var entries = new OrderedDictionary<string, string>(StringComparer.Ordinal);
        var file = DataFolder.KeysFileOf(dataFolder);
        if (!File.Exists(file))
        {
            return entries;
        }

        foreach (var line in File.ReadLines(file))
        {
            var equals = line.IndexOf('=', StringComparison.Ordinal);
            if (equals > 0 && !line.StartsWith('#'))
            {
                entries[line[..equals].Trim()] = line[(equals + 1)..].Trim();
            }
        }

        return entries;
    }

    /// <summary>Replaces the file in one step, so that a reader never sees half of it and a crash never leaves half of it.</summary>
    public static void Write(string dataFolder, IReadOnlyDictionary<string, string> entries)
    {
        var file = DataFolder.KeysFileOf(dataFolder);
        var text = new StringBuilder();
        foreach (var (name, value) in entries)
        {
            text.Append(name).Append('=').Append(value).Append('\n');
        }

        var temporary = file + ".new";
        File.Delete(temporary);
        using (var stream = new FileStream(temporary, new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        }))
        {
            stream.Write(Encoding.UTF8.GetBytes(text.ToString()));
            stream.Flush(flushToDisk: true);
        }

        File.Move(temporary, file, overwrite: true);
    }

    /// <summary>Moves the file aside, never over an earlier one.</summary>
    /// <returns>Its new name.</returns>
    public static string KeepOld(string dataFolder)
    {
        var file = DataFolder.KeysFileOf(dataFolder);
        var number = 1;
        while (File.Exists($"{file}.old{number}"))
        {
            number++;
        }

        File.Move(file, $"{file}.old{number}");
        return $"{file}.old{number}";
    }

    private static string Upper(string project) => project.Replace('-', '_').ToUpperInvariant();
}
