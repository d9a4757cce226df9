using System.Security.Cryptography;
using System.Text;
using System.Xml.Linq;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.AspNetCore.DataProtection.Repositories;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;
using Tollgate.Engine.Postgres;

namespace Tollgate.Engine.Secrets;

/// <summary>
/// Encrypts with the master key what versions before it kept beside its key, or in clear. The table of the old keys goes last: killed before that, the next
/// start goes on where this one was.
/// </summary>
internal static class CloseOldSecrets
{
    public static async Task RunAsync(NpgsqlDataSource database, NpgsqlConnection connection, SecretBox box, ILogger log, CancellationToken cancel)
    {
        await using var asks = connection.Command(SecretsSql.HasOldKeys);
        if (!(bool)(await asks.ExecuteScalarAsync(cancel))!)
        {
            return;
        }

        using var old = await OldKeysAsync(connection, cancel);
        var closed = 0;
        foreach (var column in SecretsSql.Columns)
        {
            closed += (await RewriteSecrets.RunAsync(database, connection, column, SecretsSql.Old(column), (value, _) => Open(old, column, value), box, cancel)).Done;
        }

        await connection.ExecuteAsync(SecretsSql.DropOldKeys, cancel);
        if (closed > 0)
        {
            log.LogInformation(
                "Encrypted {Count} secrets with the master key and removed the keys that lay in the database. Backups made before now still hold those keys: keep them safe, or delete them.", closed);
        }
    }

    private static byte[]? Open(ServiceProvider old, SecretColumn column, object value)
    {
        if (value is string clear)
        {
            return Encoding.UTF8.GetBytes(clear);
        }

        try
        {
            return old.GetRequiredService<IDataProtectionProvider>().CreateProtector(column.Purpose).Unprotect((byte[])value);
        }
        catch (CryptographicException)
        {
            return null;
        }
    }

    private static async Task<ServiceProvider> OldKeysAsync(NpgsqlConnection connection, CancellationToken cancel)
    {
        List<XElement> keys = [];
        await using var command = connection.Command(SecretsSql.OldKeys);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
        {
            keys.Add(XElement.Parse(reader.GetString(0)));
        }

        var services = new ServiceCollection();
        services.AddDataProtection().SetApplicationName("tollgate").DisableAutomaticKeyGeneration();
        services.Configure<KeyManagementOptions>(options => options.XmlRepository = new Kept(keys));
        return services.BuildServiceProvider();
    }

    private sealed class Kept(IReadOnlyCollection<XElement> keys) : IXmlRepository
    {
        public IReadOnlyCollection<XElement> GetAllElements() => keys;

        public void StoreElement(XElement element, string friendlyName) => throw new NotSupportedException("Old keys are read only.");
    }
}
