using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Tollgate.Core.Catalog;
using Tollgate.Engine.Projects;

namespace Tollgate.Server.Hosting.Demo;

/// <summary>
/// The present of the demo customers, through the API: running subscriptions with their invoices and payments, use that the gate decides,
/// calls to models, signals, spend, and rules of alerts. Every request has an id of its own, so that a repeat changes nothing.
/// </summary>
internal sealed class DemoPresent(
    ProjectSnapshot project, IReadOnlyList<DemoLife> lives, DemoCalls calls, DemoDoor door, long seed, DateTime today)
{
    /// <summary>The customers whose requests are sent at the same time.</summary>
    private const int AtOnce = 4;

    private static readonly (string Kind, double? Threshold)[] Rules =
    [
        ("provider_errors", 10), ("customer_margin_below", 0), ("budget", 50), ("churn_above", 20), ("decisions_refused", 3),
    ];

    private bool HasCards => project.Mode == ProjectMode.Sandbox;

    public async Task<(long Events, long Calls)> FillAsync(CancellationToken cancel)
    {
        await RuleAsync(cancel);
        await SpendAsync(cancel);
        await Parallel.ForEachAsync(
            lives, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancel },
            async (life, stop) => await SubscribeAsync(life, stop));
        return (await UseAsync(cancel), await CallAsync(cancel));
    }

    /// <summary>
    /// Before the facts: a rule watches only what follows. The alerts are in the list alone, since a hundred lines would push the start
    /// screen out of the terminal.
    /// </summary>
    private async Task RuleAsync(CancellationToken cancel)
    {
        var rules = (await door.GetAsync("/v1/alert-rules?limit=100", cancel))["data"]!.AsArray();
        foreach (var rule in rules.Where(static one => one!["channels"]!.AsArray().Count > 1))
        {
            var body = new JsonObject { ["kind"] = Word("kind")(rule), ["channels"] = new JsonArray("in_app") };
            await door.SendAsync(HttpMethod.Put, "/v1/alert-rules/" + Word("id")(rule), body, cancel);
        }

        var known = rules.Where(static one => one!["threshold"] is not null).Select(Word("kind")).ToHashSet();
        foreach (var (kind, threshold) in Rules.Where(rule => !known.Contains(rule.Kind)))
        {
            await door.PostAsync(
                "/v1/alert-rules",
                new JsonObject { ["kind"] = kind, ["threshold"] = threshold, ["channels"] = new JsonArray("in_app") }, cancel);
        }
    }

    private async Task SpendAsync(CancellationToken cancel)
    {
        string[] channels = ["search", "social"];
        foreach (var (month, channel) in Enumerable.Range(0, 12).SelectMany(month => channels.Select(one => (month, one))))
        {
            var chance = new Random(unchecked((int)seed + project.Id + (month * 2) + channel.Length));
            var day = today.AddMonths(-month).AddDays(-1);
            await door.PostAsync(
                "/v1/analytics/spend",
                new JsonObject
                {
                    ["id"] = $"demo-{channel}-{month}", ["amount"] = chance.Next(80, 300) * (14 - month) * 10, ["channel"] = channel,
                    ["day"] = day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
                }, cancel);
        }
    }

    private async Task SubscribeAsync(DemoLife life, CancellationToken cancel)
    {
        if (DemoHistory.TakenOver(life, today) is not { } start || life.Stretches is not [.., { End: null } stretch])
        {
            await door.SendAsync(
                HttpMethod.Put, $"/v1/customers/{life.Id}/plan",
                new JsonObject { ["plan"] = project.Catalog.Document.DefaultPlan }, cancel);
            return;
        }

        var subscription = $"{life.Id}-subscription";
        await AddCardAsync(life, cancel);
        await door.PostAsync(
            "/v1/subscriptions",
            new JsonObject
            {
                ["id"] = subscription, ["customer"] = life.Id, ["plan"] = stretch.Plan, ["period"] = CatalogWords.Of(stretch.Interval),
                ["start_at"] = DemoHistory.Text(start), ["trial"] = start == stretch.Start && stretch.TrialEnd is not null,
            }, cancel);
        await PayAsync(life, cancel);
        if (life.Role == DemoRole.Leaving)
        {
            await door.PostAsync(
                $"/v1/subscriptions/{subscription}/cancel",
                new JsonObject { ["at"] = "period_end", ["reason"] = "too_expensive", ["comment"] = "I found a job. Thank you!" }, cancel);
        }
    }

    private async Task AddCardAsync(DemoLife life, CancellationToken cancel)
    {
        var path = $"/v1/customers/{life.Id}/payment-methods";
        if (HasCards && (await door.GetAsync(path, cancel))["data"]!.AsArray().Count == 0)
        {
            var card = life.Role == DemoRole.Delinquent ? "pm_sandbox_declined" : "pm_sandbox_visa";
            await door.PostAsync(path, new JsonObject { ["token"] = card }, cancel);
        }
    }

    /// <summary>
    /// The customer pays what is open: with the card, or by a transfer. The delinquent one has paid the first invoice before its card
    /// expired.
    /// </summary>
    private async Task PayAsync(DemoLife life, CancellationToken cancel)
    {
        var open = (await door.GetAsync($"/v1/invoices?customer={life.Id}&status=open", cancel))["data"]!.AsArray();
        foreach (var invoice in open)
        {
            var (id, isFirst) = (Word("id")(invoice), Word("kind")(invoice) == "start");
            if (life.Role == DemoRole.Delinquent ? isFirst : !HasCards)
            {
                await door.PostAsync($"/v1/invoices/{id}/pay", new JsonObject { ["note"] = "Bank transfer" }, cancel);
            }
            else if (life.Role != DemoRole.Delinquent)
            {
                await door.PostAsync("/v1/payments", new JsonObject { ["invoice"] = id }, cancel);
            }
        }
    }

    private async Task<long> UseAsync(CancellationToken cancel)
    {
        List<(DateTime At, JsonObject Event)> events = [];
        foreach (var life in lives)
        {
            var from = DemoHistory.LiveFrom(life, today);
            events.AddRange(new DemoUse(project, life, seed, today).Between(from, today).Select(one => (one.At, new JsonObject
            {
                ["id"] = one.Id, ["customer"] = life.Id, ["type"] = one.Type, ["quantity"] = one.Amount,
                ["occurred_at"] = DemoHistory.Text(one.At),
            })));
        }

        var lines = new StringBuilder();
        foreach (var (_, one) in events.OrderBy(static one => one.At))
        {
            lines.Append(one.ToJsonString()).Append('\n');
        }

        var used = await door.SendLinesAsync("/v1/events?enforce=true", lines.ToString(), null, cancel);
        await door.SendLinesAsync("/v1/events", Signals(), null, cancel);
        return used["accepted"]!.GetValue<long>();
    }

    /// <summary>The signals of customer success that came after the history.</summary>
    private string Signals()
    {
        var (lines, signals) = (new StringBuilder(), new DemoSignals(project.Id, seed, today));
        foreach (var life in lives)
        {
            foreach (var one in signals.Between(life, DemoHistory.LiveFrom(life, today), today))
            {
                lines.Append(new JsonObject
                {
                    ["id"] = one.Id, ["customer"] = life.Id, ["type"] = one.Type, ["occurred_at"] = DemoHistory.Text(one.At),
                    ["properties"] = one.Properties,
                }.ToJsonString()).Append('\n');
            }
        }

        return lines.ToString();
    }

    /// <summary>Calls of today: a provider has an incident, and one model has no price.</summary>
    private async Task<long> CallAsync(CancellationToken cancel)
    {
        var lines = new StringBuilder();
        foreach (var call in calls.Incident(lives))
        {
            Add(call);
        }

        Add(calls.Incident(lives).First() with
        {
            Id = "demo-unpriced", Model = "house-writer-7b", Provider = "house", Status = 200, Error = null,
        });
        var recorded = await door.SendLinesAsync("/v1/llm-calls", lines.ToString(), null, cancel);
        return recorded["accepted"]!.GetValue<long>();

        void Add(DemoCall call)
        {
            var body = new JsonObject
            {
                ["id"] = call.Id, ["customer"] = call.Customer, ["provider"] = call.Provider, ["model"] = call.Model,
                ["attribute_to"] = call.AttributeTo, ["input_tokens"] = call.Input, ["output_tokens"] = call.Output,
                ["latency_ms"] = call.Latency, ["status"] = call.Status,
            };
            if (call.Error is not null)
            {
                body["error"] = call.Error;
            }

            lines.Append(body.ToJsonString()).Append('\n');
        }
    }

    private static Func<JsonNode?, string> Word(string member) => node => node![member]!.GetValue<string>();
}
