using System.Globalization;
using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using Tollgate.Core;

namespace Tollgate.Engine.Postgres;

/// <summary>One numbered file of <c>Schema/</c>: <c>0008_ledger.sql</c> is version 8, named <c>ledger</c>.</summary>
public sealed record MigrationFile(int Version, string Name, string Sql)
{
    private const string Prefix = "Tollgate.Engine.Schema.";

    /// <summary>SHA-256 of the text with unix line ends, so that a checkout on another system has the same checksum.</summary>
    public string Checksum =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Sql.Replace("\r\n", "\n", StringComparison.Ordinal))));

    /// <summary>The files built into this server, in order, numbered 1, 2, 3 … without a gap.</summary>
    public static IReadOnlyList<MigrationFile> BuiltIn { get; } = ReadBuiltIn();

    private static List<MigrationFile> ReadBuiltIn()
    {
        var assembly = Assembly.GetExecutingAssembly();
        var files = assembly.GetManifestResourceNames()
            .Where(name => name.StartsWith(Prefix, StringComparison.Ordinal) && name.EndsWith(".sql", StringComparison.Ordinal))
            .Select(name => Read(assembly, name))
            .OrderBy(file => file.Version)
            .ToList();
        for (var i = 0; i < files.Count; i++)
        {
            Invariant.That(files[i].Version == i + 1, $"Schema file {i + 1} is missing or doubled: found version {files[i].Version}.");
        }

        return files;
    }

    private static MigrationFile Read(Assembly assembly, string resource)
    {
        using var reader = new StreamReader(assembly.GetManifestResourceStream(resource)!, Encoding.UTF8);
        var file = resource[Prefix.Length..^".sql".Length];
        return new MigrationFile(int.Parse(file[..4], CultureInfo.InvariantCulture), file[5..], reader.ReadToEnd());
    }
}
