using System.Text;
using System.Text.Json;
using Npgsql;
using Tollgate.Engine.Postgres;

namespace Tollgate.Server.Tests.Privacy;

/// <summary>The text of a database as <c>pg_dump</c> writes it, table by table.</summary>
internal sealed class DumpText
{
    private const string Head = "COPY public.";

    private readonly Dictionary<string, string> _tables = new(StringComparer.Ordinal);

    public IReadOnlyCollection<string> Tables => _tables.Keys;

    public static async Task<DumpText> OfAsync(string connectionString)
    {
        await using var database = NpgsqlDataSource.Create(connectionString);
        await using var version = database.CreateCommand("SELECT current_setting('server_version_num')::integer / 10000");
        var tools = await PostgresTools.FindAsync((int)(await version.ExecuteScalarAsync())!, CancellationToken.None);
        using var program = System.Diagnostics.Process.Start(tools.Start("pg_dump", connectionString, "--no-owner", "--no-password"))!;
        var complaints = program.StandardError.ReadToEndAsync();
        var dump = new DumpText();
        string? table = null;
        var rows = new StringBuilder();
        while (await program.StandardOutput.ReadLineAsync() is { } line)
        {
            if (table is null && line.StartsWith(Head, StringComparison.Ordinal))
            {
                table = line[Head.Length..line.IndexOf(' ', Head.Length)];
            }
            else if (line == "\\.")
            {
                (dump._tables[table!], table) = (rows.ToString(), null);
                rows.Clear();
            }
            else if (table is not null)
            {
                rows.AppendLine(line);
            }
        }

        await program.WaitForExitAsync();
        program.ExitCode.ShouldBe(0, await complaints);
        return dump;
    }

    /// <summary>The tables with a text: as it is, escaped in JSON, or in bytes.</summary>
    public IReadOnlyList<string> Find(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        var escaped = JsonSerializer.Serialize(text)[1..^1];
        string[] forms =
        [
            text, escaped, escaped.Replace("\\", "\\\\", StringComparison.Ordinal), Convert.ToHexStringLower(bytes),
            Uri.EscapeDataString(text), Convert.ToBase64String(bytes.AsSpan(0, bytes.Length / 3 * 3)),
        ];
        return
        [
            .. _tables.Where(one => forms.Any(form => one.Value.Contains(form, StringComparison.OrdinalIgnoreCase)))
                .Select(static one => one.Key),
        ];
    }
}
