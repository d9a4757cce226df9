using Tollgate.Engine.Projects;

namespace Tollgate.Server.Http;

/// <summary>
/// Limits the look-ups of customer tokens in the database. Only the look-up reveals a token's project, so all projects share the turns; a
/// token has one at a time, so that a flood of requests with one token delays only itself.
/// </summary>
/// <remarks>It caches nothing: the server refuses a revoked token from the next request on.</remarks>
public sealed class TokenLookUps : IDisposable
{
    /// <summary>The number of parallel look-ups, each with a connection to PostgreSQL. One takes a millisecond.</summary>
    public const int AtOnce = 3;

    /// <summary>The most requests that wait with one token: as many as a browser sends at once over one HTTP/2 connection.</summary>
    public const int WaitingOfOne = 100;

    private readonly SemaphoreSlim _all = new(AtOnce);
    private readonly Dictionary<KeyHash, Line> _lines = [];

    /// <summary>The number of tokens with a waiting or running look-up.</summary>
    public int Tokens
    {
        get
        {
            lock (_lines)
            {
                return _lines.Count;
            }
        }
    }

    /// <summary>Takes a turn; dispose of it after the look-up. Null: too many requests with the token are waiting.</summary>
    public async ValueTask<IDisposable?> TakeAsync(KeyHash token, CancellationToken cancel)
    {
        if (Enter(token) is not { } line)
        {
            return null;
        }

        var (hasLine, hasAll) = (false, false);
        try
        {
            await line.Turn.WaitAsync(cancel);
            hasLine = true;
            await _all.WaitAsync(cancel);
            hasAll = true;
            return new Held(this, token, line);
        }
        finally
        {
            if (!hasAll)
            {
                Leave(token, line, hasLine);
            }
        }
    }

    public void Dispose() => _all.Dispose();

    private Line? Enter(KeyHash token)
    {
        lock (_lines)
        {
            if (!_lines.TryGetValue(token, out var line))
            {
                _lines[token] = line = new();
            }

            // One runs, the others wait.
            return line.Length > WaitingOfOne ? null : line.Enter();
        }
    }

    private void Leave(KeyHash token, Line line, bool hasTurn)
    {
        lock (_lines)
        {
            if (hasTurn)
            {
                line.Turn.Release();
            }

            if (line.Leave() == 0)
            {
                _lines.Remove(token);
                line.Dispose();
            }
        }
    }

    /// <summary>The queue of requests with one token.</summary>
    private sealed class Line : IDisposable
    {
        public int Length { get; private set; }

        public SemaphoreSlim Turn { get; } = new(1);

        public Line Enter()
        {
            Length++;
            return this;
        }

        public int Leave() => --Length;

        public void Dispose() => Turn.Dispose();
    }

    private sealed class Held(TokenLookUps all, KeyHash token, Line line) : IDisposable
    {
        public void Dispose()
        {
            all._all.Release();
            all.Leave(token, line, hasTurn: true);
        }
    }
}
