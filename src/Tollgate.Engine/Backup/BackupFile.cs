using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Tollgate.Engine.Postgres;
using Tollgate.Engine.Secrets;

namespace Tollgate.Engine.Backup;

/// <summary>
/// The format of a backup file: a line that identifies it, then chunks, each preceded by its length; the highest bit of a length marks the
/// last chunk. The first chunk is the manifest, the last one the SHA-256 of all chunks before it, and between them is the output of
/// pg_dump. In an encrypted file each chunk is encrypted separately and bound to the first line, its number and whether it is the last, so
/// nobody can omit, move or cut off a chunk.
/// </summary>
internal static class BackupFile
{
    public const string Name = "TOLLGATE BACKUP 1";

    /// <summary>The size of a chunk. It bounds the memory of a backup or a restore, however large the database is.</summary>
    public const int ChunkBytes = 1024 * 1024;

    public const uint Last = 0x8000_0000;

    /// <summary>OWASP's figure for PBKDF2 with SHA-256 (2023): about a third of a second for each guess on one core.</summary>
    public const int Iterations = 600_000;

    public const int SaltBytes = 32;

    /// <summary>The most iterations that a restore accepts: a larger number in a damaged or hostile file could take days.</summary>
    public const int MostIterations = 10_000_000;

    public static byte[] KeyOf(string passphrase, byte[] salt, int iterations) =>
        Rfc2898DeriveBytes.Pbkdf2(passphrase.Normalize(), salt, iterations, HashAlgorithmName.SHA256, Aead.KeyBytes);

    public static byte[] Bound(string line, long number, bool isLast) =>
        Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{line}\n{number}\n{(isLast ? "last" : "more")}"));
}

/// <summary>Writes a backup under a temporary name beside the final one, and renames the file when it is complete and on disk.</summary>
internal sealed class BackupWriter : IAsyncDisposable
{
    private readonly string _path;
    private readonly FileStream _file;
    private readonly string _line;
    private readonly byte[]? _key;
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private long _number;
    private bool _isWhole;

    private BackupWriter(string path, FileStream file, string line, byte[]? key) => (_path, _file, _line, _key) = (path, file, line, key);

    /// <param name="passphrase">Null: the file is not encrypted.</param>
    public static async Task<BackupWriter> CreateAsync(string path, string? passphrase, CancellationToken cancel)
    {
        var salt = RandomNumberGenerator.GetBytes(BackupFile.SaltBytes);
        var key = passphrase is null ? null : BackupFile.KeyOf(passphrase, salt, BackupFile.Iterations);
        var line = key is null
            ? $"{BackupFile.Name} plain"
            : string.Create(
                CultureInfo.InvariantCulture, $"{BackupFile.Name} encrypted {BackupFile.Iterations} {Convert.ToBase64String(salt)}");
        var file = new FileStream(Partial(path), new FileStreamOptions
        {
            Mode = FileMode.Create,
            Access = FileAccess.Write,
            Options = FileOptions.Asynchronous,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        });
        var writer = new BackupWriter(path, file, line, key);
        await file.WriteAsync(Encoding.UTF8.GetBytes(line + "\n"), cancel);
        return writer;
    }

    public async Task WriteAsync(ReadOnlyMemory<byte> chunk, CancellationToken cancel)
    {
        _hash.AppendData(chunk.Span);
        await WriteAsync(chunk, isLast: false, cancel);
    }

    public async Task CompleteAsync(CancellationToken cancel)
    {
        await WriteAsync(_hash.GetHashAndReset(), isLast: true, cancel);
        _file.Flush(flushToDisk: true);
        await _file.DisposeAsync();
        File.Move(Partial(_path), _path);
        Disk.FlushFolder(Path.GetDirectoryName(_path)!);
        _isWhole = true;
    }

    /// <summary>Deletes the file unless it is complete.</summary>
    public async ValueTask DisposeAsync()
    {
        _hash.Dispose();
        if (!_isWhole)
        {
            try
            {
                await _file.DisposeAsync();
            }
            catch (IOException)
            {
                // The disk is full, so this write fails too.
            }

            File.Delete(Partial(_path));
        }
    }

    private async Task WriteAsync(ReadOnlyMemory<byte> chunk, bool isLast, CancellationToken cancel)
    {
        var bytes = _key is null ? chunk : Aead.Close(_key, chunk.Span, BackupFile.Bound(_line, _number, isLast));
        var head = new byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32BigEndian(head, (uint)bytes.Length | (isLast ? BackupFile.Last : 0));
        await _file.WriteAsync(head, cancel);
        await _file.WriteAsync(bytes, cancel);
        _number++;
    }

