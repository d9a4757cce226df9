using System.Xml.Linq;
using Microsoft.AspNetCore.DataProtection.Repositories;
using Npgsql;

namespace Tollgate.Engine.Gateway;

/// <summary>
/// Keeps the keys with which servers encrypt credentials in the database: every server of it reads what another one wrote. Who
/// has the whole database has the keys as well; they protect a table that leaked by itself, logs and dumps of single tables.
/// </summary>
/// <remarks>The framework's interface is synchronous. It is called at the first use and once in some months.</remarks>
public sealed class ProtectionKeys(NpgsqlDataSource database) : IXmlRepository
{
    public IReadOnlyCollection<XElement> GetAllElements()
    {
        using var command = database.CreateCommand(UpstreamSql.LoadProtectionKeys);
        using var reader = command.ExecuteReader();
        List<XElement> keys = [];
        while (reader.Read())
        {
            keys.Add(XElement.Parse(reader.GetString(0)));
        }

        return keys;
    }

    public void StoreElement(XElement element, string friendlyName)
    {
        using var command = database.CreateCommand(UpstreamSql.StoreProtectionKey);
        command.Parameters.Add(new() { Value = friendlyName });
        command.Parameters.Add(new() { Value = element.ToString(SaveOptions.DisableFormatting) });
        command.ExecuteNonQuery();
    }
}
