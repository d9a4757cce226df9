using Npgsql;
using NpgsqlTypes;
using Tollgate.Core.Time;

namespace Tollgate.Engine.Postgres;

/// <summary>
/// Rows for the database, column by column. <see cref="Command"/> passes them to a statement as arrays, in the order in which they were
/// added from <c>$1</c> on; <see cref="CopyAsync"/> copies new rows into a table, which costs a third of that and two round trips.
/// </summary>
internal sealed class Columns
{
    private readonly List<(Array Values, NpgsqlDbType Type, Func<NpgsqlBinaryImporter, int, CancellationToken, Task> Write)> _columns = [];

    public Columns Small(IEnumerable<short> values) => Add(values, NpgsqlDbType.Smallint);

    public Columns SmallOrNull(IEnumerable<short?> values) => Add(values, NpgsqlDbType.Smallint);

    public Columns Whole(IEnumerable<int> values) => Add(values, NpgsqlDbType.Integer);

    public Columns WholeOrNull(IEnumerable<int?> values) => Add(values, NpgsqlDbType.Integer);

    public Columns Long(IEnumerable<long?> values) => Add(values, NpgsqlDbType.Bigint);

    public Columns Numbers(IEnumerable<decimal?> values) => Add(values, NpgsqlDbType.Numeric);

    public Columns Text(IEnumerable<string?> values) => Add(values, NpgsqlDbType.Text);

    /// <summary>For <see cref="CopyAsync"/>, which converts nothing; a statement takes text and casts it.</summary>
    public Columns Json(IEnumerable<string?> values) => Add(values, NpgsqlDbType.Jsonb);

    public Columns Ids(IEnumerable<Guid?> values) => Add(values, NpgsqlDbType.Uuid);

    public Columns Flags(IEnumerable<bool> values) => Add(values, NpgsqlDbType.Boolean);

    public Columns Times(IEnumerable<Instant?> values) => Add(values.Select(static at => at?.ToUtc()), NpgsqlDbType.TimestampTz);

    public Columns Days(IEnumerable<DateOnly> values) => Add(values, NpgsqlDbType.Date);

    public NpgsqlBatchCommand Command(string sql)
    {
        var command = new NpgsqlBatchCommand(sql);
        foreach (var (values, type, _) in _columns)
        {
            command.Parameters.Add(new() { Value = values, NpgsqlDbType = NpgsqlDbType.Array | type });
        }

        return command;
    }

    /// <param name="sql"><c>COPY … FROM STDIN (FORMAT BINARY)</c> with the columns in the order in which they were added.</param>
    public async Task CopyAsync(NpgsqlConnection connection, string sql, CancellationToken cancel)
    {
        var rows = _columns[0].Values.Length;
        if (rows == 0)
        {
            return;
        }

        await using var copy = await connection.BeginBinaryImportAsync(sql, cancel);
        for (var row = 0; row < rows; row++)
        {
            await copy.StartRowAsync(cancel);
            foreach (var (_, _, write) in _columns)
            {
                await write(copy, row, cancel);
            }
        }

        await copy.CompleteAsync(cancel);
    }

    private Columns Add<T>(IEnumerable<T> values, NpgsqlDbType type)
    {
        var column = values.ToArray();
        _columns.Add(
            (column, type,
                (copy, row, cancel) => column[row] is { } value ? copy.WriteAsync(value, type, cancel) : copy.WriteNullAsync(cancel)));
        return this;
    }
}
