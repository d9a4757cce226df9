using System.Text.Json;
using System.Text.Json.Serialization;
using Tollgate.Core;

namespace Tollgate.Engine.Backup;

/// <summary>The description of a backup, stored in it.</summary>
/// <param name="Version">The version of Tollgate.</param>
/// <param name="Schema">The newest migration.</param>
/// <param name="Postgres">The major version of PostgreSQL.</param>
/// <param name="TakenAt">
/// The time of the snapshot. The backup contains everything that was committed before it, and nothing that was committed later.
/// </param>
/// <param name="Rows">The number of rows of each table.</param>
/// <param name="MasterKeyId">The key that opens the secrets in the backup. Null: the project has no master key yet.</param>
/// <param name="MasterKeys">The keys themselves, only if the operator asked for them.</param>
public sealed record BackupManifest(
    string Version, int Schema, int Postgres, DateTime TakenAt, IReadOnlyDictionary<string, long> Rows, string? MasterKeyId,
    IReadOnlyList<string>? MasterKeys)
{
    public long AllRows => Rows.Values.Sum();

    internal byte[] Write() => JsonSerializer.SerializeToUtf8Bytes(this, BackupJson.Stored.BackupManifest);

    internal static BackupManifest Read(ReadOnlySpan<byte> json) => JsonSerializer.Deserialize(json, BackupJson.Stored.BackupManifest)!;
}

[JsonSerializable(typeof(BackupManifest))]
internal sealed partial class BackupJson : JsonSerializerContext
{
    public static BackupJson Stored { get; } = new(PlainJson.Stored());
}
