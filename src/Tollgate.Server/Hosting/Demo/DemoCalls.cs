using Tollgate.Core.Catalog;

namespace Tollgate.Server.Hosting.Demo;

/// <summary>A call to a model, as a record of an import and as a body of <c>POST /v1/llm-calls</c> tell it.</summary>
internal sealed record DemoCall(
    string Id, string Customer, string Provider, string Model, string? AttributeTo, DateTime At, int Input, int Cached, int Output,
    int Latency, int Status, string? Error);

/// <summary>
/// Invents the calls to models of a project: each customer prefers three models, tokens and latencies have long tails, two calls of a
/// hundred fail, and on one day of the history a provider had an incident.
/// </summary>
internal sealed class DemoCalls(CatalogDocument catalog, int project, long seed, DateTime today)
{
    /// <summary>Calls of earlier days are too many for the few seconds of a start.</summary>
    public const int Days = 150;

    /// <summary>The provider and the day of the incident, in days before today.</summary>
    public const string Troubled = "openai";
    public const int IncidentDay = 9;

    private const int MostTokens = 60_000;

    private static readonly (string Provider, string Model, int Milliseconds)[] Models =
    [
        ("openai", "gpt-4o-mini", 700), ("openai", "gpt-4o", 1400), ("anthropic", "claude-3-5-haiku-latest", 900),
        ("anthropic", "claude-3-7-sonnet-latest", 2100), ("gemini", "gemini-2.5-flash", 600), ("gemini", "gemini-2.5-pro", 2600),
        ("mistral", "mistral-large-latest", 1200),
    ];

    private readonly string[] _features =
        [.. catalog.Features.Where(static one => one.Kind == FeatureKind.Metered).Select(static one => one.Code)];

    /// <summary>The calls of a customer on days before today, the oldest first.</summary>
    public IEnumerable<DemoCall> Of(DemoLife life)
    {
        var chance = new Random(unchecked((int)(seed * 104_729) + (project * 1009) + life.Number));
        for (var day = Math.Min(Days, (today - life.Joined.Date).Days - 1); day > 0; day--)
        {
            var calls = life.Role == DemoRole.Unprofitable ? 8 : chance.Next(100) < 15 + (life.Appetite / 2) ? chance.Next(1, 4) : 0;
            var isIncident = day == IncidentDay && life.Number % 2 == 0;
            for (var number = 0; number < calls + (isIncident ? 3 : 0); number++)
            {
                yield return Invent(chance, life, day, number, isIncident);
            }
        }
    }

    /// <summary>The calls of a second incident, which the live door records today.</summary>
    public IEnumerable<DemoCall> Incident(IReadOnlyList<DemoLife> lives) =>
        lives.Take(30).Select(life => Invent(new(unchecked((int)seed + life.Number)), life, 0, 0, isIncident: true) with
        {
            Id = $"{life.Id}-incident",
        });

    private DemoCall Invent(Random chance, DemoLife life, int day, int number, bool isIncident)
    {
        var isHeavy = life.Role == DemoRole.Unprofitable;
        var preferred = isHeavy ? 3 : ((life.Number * 5) + chance.Next(3)) % Models.Length;
        var (provider, model, milliseconds) = Models[isIncident ? chance.Next(2) : preferred];
        var input = isHeavy ? 30_000 + chance.Next(MostTokens) : Tail(chance, 400);
        var fails = isIncident ? chance.Next(100) < 45 : chance.Next(100) < 2;
        var latency = Tail(chance, milliseconds) * (isIncident ? 6 : 1);
        var at = today.AddDays(-day).AddMinutes(chance.Next(7 * 60, 23 * 60)).AddSeconds(number);
        return new(
            $"{life.Id}-call-{day}-{number}", life.Id, provider, model, _features[life.Number % _features.Length], at,
            input, chance.Next(3) == 0 ? input / 2 : 0, fails ? 0 : Tail(chance, isHeavy ? 4_000 : 250), Math.Min(latency, 60_000),
            !fails ? 200 : isIncident ? 503 : 429,
            !fails ? null : isIncident ? "The server is overloaded or not ready yet." : "Rate limit reached for requests");
    }

    /// <summary>Most are near the middle, some several times as large.</summary>
    private static int Tail(Random chance, int middle) => (int)(middle * (0.4 + (-Math.Log(1 - chance.NextDouble()) * 0.8)));
}
