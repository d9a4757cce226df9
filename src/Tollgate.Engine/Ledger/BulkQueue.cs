using Tollgate.Core.Ledger;

namespace Tollgate.Engine.Ledger;

/// <summary>
/// Batches and streams of events that wait for a lane, in a line for each project. The projects take turns, so that an endless stream of
/// one delays another's batch by one transaction. Only the lane takes; any thread may add. A lock guards the queue: it is taken once for a
/// part of up to a hundred events, and never for single operations.
/// </summary>
internal sealed class BulkQueue(LedgerOptions options)
{
    private readonly Lock _lock = new();

    /// <summary>The lines by project. A project without waiting or set-aside operations has none.</summary>
    private readonly Dictionary<int, Line> _lines = [];

    /// <summary>Lines with waiting parts, each once; the first has its turn.</summary>
    private readonly Queue<Line> _turns = new();

    /// <summary>The number of operations, not parts.</summary>
    private int _waiting;

    /// <summary>The number of operations whose customer is busy: they have left their batch and will return.</summary>
    private int _aside;

    public bool IsEmpty => Volatile.Read(ref _waiting) == 0;

    /// <summary>The number of operations that wait, here or set aside.</summary>
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
    /// True if a project's senders must wait: one transaction full of its operations waits here (operations set aside do not count, so that
    /// busy customers do not stop the project's other streams), or the project, with operations set aside, takes more than it leaves free
    /// of the whole: half if it is alone, a third each if there are two. Other projects always find room.
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
                    // The excess weight of its last part reduces its next turns.
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

    /// <summary>Counts operations that leave their batch or, with a negative number, those that return.</summary>
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

    /// <summary>Removes a line, unless the project still has operations.</summary>
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

        /// <summary>The remaining weight of its turn.</summary>
        public int Credit { get; set; } = BulkBudget.Part;
    }
}
