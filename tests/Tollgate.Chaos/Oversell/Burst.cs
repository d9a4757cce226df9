using System.Diagnostics;
using Tollgate.Chaos.Client;
using Tollgate.Chaos.Servers;

namespace Tollgate.Chaos.Oversell;

/// <summary>
/// 256 simultaneous callers on one customer's hard caps, spread over all servers: consumes of 1 to 7, reservations over two features that
/// are settled, released or left to expire, and (two seeds of three) a plan change in the middle.
/// </summary>
public sealed class Burst
{
    private const int Callers = 256;
    private const int CallsAtOnce = 3;
    private const int CallsLater = 2;
    private const int TtlSeconds = 1;

    private readonly Project _project;
    private readonly int _seed;
    private readonly History _history;
    private readonly TaskCompletionSource _start = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _granted;

    private Burst(Project project, int seed)
    {
        _project = project;
        _seed = seed;
        _history = new(Before);
    }

    public string Customer => $"burst-{_seed}";

    /// <summary>The limits in force at the end.</summary>
    public IReadOnlyDictionary<string, decimal> Limits => _seed % 3 == 1 ? Catalogue.LargeLimits : Catalogue.SmallLimits;

    /// <summary>True if the plan becomes smaller: the usage remains and may exceed the new limit.</summary>
    public bool GoesDown => _seed % 3 == 2;

    public History History => _history;

    private IReadOnlyDictionary<string, decimal> Before => GoesDown ? Catalogue.LargeLimits : Catalogue.SmallLimits;

    public static async Task<Burst> RunAsync(Project project, int seed)
    {
        var burst = new Burst(project, seed);
        if (burst.GoesDown)
        {
            (await project.Gate.AssignPlanAsync(burst.Customer, Catalogue.Large)).Fate.ShouldBe(Fate.Granted);
        }

        var callers = Enumerable.Range(0, Callers).Select(burst.CallAsync).Append(burst.ChangePlanAsync()).ToList();
        burst._start.SetResult();
        await Task.WhenAll(callers);
        return burst;
    }

    private async Task CallAsync(int caller)
    {
        var random = Form.ChanceOf(_seed, caller);
        var gate = _project.Gates[caller % _project.Gates.Count];
        await _start.Task;
        for (var call = 0; call < CallsAtOnce + CallsLater; call++)
        {
            if (call == CallsAtOnce)
            {
                // Long enough for reservations to expire, so that their room is used again.
                await Task.Delay(random.Next(900, 2_000));
            }

            var name = $"caller {caller} call {call}";
            await (random.Next(100) < 60 ? ConsumeAsync(gate, random, name) : ReserveAsync(gate, random, name));
        }
    }

    private async Task ConsumeAsync(GateClient gate, Random random, string name)
    {
        var feature = random.Next(4) == 0 ? Catalogue.Other : Catalogue.Units;
        var amount = random.Next(1, 8);
        var answer = await gate.ConsumeAsync(Customer, feature, amount, $"{Customer}/{name}");
        Note(name, new Dictionary<string, decimal> { [feature] = amount }, answer, null);
    }

    private async Task ReserveAsync(GateClient gate, Random random, string name)
    {
        var amounts = new Dictionary<string, decimal> { [Catalogue.Units] = random.Next(1, 8) };
        if (random.Next(2) == 0)
        {
            amounts[Catalogue.Other] = random.Next(1, 8);
        }

        var answer = await gate.ReserveAsync(Customer, amounts, TtlSeconds);
        if (answer.Fate != Fate.Granted)
        {
            Note(name, amounts, answer, null);
            return;
        }

        // The step is noted only when its end is known, because the judge works afterwards.
        var expires = TicksOf(answer.Moment("expires_at"));
        Note(name, amounts, answer, await EndAsync(gate, random, answer.Id, amounts, expires));
    }

    private static async Task<Holding> EndAsync(
        GateClient gate, Random random, string hold, Dictionary<string, decimal> amounts, long expires)
    {
        var way = random.Next(100);
        if (way >= 65)
        {
            return new Holding(expires, long.MaxValue, long.MaxValue, null);
        }

        await Task.Delay(random.Next(0, 150));
        var settled = way < 35 ? amounts.ToDictionary(pair => pair.Key, pair => (decimal)random.Next(1, (int)pair.Value + 1)) : null;
        var end = settled is null ? await gate.ReleaseAsync(hold) : await gate.SettleAsync(hold, settled);
        if (end.Fate == Fate.Conflict || (settled is null && end.Fate == Fate.Invalid))
        {
            // It expired before the release arrived (a slow machine): it is freed all the same.
            return new Holding(expires, end.Invoked, end.Answered, null);
        }

        end.Fate.ShouldBe(Fate.Granted, $"The end of a reservation: {end}");
        return new Holding(expires, end.Invoked, end.Answered, settled, end.Late);
    }

    private async Task ChangePlanAsync()
    {
        if (_seed % 3 == 0)
        {
            return;
        }

        // Somewhere while the quota fills: the moment depends on the seed, not on the machine's speed.
        var when = new Random(_seed).Next(10, 60);
        while (Volatile.Read(ref _granted) < when)
        {
            await Task.Delay(1);
        }

        var answer = await _project.Gates[^1].AssignPlanAsync(Customer, GoesDown ? Catalogue.Small : Catalogue.Large);
        answer.Fate.ShouldBe(Fate.Granted, answer.ToString());
        _history.Add(new LimitChange(answer.Invoked, answer.Answered, Limits));
    }

    private void Note(string name, IReadOnlyDictionary<string, decimal> amounts, Answer answer, Holding? hold)
    {
        answer.Fate.ShouldBeOneOf([Fate.Granted, Fate.Denied], $"{name}: {answer}");
        if (answer.Fate == Fate.Granted)
        {
            Interlocked.Increment(ref _granted);
        }

        _history.Add(new Step
        {
            Name = $"{name} ({string.Join(", ", amounts)})",
            Amounts = amounts,
            Invoked = answer.Invoked,
            Answered = answer.Answered,
            Granted = answer.Fate == Fate.Granted,
            Hold = hold,
        });
    }

    private static long TicksOf(DateTimeOffset moment) =>
        Stopwatch.GetTimestamp() + (long)((moment - DateTimeOffset.UtcNow).TotalSeconds * Stopwatch.Frequency);
}
