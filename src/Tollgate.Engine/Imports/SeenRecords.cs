using NpgsqlTypes;
using Tollgate.Core.Imports;
using Tollgate.Core.Metering;
using Tollgate.Engine.Postgres;

namespace Tollgate.Engine.Imports;

/// <summary>The records of a dry run, which finds repeats in the file although it books nothing.</summary>
internal static class SeenRecords
{
    /// <param name="records">Distinct records with their contents.</param>
    /// <returns>Those that an earlier chunk had: the position, and whether the content differs.</returns>
    public static async Task<IReadOnlyList<(int At, bool Differs)>> NoteAsync(
        ImportTurn turn, IReadOnlyList<(ImportRecord Record, string Content)> records, CancellationToken cancel)
    {
        var keys = records.Select(static one => KeyOf(one.Record.Kind, one.Record.Customer, one.Record.Id)).ToArray();
        var places = keys.Select(static (key, at) => (key, at)).ToDictionary(static one => one.key, static one => one.at);
        await using var command = turn.Connection.Command(
            ImportSql.See, turn.Import.Id,
            new Npgsql.NpgsqlParameter { Value = keys, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Uuid },
            new Npgsql.NpgsqlParameter
            {
                Value = records.Select(static one => ValueHash.Of(one.Content)).ToArray(),
                NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Uuid,
            });
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var seen = new List<(int, bool)>();
        while (await reader.ReadAsync(cancel))
        {
            seen.Add((places[reader.GetGuid(0)], reader.GetBoolean(1)));
        }

        return seen;
    }

    /// <summary>Returns those of the records that the dry run has seen.</summary>
    public static async Task<IReadOnlyList<(string Customer, string Id)>> FindAsync(
        ImportTurn turn, ImportKind kind, IReadOnlyList<(string Customer, string Id)> records, CancellationToken cancel)
    {
        var keys = records.Select(one => KeyOf(kind, one.Customer, one.Id)).ToArray();
        await using var command = turn.Connection.Command(
            ImportSql.Seen, turn.Import.Id,
            new Npgsql.NpgsqlParameter { Value = keys, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Uuid });
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var found = new HashSet<Guid>();
        while (await reader.ReadAsync(cancel))
        {
            found.Add(reader.GetGuid(0));
        }

        return [.. records.Where((_, at) => found.Contains(keys[at]))];
    }

    private static Guid KeyOf(ImportKind kind, string customer, string id) => ValueHash.Of($"{kind}\0{customer}\0{id}");
}
