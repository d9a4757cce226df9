using System.Text.Json.Nodes;
using Npgsql;
using Tollgate.Core;
using Tollgate.Engine.Ledger;

namespace Tollgate.Engine.Privacy;

/// <summary>Decrypts the texts of usage in the rows of an export.</summary>
internal static class ExportedUsage
{
    public const string Table = "events";

    private const string Box = "box";

    /// <summary>Returns the rows, with their texts where they were encrypted and a key opens them.</summary>
    public static async Task<List<string>> OpenAsync(
        NpgsqlDataSource database, UsageKeys keys, CustomerExport export, List<string> rows, CancellationToken cancel)
    {
        if (!rows.Exists(static row => row.Contains($"\"{Box}\"", StringComparison.Ordinal)))
        {
            return rows;
        }

        await using var connection = await database.OpenConnectionAsync(cancel);
        var known = await keys.ReadAsync(connection, [new(export.Partition, export.Account, default)], cancel);
        return rows.ConvertAll(row => Open(row, known, export));
    }

    private static string Open(string text, KnownUsageKeys keys, CustomerExport export)
    {
        var row = JsonNode.Parse(text)!;
        if (row["data"] is not JsonObject data || data[Box] is null)
        {
            return text;
        }

        var opened = SealedTexts.Open(
            EventData.Read(data.ToJsonString()), keys, new(export.Partition, export.Account, row["id"]!.GetValue<Guid>()));
        data.Remove(Box);
        Set(data, "props", opened.PropertiesJson);
        Set(data, "from", opened.OriginJson);
        return row.ToJsonString(PlainJson.Compact);
    }

    private static void Set(JsonObject data, string name, string? json)
    {
        if (json is not null)
        {
            data[name] = JsonNode.Parse(json);
        }
    }
}
