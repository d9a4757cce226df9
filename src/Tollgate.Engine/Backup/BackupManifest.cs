using System.Text.Json;
using System.Text.Json.Serialization;
using Tollgate.Core;

namespace Tollgate.Engine.Backup;

/// <summary>What a backup says of itself.</summary>
/// <param name="Version">Of Tollgate.</param>
/// <param name="Schema">The newest migration.</param>
/// <param name="Postgres">The major version of PostgreSQL.</param>
/// <param name="TakenAt">Everything that was committed before is in it, nothing that was committed later.</param>
/// <param name="Rows">Of each table.</param>
/// <param name="MasterKeyId">The key that opens the secrets in it. Null: none was made yet.</param>
/// <param name="MasterKeys">The keys themselves, only where that was asked for.</param>
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
