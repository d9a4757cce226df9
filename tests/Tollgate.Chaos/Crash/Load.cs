using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Tollgate.Chaos.Client;
using Tollgate.Chaos.Servers;

namespace Tollgate.Chaos.Crash;

/// <summary>
/// Callers that work without pause on 40 customers and keep their own log of acknowledgements. A call without an answer stays open in the
/// log; afterwards it is repeated with the same id, and must then be recorded exactly once.
/// </summary>
public sealed class Load(Project project, int seed)
{
    private const int Customers = 40;
    private const int AbandonedTtlSeconds = 2;

    private readonly ConcurrentBag<Sent> _sent = [];
    private readonly ConcurrentBag<string> _strange = [];
    private readonly ConcurrentBag<string> _openReleases = [];
    private long _granted;
    private long _refused;
    private long _unknown;

    public long Granted => Volatile.Read(ref _granted);

    public string Summary => $"{Granted} acknowledged, {_refused} refused (503), {_unknown} without an answer";

    public static string CustomerOf(int number) => $"load-{number}";

    /// <summary>Runs the callers until the token is cancelled; each finishes the call it is in.</summary>
    public async Task RunAsync(int callers, CancellationToken stop) =>
        await Task.WhenAll(Enumerable.Range(0, callers).Select(caller => CallAsync(caller, stop)));

    /// <summary>Waits until some more calls were acknowledged, so that a blow hits a server at work.</summary>
    public async Task UntilMoreAsync(int calls)
    {
        var goal = Granted + calls;
        for (var waited = 0; Granted < goal; waited++)
        {
            waited.ShouldBeLessThan(60_000 / 5, $"No progress under load: {Summary}. {string.Join("; ", _strange.Take(3))}");
            await Task.Delay(5);
        }
    }

    /// <summary>
    /// Checks the totals: repeats every call without an answer until it gets one; every acknowledged call replays; used is the sum of all
    /// ids, once each; nothing is held after the abandoned reservations have expired.
    /// </summary>
    public async Task ShouldAddUpAsync()
    {
        _strange.ShouldBeEmpty("Answers that a caller cannot deal with.");
        var open = _sent.Where(sent => !sent.Acknowledged).ToList();
        await InParallel(open, async sent =>
        {
            var answer = await AgainAsync(sent);
            answer.Fate.ShouldBe(Fate.Granted, $"{sent.Id} was asked again: {answer}");
        });
        await InParallel(
            _openReleases,
            async hold => (await project.Gate.ReleaseAsync(hold)).Fate.ShouldNotBeOneOf(Fate.Unknown, Fate.Broken, Fate.Refused));
        await InParallel(_sent.Where(sent => sent.Acknowledged), ShouldReplayAsync);
        await Task.Delay(TimeSpan.FromSeconds(AbandonedTtlSeconds + 5));
        await InParallel(Enumerable.Range(0, Customers), ShouldAddUpAsync);
        Form.Say($"{Summary}; {open.Count} asked again");
    }

    private async Task CallAsync(int caller, CancellationToken stop)
    {
        var random = Form.ChanceOf(seed, caller);
        for (var call = 0; !stop.IsCancellationRequested; call++)
        {
            // The caller decides the gate, chance the customer: with two servers both work on every customer.
            var gate = project.Gates[caller % project.Gates.Count];
            var customer = CustomerOf(random.Next(Customers));
            var id = $"{seed}-{caller}-{call}";
            var fate = random.Next(10) switch
            {
                < 6 => await ConsumeAsync(gate, customer, id, random.Next(1, 6)),
                < 8 => await ReportAsync(gate, customer, id, random.Next(1, 4)),
                _ => await ReserveAsync(gate, customer, id, random),
            };
            if (fate is Fate.Unknown or Fate.Refused)
            {
                // As a sensible client: not at full speed against an absent server.
                await Task.Delay(20, CancellationToken.None);
            }
        }
    }

    private async Task<Fate> ConsumeAsync(GateClient gate, string customer, string id, decimal amount)
    {
        var sent = new Sent(Kind.Consume, customer, Catalogue.Unlimited, id, amount);
        return Note(sent, await gate.ConsumeAsync(customer, sent.Feature, amount, id));
    }

    // Several facts in one request: recorded together or separately, but each once.
    private async Task<Fate> ReportAsync(GateClient gate, string customer, string id, int events)
    {
        var all = Enumerable.Range(0, events).Select(at => new Sent(Kind.Event, customer, Catalogue.Unlimited, $"{id}-{at}", at + 1))
            .ToList();
        var answer = await gate.RecordAsync(new JsonArray([.. all.Select(Event)]));
        foreach (var sent in all)
        {
            Note(sent, answer);
        }

        if (answer.Fate == Fate.Granted && answer.Number("accepted") + answer.Number("replayed") != events)
        {
            _strange.Add($"{events} events: {answer}");
        }

        return answer.Fate;
    }

