using Microsoft.Extensions.Logging;
using Npgsql;
using Tollgate.Engine.Postgres;

namespace Tollgate.Engine.Secrets;

/// <summary>
/// Matches the master key of this server to the database, at every start: 1. reads the key; 2. refuses a key that is not the database's; 3.
/// makes one for a database that has none; 4. makes the server's own keys.
/// </summary>
public static class OpenSecrets
{
    /// <param name="acceptsNew">The key was lost: another key replaces it, and the values that it encrypted stay unreadable until someone
    /// sets them again.</param>
    /// <exception cref="StartRefusedException">The key is missing, or is not the database's.</exception>
    public static async Task<SecretBox> RunAsync(
        string connectionString, MasterKeySource source, bool acceptsNew, ILogger log, CancellationToken cancel)
    {
        // Outside the pool: the lock ends with the connection.
        await using var database = Database.ForStart(connectionString);
        await using var connection = await database.OpenConnectionAsync(cancel);
        await connection.ExecuteAsync(SecretsSql.Lock, cancel);
        var keys = await source.LoadAsync(cancel);
        var current = await CurrentAsync(connection, cancel);
        if (current is null || (acceptsNew && keys.All(key => key.Id != current)))
        {
            (keys, current) = await AdoptAsync(connection, source, keys, isLost: current is not null, log, cancel);
        }

        if (keys.All(key => key.Id != current))
        {
            throw new StartRefusedException(Refusal(source, keys, current, DatabaseUrl.WithoutSecrets(connectionString)));
        }

        var box = new SecretBox(new(keys, current), log);
        await MakeSigningKeyAsync(connection, box, SigningKeys.Mail, acceptsNew, cancel);
        await MakeSigningKeyAsync(connection, box, SigningKeys.Erasures, acceptsNew, cancel);
        return box;
    }

    /// <summary>Returns the id of the master key that encrypts the database's secrets. Null: it has none yet.</summary>
    /// <exception cref="NpgsqlException">The database cannot be reached.</exception>
    public static async Task<string?> CurrentAsync(string connectionString, CancellationToken cancel)
    {
        await using var database = Database.ForStart(connectionString);
        await using var connection = await database.OpenConnectionAsync(cancel);
        try
        {
            return await CurrentAsync(connection, cancel);
        }
        catch (PostgresException missing) when (missing.SqlState == PostgresErrorCodes.UndefinedTable)
        {
            return null;
        }
    }

    internal static async Task<string?> CurrentAsync(NpgsqlConnection connection, CancellationToken cancel)
    {
        await using var command = connection.Command(SecretsSql.Current);
        return await command.ExecuteScalarAsync(cancel) as string;
    }

    internal static async Task SwitchAsync(NpgsqlConnection connection, string id, string stateOfOld, CancellationToken cancel)
    {
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        await connection.ExecuteAsync(SecretsSql.Leave, cancel, stateOfOld);
        await connection.ExecuteAsync(SecretsSql.MakeCurrent, cancel, id);
        await transaction.CommitAsync(cancel);
    }

    /// <summary>
    /// The file is on disk before the database names its key: if the process is killed in between, the next start finds the file and
    /// continues.
    /// </summary>
    private static async Task<(IReadOnlyList<MasterKey> Keys, string Current)> AdoptAsync(
        NpgsqlConnection connection, MasterKeySource source, IReadOnlyList<MasterKey> keys, bool isLost, ILogger log,
        CancellationToken cancel)
    {
        if (keys.Count == 0)
        {
            keys = [MasterKey.Make()];
            source.Write(keys);
            log.LogInformation(
                "Created the master key in {File}. Keep a copy of it apart from the backups of the database: "
                    + "without it secrets cannot be decrypted.",
                source.File);
        }

        if (isLost)
        {
            log.LogWarning("Master key {Id} replaces a lost one. Set the secrets that the lost key encrypted again.", keys[0].Id);
        }

        await SwitchAsync(connection, keys[0].Id, "retired", cancel);
        return (keys, keys[0].Id);
    }

    private static string Refusal(MasterKeySource source, IReadOnlyList<MasterKey> keys, string current, string database)
    {
        var seen = keys.Count > 0
            ? $"{source.Name} has {string.Join(", ", keys.Select(static key => key.Id))}"
            : $"{source.File} does not exist";
        return $"The secrets in the database {database} are encrypted with master key {current}, but {seen}. "
            + $"Copy {MasterKeySource.FileName} from the server that has the key, or from its backup, "
            + $"or set {MasterKeySource.KeyVariable}. "
            + "If the key is lost, start once with --new-master-key: provider keys, upstream keys, "
            + "webhook secrets and saved cards must then be set again.";
    }

    private static async Task MakeSigningKeyAsync(
        NpgsqlConnection connection, SecretBox box, string name, bool acceptsNew, CancellationToken cancel)
    {
        var place = SecretPlace.Signing(name);
        await connection.ExecuteAsync(
            SecretsSql.AddSigningKey, cancel, name,
            box.Close(System.Security.Cryptography.RandomNumberGenerator.GetBytes(Aead.KeyBytes), place));
        if (acceptsNew && box.Open(await SigningKeys.ReadAsync(connection, name, cancel), place) is null)
        {
            await connection.ExecuteAsync(
                SecretsSql.ReplaceSigningKey, cancel, name,
                box.Close(System.Security.Cryptography.RandomNumberGenerator.GetBytes(Aead.KeyBytes), place));
        }
    }
}

/// <summary>The server's own keys.</summary>
public sealed class SigningKeys(NpgsqlDataSource database, SecretBox box)
{
    /// <summary>The key that signs the opt-out links in mails.</summary>
    public const string Mail = "mail.unsubscribe";

    /// <summary>The key of the hashes of erased customers' ids.</summary>
    public const string Erasures = "erasures";

    private readonly Lock _gate = new();
    private byte[]? _mail;
    private byte[]? _erasures;

    /// <summary>Reads the key once, because it never changes. Synchronous, because links are made in the middle of a text.</summary>
    /// <exception cref="InvalidOperationException">No master key of this server opens it.</exception>
    public byte[] OfMail()
    {
        lock (_gate)
        {
            return _mail ??= Read(Mail);
        }
    }

    /// <inheritdoc cref="OfMail"/>
    public byte[] OfErasures()
    {
        lock (_gate)
        {
            return _erasures ??= Read(Erasures);
        }
    }

    internal static async Task<byte[]> ReadAsync(NpgsqlConnection connection, string name, CancellationToken cancel)
    {
        await using var command = connection.Command(SecretsSql.SigningKey, name);
        return (byte[])(await command.ExecuteScalarAsync(cancel))!;
    }

    private byte[] Read(string name)
    {
        using var command = database.Command(SecretsSql.SigningKey, name);
        return box.Open((byte[])command.ExecuteScalar()!, SecretPlace.Signing(name))
            ?? throw new InvalidOperationException($"The key {name} cannot be decrypted.");
    }
}
