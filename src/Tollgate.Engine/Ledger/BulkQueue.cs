using Tollgate.Core.Ledger;

namespace Tollgate.Engine.Ledger;

/// <summary>
/// Batches and streams of events that wait for a lane: a line for each project that has any. The projects take turns, so that one that
/// streams without end delays another's batch by one transaction. Only the lane takes; anybody may add. A lock guards it all: it is taken
/// once for a part of up to a hundred events, and never for single operations.
/// </summary>
internal sealed class BulkQueue(LedgerOptions options)
{
    private readonly Lock _lock = new();

    /// <summary>By project. One that has nothing here or aside has no line.</summary>
    private readonly Dictionary<int, Line> _lines = [];

    /// <summary>Lines in which something waits, each once; the first has its turn.</summary>
    private readonly Queue<Line> _turns = new();

    /// <summary>Operations, not parts.</summary>
    private int _waiting;

    /// <summary>Operations whose customer is busy: they have left their batch and will come back.</summary>
    private int _aside;

    public bool IsEmpty => Volatile.Read(ref _waiting) == 0;

    /// <summary>Operations that wait, here or aside.</summary>
    public int Depth
    {
        get
        {
            lock (_lock)
            {
                return _waiting + _aside;
            }
        }
    }

    /// <summary>
    /// A project's senders wait as soon as one transaction full of its operations waits here; those aside do not count, so that its busy
    /// customers do not stop its other streams. Nor does it take, those aside included, more than what it leaves free of the whole: half
    /// where it is alone, a third each where there are two. Somebody else always finds room.
    /// </summary>
    public bool IsFull(int project)
    {
        lock (_lock)
        {
            var (waiting, aside) = _lines.TryGetValue(project, out var line) ? (line.Waiting, line.Aside) : (0, 0);
            return waiting >= options.MaxBatch || waiting + aside >= options.QueueLength - _waiting - _aside;
        }
    }

    public void Add(BulkOp part)
    {
        lock (_lock)
        {
            var line = LineOf(part.Project.Id);
            if (line.Parts.Count == 0)
            {
                _turns.Enqueue(line);
            }

            line.Parts.Enqueue(part);
            line.Waiting += part.Items.Count;
            _waiting += part.Items.Count;
        }
    }

    /// <summary>
    /// Adds parts to <paramref name="ops"/> until they weigh <paramref name="most"/> or fill the transaction. A turn is worth
    /// <see cref="BulkBudget.Part"/>.
    /// </summary>
    /// <returns>Their weight.</returns>
    public int Take(List<LaneOp> ops, int most)
    {
        var weight = 0;
        lock (_lock)
        {
            while (weight < most && ops.Count < options.MaxBatch && _turns.TryPeek(out var line))
            {
                if (line.Credit <= 0)
                {
                    // What its last part weighed beyond its turn it lacks in the next ones.
                    line.Credit += BulkBudget.Part;
                    _turns.Enqueue(_turns.Dequeue());
                    continue;
                }

                var part = line.Parts.Dequeue();
                ops.AddRange(part.Items);
                weight += part.Weight;
                line.Credit -= part.Weight;
                line.Waiting -= part.Items.Count;
                _waiting -= part.Items.Count;
                if (line.Parts.Count == 0)
                {
                    _turns.Dequeue();
                    Drop(line);
                }
            }
        }

        return weight;
    }

    /// <summary>Counts operations that leave their batch, and with a number below zero those that are back.</summary>
    public void CountAside(int project, int operations)
    {
        lock (_lock)
        {
            var line = LineOf(project);
            line.Aside += operations;
            _aside += operations;
            Drop(line);
        }
    }

    private Line LineOf(int project)
    {
        if (!_lines.TryGetValue(project, out var line))
        {
            _lines[project] = line = new(project);
        }

        return line;
    }

    /// <summary>Unless the project still has something.</summary>
    private void Drop(Line line)
    {
        if (line is { Waiting: 0, Aside: 0 })
        {
            _lines.Remove(line.Project);
        }
    }

    private sealed class Line(int project)
    {
        public int Project => project;

        public Queue<BulkOp> Parts { get; } = new();

        public int Waiting { get; set; }

        public int Aside { get; set; }

        /// <summary>The weight that is left of its turn.</summary>
        public int Credit { get; set; } = BulkBudget.Part;
    }
}
