using Npgsql;

namespace Tollgate.Engine.Ledger;

/// <summary>The OIDs of the composite types of the ledger's schema.</summary>
internal readonly record struct RowTypes(uint BalanceChange, uint NewEvent)
{
    public static async Task<RowTypes> ReadAsync(NpgsqlConnection connection)
    {
        await using var command = new NpgsqlCommand("SELECT 'balance_change'::regtype::oid, 'new_event'::regtype::oid", connection);
        await using var reader = await command.ExecuteReaderAsync();
        await reader.ReadAsync();
        return new(reader.GetFieldValue<uint>(0), reader.GetFieldValue<uint>(1));
    }
}
