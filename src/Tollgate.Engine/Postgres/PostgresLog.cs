using System.Text;

namespace Tollgate.Engine.Postgres;

/// <summary>
/// PostgreSQL's own log: <c>postgres.log</c> and, once that is full, <c>postgres.log.1</c> before it. Bounded, so that a
/// database that complains for a year does not fill the disk that it complains about.
/// </summary>
public sealed class PostgresLog(string path, long limitBytes = PostgresLog.DefaultLimitBytes) : IDisposable
{
    /// <summary>Two files of 10 MB hold months of a healthy server, or the full history of a failing one.</summary>
    public const long DefaultLimitBytes = 10 * 1024 * 1024;

    private const int LinesKept = 20;

    private readonly Lock _gate = new();
    private readonly Queue<string> _last = new();
    private StreamWriter? _writer;

    public string Path { get; } = path;

    /// <summary>The newest lines, for the message about a PostgreSQL that did not start.</summary>
    public string LastLines
    {
        get
        {
            lock (_gate)
            {
                return string.Join('\n', _last);
            }
        }
    }

    public void Write(string line)
    {
        lock (_gate)
        {
            _last.Enqueue(line);
            if (_last.Count > LinesKept)
            {
                _last.Dequeue();
            }

            try
            {
                _writer ??= Open();
                _writer.WriteLine(line);
                _writer.Flush();
                if (_writer.BaseStream.Position >= limitBytes)
                {
                    _writer.Dispose();
                    _writer = null;
                    File.Move(Path, Path + ".1", overwrite: true);
                }
            }
            catch (IOException)
            {
                // A full disk must not stop the reader of PostgreSQL's output: an unread pipe would stop PostgreSQL.
                _writer = null;
            }
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _writer?.Dispose();
            _writer = null;
        }
    }

    private StreamWriter Open() => new(
        new FileStream(Path, new FileStreamOptions
        {
            Mode = FileMode.Append,
            Access = FileAccess.Write,
            Share = FileShare.ReadWrite | FileShare.Delete,
            UnixCreateMode = DataFolder.OwnerOnly(directory: false),
        }),
        new UTF8Encoding(encoderShouldEmitUTF8Identifier: false));
}