    private async Task<Fate> ReserveAsync(GateClient gate, string customer, string id, Random random)
    {
        var amount = random.Next(1, 6);
        var way = random.Next(3);
        var reserved = await gate.ReserveAsync(
            customer, new Dictionary<string, decimal> { [Catalogue.Roomy] = amount }, way == 0 ? AbandonedTtlSeconds : 600, $"hold-{id}");
        Count(reserved, $"hold-{id}");
        if (way == 0 || reserved.Fate != Fate.Granted)
        {
            // Abandoned, or perhaps taken with a lost answer, which would hold it for ten minutes. Its owner releases it.
            if (way != 0)
            {
                _openReleases.Add($"hold-{id}");
            }

            return reserved.Fate;
        }

        if (way == 1)
        {
            var settled = new Sent(Kind.Settle, customer, Catalogue.Roomy, reserved.Id, random.Next(1, amount + 1));
            return Note(
                settled, await gate.SettleAsync(reserved.Id, new Dictionary<string, decimal> { [Catalogue.Roomy] = settled.Amount }));
        }

        var released = await gate.ReleaseAsync(reserved.Id);
        Count(released, reserved.Id);
        if (released.Fate != Fate.Granted)
        {
            _openReleases.Add(reserved.Id);
        }

        return released.Fate;
    }

    private Fate Note(Sent sent, Answer answer)
    {
        _sent.Add(sent with { Acknowledged = answer.Fate == Fate.Granted });
        Count(answer, sent.Id);
        return answer.Fate;
    }

    private void Count(Answer answer, string id)
    {
        switch (answer.Fate)
        {
            case Fate.Granted:
                Interlocked.Increment(ref _granted);
                break;
            case Fate.Unknown:
                Interlocked.Increment(ref _unknown);
                break;
            case Fate.Refused:
                Interlocked.Increment(ref _refused);
                if (answer.RetryAfter is null || answer.Code is not ("storage_unavailable" or "overloaded" or "shutting_down"))
                {
                    _strange.Add($"{id}: a 503 without Retry-After or code: {answer}");
                }

                break;
            default:
                _strange.Add($"{id}: {answer}");
                break;
        }
    }

    private async Task<Answer> AgainAsync(Sent sent) => sent.Kind switch
    {
        Kind.Consume => await project.Gate.ConsumeAsync(sent.Customer, sent.Feature, sent.Amount, sent.Id),
        Kind.Event => await project.Gate.RecordAsync(new JsonArray(Event(sent))),
        _ => await project.Gate.SettleAsync(sent.Id, new Dictionary<string, decimal> { [sent.Feature] = sent.Amount }),
    };

    private async Task ShouldReplayAsync(Sent sent)
    {
        var again = await AgainAsync(sent);
        var replayed = sent.Kind == Kind.Event
            ? again.Fate == Fate.Granted && again.Number("replayed") == 1
            : again.Fate == Fate.Granted && again.Replayed;
        replayed.ShouldBeTrue($"{sent} was acknowledged and must be remembered: {again}");
    }

    private async Task ShouldAddUpAsync(int number)
    {
        var customer = CustomerOf(number);
        foreach (var feature in (string[])[Catalogue.Unlimited, Catalogue.Roomy])
        {
            var usage = await Usage.OfAsync(project.Gate, customer, feature);
            usage.Used.ShouldBe(_sent.Where(sent => sent.Customer == customer && sent.Feature == feature).Sum(sent => sent.Amount),
                $"used of {customer}, {feature}: more is counted twice, less is lost");
            usage.Held.ShouldBe(0, $"held of {customer}, {feature}: a hold leaked");
        }
    }

    private static JsonNode Event(Sent sent) =>
        new JsonObject { ["id"] = sent.Id, ["customer"] = sent.Customer, ["type"] = sent.Feature, ["quantity"] = sent.Amount };

    private static Task InParallel<T>(IEnumerable<T> all, Func<T, Task> one) =>
        Parallel.ForEachAsync(all, new ParallelOptions { MaxDegreeOfParallelism = 64 }, async (item, _) => await one(item));

    private enum Kind
    {
        Consume,
        Event,
        Settle,
    }

    private sealed record Sent(Kind Kind, string Customer, string Feature, string Id, decimal Amount)
    {
        public bool Acknowledged { get; init; }
    }
}