    private static string Partial(string path) => path + ".partial";
}

/// <summary>Reads a backup. Every fault of the file becomes an error message.</summary>
internal sealed class BackupReader
{
    private readonly string _path;
    private readonly string _line;
    private readonly byte[]? _key;

    private BackupReader(string path, string line, byte[]? key) => (_path, _line, _key) = (path, line, key);

    public static bool IsEncrypted(string path) => FirstLine(path).Split(' ') is [_, _, _, "encrypted", ..];

    /// <exception cref="StartRefusedException">The file is not a backup, or the passphrase is missing.</exception>
    public static BackupReader Open(string path, string? passphrase)
    {
        var line = FirstLine(path);
        switch (line.Split(' '))
        {
            case [_, _, _, "plain"]:
                return new(path, line, null);
            case [_, _, _, "encrypted", var rounds, var salt]
                when int.TryParse(rounds, NumberStyles.None, CultureInfo.InvariantCulture, out var iterations)
                    && iterations is > 0 and <= BackupFile.MostIterations && salt.Length == 44:
                return passphrase is null
                    ? throw new StartRefusedException($"The backup {path} is encrypted: give its passphrase.")
                    : new(path, line, BackupFile.KeyOf(passphrase, Convert.FromBase64String(salt), iterations));
            default:
                throw Broken(path, "its first line cannot be read");
        }
    }

    /// <summary>Reads all chunks but the last, whose hash it compares.</summary>
    /// <param name="progress">Receives the fraction of the file that was read.</param>
    /// <exception cref="StartRefusedException">A chunk is missing or was changed, or the passphrase is wrong.</exception>
    public async IAsyncEnumerable<ReadOnlyMemory<byte>> ChunksAsync(
        Action<decimal>? progress, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancel)
    {
        await using var file = new FileStream(
            _path, FileMode.Open, FileAccess.Read, FileShare.Read, 64 * 1024, FileOptions.Asynchronous | FileOptions.SequentialScan);
        file.Position = Encoding.UTF8.GetByteCount(_line) + 1;
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var head = new byte[sizeof(uint)];
        for (long number = 0; ; number++)
        {
            if (await file.ReadAtLeastAsync(head, head.Length, throwOnEndOfStream: false, cancel) < head.Length)
            {
                throw Broken(_path, "its end is missing");
            }

            var (isLast, length) =
                ((BinaryPrimitives.ReadUInt32BigEndian(head) & BackupFile.Last) != 0,
                    (int)(BinaryPrimitives.ReadUInt32BigEndian(head) & ~BackupFile.Last));
            var bytes = new byte[length <= BackupFile.ChunkBytes * 2 ? length : throw Broken(_path, "a length in it is wrong")];
            if (await file.ReadAtLeastAsync(bytes, length, throwOnEndOfStream: false, cancel) < length)
            {
                throw Broken(_path, "its end is missing");
            }

            var chunk = _key is null ? bytes : Aead.Open(_key, bytes, BackupFile.Bound(_line, number, isLast))
                ?? throw (number == 0
                    ? new StartRefusedException($"The passphrase does not open {_path}, or the file was changed.")
                    : Broken(_path, "a part of it was changed"));
            progress?.Invoke((decimal)file.Position / file.Length);
            if (isLast)
            {
                if (!hash.GetHashAndReset().AsSpan().SequenceEqual(chunk) || file.Position != file.Length)
                {
                    throw Broken(_path, "its check sum is wrong");
                }

                yield break;
            }

            hash.AppendData(chunk);
            yield return chunk;
        }
    }

    private static string FirstLine(string path)
    {
        try
        {
            using var file = File.OpenRead(path);
            var bytes = new byte[200];
            var text = Encoding.UTF8.GetString(bytes, 0, file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false));
            return text.StartsWith(BackupFile.Name + " ", StringComparison.Ordinal) && text.Contains('\n', StringComparison.Ordinal)
                ? text[..text.IndexOf('\n', StringComparison.Ordinal)]
                : throw new StartRefusedException($"{path} is no backup of Tollgate.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StartRefusedException($"The backup {path} cannot be read: {e.Message}", e);
        }
    }

    private static StartRefusedException Broken(string path, string why) =>
        new($"The backup {path} is damaged: {why}. Nothing was restored; take another backup.");
}
