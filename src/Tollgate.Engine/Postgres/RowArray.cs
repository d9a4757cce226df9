#pragma warning disable NPG9001 // Npgsql marks its converter interfaces as subject to change; this file is all that uses them.
using System.Buffers.Binary;
using System.Text;
using Npgsql;
using Npgsql.Internal;
using Npgsql.Internal.Postgres;
using Tollgate.Core.Money;
using Tollgate.Core.Time;

namespace Tollgate.Engine.Postgres;

/// <summary>
/// Rows of a composite type in PostgreSQL's binary format of an array: one parameter carries a whole batch. This is less work on both sides
/// than one array per column, each of which PostgreSQL scans with a function of its own.
/// </summary>
/// <remarks>
/// Format: <c>array_recv</c> and <c>record_recv</c> of PostgreSQL. An array is: number of dimensions, "has nulls", type of the
/// elements, length, lower bound, then each element with its length. A row is: number of columns, then each with its type
/// and length. Everything is big-endian. The buffer is kept for the next batch.
/// </remarks>
internal sealed class RowArray(string type, int columns)
{
    private const int CountAt = 12;

    /// <summary>The buffer grows when a batch needs it, and is not kept if it is larger than <see cref="LargestKept"/>.</summary>
    private const int FirstBytes = 16 * 1024;

    private const int LargestKept = 1024 * 1024;

    private byte[] _bytes = new byte[FirstBytes];
    private int _rowAt;

    public int Length { get; private set; }

    public int Rows { get; private set; }

    /// <summary>Prepares the buffer for the first row. <paramref name="elementType"/>: the OID of the type in this database.</summary>
    public void Begin(uint elementType)
    {
        if (_bytes.Length > LargestKept)
        {
            _bytes = new byte[FirstBytes];
        }

        (Length, Rows) = (0, 0);
        Raw(1);
        Raw(0);
        Raw((int)elementType);
        Raw(0);
        Raw(1);
    }

    public void BeginRow()
    {
        _rowAt = Length;
        Raw(0);
        Raw(columns);
        Rows++;
    }

    public void EndRow() => BinaryPrimitives.WriteInt32BigEndian(_bytes.AsSpan(_rowAt), Length - _rowAt - sizeof(int));

    public void Smallint(short value) => BinaryPrimitives.WriteInt16BigEndian(Column(21, sizeof(short)), value);

    public void Integer(int value) => BinaryPrimitives.WriteInt32BigEndian(Column(23, sizeof(int)), value);

    public void Bigint(long value) => BinaryPrimitives.WriteInt64BigEndian(Column(20, sizeof(long)), value);

    /// <summary>Microseconds since 2000.</summary>
    public void Moment(Instant at) =>
        BinaryPrimitives.WriteInt64BigEndian(Column(1184, sizeof(long)), at.UnixMicroseconds - 946_684_800_000_000);

    /// <summary>Days since 2000.</summary>
    public void Date(DateOnly day) => BinaryPrimitives.WriteInt32BigEndian(Column(1082, sizeof(int)), day.DayNumber - 730_119);

    public void Uuid(Guid id) => id.TryWriteBytes(Column(2950, 16), bigEndian: true, out _);

    /// <summary>The text of a JSON value, after the number of the format's version.</summary>
    public void Json(string text)
    {
        var to = Column(3802, 1 + Encoding.UTF8.GetByteCount(text));
        to[0] = 1;
        Encoding.UTF8.GetBytes(text, to[1..]);
    }

    public void Quantity(Quantity? value)
    {
        if (value is { } given)
        {
            Quantity(given);
        }
        else
        {
            Raw(1700);
            Raw(-1);
        }
    }

    /// <summary>
    /// A numeric: groups of four decimal digits, the power of 10,000 of the first group, sign, decimals. A quantity has at
    /// most 18 digits before the point (five groups) and nine behind it (three groups).
    /// </summary>
    public void Quantity(Quantity value)
    {
        const int WholeGroups = 5;
        const int Groups = WholeGroups + 3;
        Span<short> groups = stackalloc short[Groups];
        var magnitude = Math.Abs(value.Value);
        var whole = decimal.ToInt64(decimal.Truncate(magnitude));
        var nano = whole == magnitude ? 0L : decimal.ToInt64((magnitude - whole) * 1_000_000_000m);
        for (var (i, rest) = (WholeGroups - 1, whole); rest > 0; i--, rest /= 10_000)
        {
            groups[i] = (short)(rest % 10_000);
        }

        for (var (i, rest) = (Groups - 1, nano * 1_000); rest > 0; i--, rest /= 10_000)
        {
            groups[i] = (short)(rest % 10_000);
        }

        var first = groups.IndexOfAnyExcept((short)0);
        var used = first < 0 ? [] : groups[first..(groups.LastIndexOfAnyExcept((short)0) + 1)];
        var to = Column(1700, 8 + (2 * used.Length));
        BinaryPrimitives.WriteInt16BigEndian(to, (short)used.Length);
        BinaryPrimitives.WriteInt16BigEndian(to[2..], (short)(first < 0 ? 0 : WholeGroups - 1 - first));
        BinaryPrimitives.WriteInt16BigEndian(to[4..], value.IsNegative ? (short)0x4000 : (short)0);
        BinaryPrimitives.WriteInt16BigEndian(to[6..], nano == 0 ? (short)0 : (short)Core.Money.Quantity.Scale);
        for (var i = 0; i < used.Length; i++)
        {
            BinaryPrimitives.WriteInt16BigEndian(to[(8 + (2 * i))..], used[i]);
        }
    }

    public NpgsqlParameter ToParameter()
    {
        BinaryPrimitives.WriteInt32BigEndian(_bytes.AsSpan(CountAt), Rows);
        return new NpgsqlParameter<RowArray> { TypedValue = this, DataTypeName = type };
    }

    private Span<byte> Column(int type, int length)
    {
        Raw(type);
        Raw(length);
        Reserve(length);
        var span = _bytes.AsSpan(Length, length);
        Length += length;
        return span;
    }

    private void Raw(int value)
    {
        Reserve(sizeof(int));
        BinaryPrimitives.WriteInt32BigEndian(_bytes.AsSpan(Length), value);
        Length += sizeof(int);
    }

    private void Reserve(int more)
    {
        if (_bytes.Length - Length < more)
        {
            Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, Length + more));
        }
    }

    /// <summary>Registers <see cref="RowArray"/> parameters with a data source, which sends their bytes as they are.</summary>
    public static void TeachTo(NpgsqlDataSourceBuilder builder) => builder.AddTypeInfoResolverFactory(new Types());

    private sealed class Types : PgTypeInfoResolverFactory
    {
        public override IPgTypeInfoResolver CreateResolver() => new Resolver();

        public override IPgTypeInfoResolver? CreateArrayResolver() => null;

        private sealed class Resolver : IPgTypeInfoResolver
        {
            public PgTypeInfo? GetTypeInfo(Type? type, DataTypeName? dataTypeName, PgSerializerOptions options) =>
                type == typeof(RowArray) && dataTypeName is { } name ? new PgTypeInfo(options, new Converter(), name) : null;
        }

        private sealed class Converter : PgStreamingConverter<RowArray>
        {
            public override Size GetSize(SizeContext context, RowArray value, ref object? writeState) => value.Length;

            public override void Write(PgWriter writer, RowArray value) => writer.WriteBytes(value._bytes.AsSpan(0, value.Length));

            public override ValueTask WriteAsync(PgWriter writer, RowArray value, CancellationToken cancellationToken = default) =>
                writer.WriteBytesAsync(value._bytes.AsMemory(0, value.Length), cancellationToken);

            public override RowArray Read(PgReader reader) => throw new NotSupportedException("Rows are sent, not read.");

            public override ValueTask<RowArray> ReadAsync(PgReader reader, CancellationToken cancellationToken = default) =>
                throw new NotSupportedException("Rows are sent, not read.");
        }
    }
}
