using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Tollgate.Core.Llm;
using Tollgate.Core.Money;
using Tollgate.Core.Time;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Ledger;
using Tollgate.Engine.Metering;
using Tollgate.Engine.Projects;
using Tollgate.Engine.Quotas;

namespace Tollgate.Engine.Llm;

/// <summary>The filter of calls to rerate.</summary>
/// <param name="Provider">The recorded provider; null: any.</param>
/// <param name="Model">The recorded model; null: any.</param>
/// <param name="All">False: only calls with unknown cost.</param>
/// <param name="From">The first occurred_at, inclusive. <paramref name="To"/> is exclusive.</param>
public sealed record RerateFilter(string? Provider, string? Model, bool All, Instant From, Instant To, EventPosition? After);

/// <summary>The result of rerating one page of calls.</summary>
/// <param name="Seen">The number of calls that matched.</param>
/// <param name="Changed">The number of calls whose cost changed, or would change.</param>
/// <param name="Unknown">The number of calls that still have no price.</param>
/// <param name="TooOld">The number of calls that changed but are older than the limit for events; they keep their cost.</param>
/// <param name="Delta">The change of the total cost, in dollars.</param>
/// <param name="Next">The start of the next page; null: this was the last.</param>
/// <param name="Fault">The reason that adjustments of the page are missing; another run adds them.</param>
public sealed record RerateResult(int Seen, int Changed, int Unknown, int TooOld, Quantity Delta, EventPosition? Next, GateFault Fault);

/// <summary>
/// Prices recorded calls by the current book, each at its own time and with its recorded markup; a cost that the provider reported stays.
/// Calls never change: 1. read a page of calls; 2. read their existing adjustments; 3. record for each call whose cost differs from the sum
/// of both one more event of the type <see cref="LlmCall.AdjustmentType"/>, which moves the same cost meters in the call's own period. Its
/// id depends on the call's id and the number of its adjustments, voided ones included, so concurrent or repeated runs add nothing twice,
/// and a new run can correct a call after a void.
/// </summary>
public sealed class RerateLlmCalls(QuotaGate gate, EventQueries events, LedgerOptions options, Clock clock)
{
    /// <summary>The number of calls of one page: a transaction of the lanes.</summary>
    public const int PageCalls = 1_000;

    /// <param name="dryRun">Records nothing.</param>
    public async Task<RerateResult> RunAsync(ProjectSnapshot project, RerateFilter filter, bool dryRun, CancellationToken cancel)
    {
        var rows = await events.ListAsync(
            project, new(null, LlmCall.EventType, null, filter.From, filter.To, filter.After), PageCalls, cancel);
        var (earlier, nameless) = await EarlierAsync(project, rows, cancel);
        var oldest = clock.Now(project).Minus(options.AcceptPast);
        var (orders, seen, unknown, tooOld, delta) = (new List<EventOrder>(), 0, 0, 0, Quantity.Zero);
        foreach (var row in rows)
        {
            if (row is not { ComputedJson: { } computed, PropertiesJson: { } properties, VoidedBy: null, Voids: null, IsImported: false }
                || !Fits(filter, computed, properties, out var recorded))
            {
                continue;
            }

            seen++;
            var call = CallOf(row, properties);
            if (RecordLlmCalls.CostOf(project, call, row.OccurredAt, recorded.MarkupBasisPoints, recorded.IsReported).Cost is not { } cost)
            {
                unknown++;
                continue;
            }

            if (OrderOf(
                row, call, properties, recorded, cost, earlier.GetValueOrDefault((row.Customer, row.Id))) is not ({ } order, var change))
            {
                continue;
            }

            if (order.OccurredAt < oldest || nameless.Contains((row.Customer, row.OccurredAt)))
            {
                tooOld++;
                continue;
            }

            orders.Add(order);
            delta += change;
        }

        var answers = dryRun ? [] : await gate.RecordAsync(project, orders, cancel);
        var fault = answers.Select(static answer => answer.Fault).FirstOrDefault(static fault => fault != GateFault.None);
        return new(seen, orders.Count, unknown, tooOld, delta, rows.Count < PageCalls ? null : rows[^1].Position, fault);
    }

    /// <param name="Nameless">Customers and times of calls whose adjustments no longer name them: nothing is added to such calls.</param>
    private sealed record Earlier(
        Dictionary<(string Customer, string Call), Adjusted> Found, HashSet<(string Customer, Instant At)> Nameless);

    /// <summary>Reads the earlier adjustments of these calls: their number and their sum.</summary>
    private async Task<Earlier> EarlierAsync(ProjectSnapshot project, IReadOnlyList<EventRow> rows, CancellationToken cancel)
    {
        var found = new Dictionary<(string Customer, string Call), Adjusted>();
        var nameless = new HashSet<(string Customer, Instant At)>();
        if (rows.Count == 0)
        {
            return new(found, nameless);
        }

        var (from, to) = (rows[^1].OccurredAt, rows[0].OccurredAt.Plus(TimeSpan.FromMicroseconds(1)));
        EventPosition? after = null;
        while (true)
        {
            var page = await events.ListAsync(project, new(null, LlmCall.AdjustmentType, null, from, to, after), PageCalls, cancel);
            foreach (var row in page.Where(static row => row is { ComputedJson: not null, PropertiesJson: not null, Voids: null }))
            {
                using var properties = JsonDocument.Parse(row.PropertiesJson!);
                using var computed = JsonDocument.Parse(row.ComputedJson!);
                if (!properties.RootElement.TryGetProperty("call", out var of))
                {
                    // Deleted with the other texts of the customer. The call has the same time.
                    nameless.Add((row.Customer, row.OccurredAt));
                    continue;
                }

                var call = (row.Customer, of.GetString()!);
                found[call] = found.GetValueOrDefault(call).With(computed.RootElement, isVoided: row.VoidedBy is not null);
            }

            if (page.Count < PageCalls)
            {
                return new(found, nameless);
            }

            after = page[^1].Position;
        }
    }

    /// <summary>The adjustments of one call.</summary>
    /// <param name="Made">The number of all adjustments ever: their ids are taken.</param>
    /// <param name="Standing">
    /// The number of adjustments that are not voided; only their <paramref name="Cost"/> and <paramref name="Moved"/> count.
    /// </param>
    private readonly record struct Adjusted(int Made, int Standing, Quantity Cost, Quantity Moved)
    {
        public Adjusted With(JsonElement computed, bool isVoided) => isVoided
            ? this with { Made = Made + 1 }
            : new(Made + 1, Standing + 1, Cost + DollarsIn(computed, "cost_usd"), Moved + DollarsIn(computed, "moved_usd"));

        private static Quantity DollarsIn(JsonElement computed, string name) => Quantity.Of(computed.GetProperty(name).GetDecimal());
    }

    private static bool Fits(RerateFilter filter, string computed, string properties, out CallCost recorded)
    {
        recorded = RecordLlmCalls.Read(computed);
        using var document = JsonDocument.Parse(properties);
        return (filter.All || recorded.Cost is null)
            && (filter.Provider is null || string.Equals(filter.Provider, recorded.Provider, StringComparison.OrdinalIgnoreCase))
            && (filter.Model is null
                || string.Equals(filter.Model, TextIn(document.RootElement, "model"), StringComparison.OrdinalIgnoreCase));
    }

    /// <summary>Reads the parts of the call that determine its price.</summary>
    private static LlmCall CallOf(EventRow row, string properties)
    {
        using var document = JsonDocument.Parse(properties);
        var call = document.RootElement;
        return new()
        {
            Id = row.Id, Customer = row.Customer, Provider = TextIn(call, "provider"), Model = TextIn(call, "model") ?? "",
            Feature = TextIn(call, "feature"),
            AttributeTo = AttributeOf(row.ComputedJson), ServiceTier = TextIn(call, "service_tier"),
            ReportedCost = DollarsIn(call, "reported_cost_usd"),
            IsEstimated = call.TryGetProperty("estimated", out var estimated) && estimated.ValueKind == JsonValueKind.True,
            OccurredAt = row.OccurredAt, Error = TextIn(call, "error"), Status = (int?)NumberIn(call, "status"),
            Usage = LlmUsage.Of(
                [.. Enum.GetValues<LlmUnit>().Select(unit => (unit, Quantity.Of(NumberIn(call, CallWords.Of(unit)) ?? 0)))]),
        };
    }

    private static string? AttributeOf(string? computed)
    {
        using var document = JsonDocument.Parse(computed ?? "{}");
        return TextIn(document.RootElement, "attribute_to");
    }

    /// <summary>Returns null if the cost is unchanged. A lower cost gives a budget nothing back: the money may be spent already.</summary>
    private static (EventOrder Order, Quantity Change)? OrderOf(EventRow row, LlmCall call, string properties, CallCost recorded,
        NanoUsd cost, Adjusted earlier)
    {
        var change = DollarsOf(cost) - DollarsOf(recorded.Cost) - earlier.Cost;
        var isFirst = recorded.Cost is null && earlier.Standing == 0;
        if (change.IsZero && !isFirst)
        {
            return null;
        }

        var moved = (DollarsOf(cost) - DollarsOf(recorded.Cost ?? recorded.Assumed) - earlier.Moved).FloorAtZero();
        var provider = recorded.Provider ?? call.Provider;
        EventOrder order = new(
            IdOf(row, earlier.Made), row.Customer, LlmCall.AdjustmentType, Quantity.One, row.OccurredAt, PropertiesOf(row, properties),
            Enforce: false)
        {
            MovesNothing = moved.IsZero,
            OnOwnAccount = true,
            Readable = CallWords.FiguresOfAdjustment,
            ComputedJson = RecordLlmCalls.Write(json =>
            {
                RecordLlmCalls.WriteText(json, "provider", provider);
                RecordLlmCalls.WriteText(json, "model", call.Model);
                RecordLlmCalls.WriteText(json, "feature", call.AttributeTo ?? call.Feature);
                json.WriteString("day", row.OccurredAt.ToUtc().ToString("yyyy-MM-dd", CultureInfo.InvariantCulture));
                json.WriteNumber("cost_usd", change.Value);
                json.WriteNumber("moved_usd", moved.Value);
                json.WriteNumber("unpriced_calls", isFirst ? -1 : 0);
            }),
        };
        return (order, change);
    }

    private static Quantity DollarsOf(NanoUsd? cost) => cost is { } known ? Quantity.Of(known.Dollars) : Quantity.Zero;

    /// <summary>Makes an id of 38 characters, for a call id of any length.</summary>
    private static string IdOf(EventRow row, int earlier)
    {
        var text = string.Create(CultureInfo.InvariantCulture, $"{earlier}:{row.Customer}:{row.Id}");
        return "adj-" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)).AsSpan(0, 17));
    }

    /// <summary>Writes the call's own properties, so that the filters of meters see the same as then, and the call's id.</summary>
    private static string PropertiesOf(EventRow row, string properties) => RecordLlmCalls.Write(json =>
    {
        json.WriteString("call", row.Id);
        using var document = JsonDocument.Parse(properties);
        foreach (var member in document.RootElement.EnumerateObject().Where(static member => !member.NameEquals("call")))
        {
            member.WriteTo(json);
        }
    });

    private static string? TextIn(JsonElement all, string name) =>
        all.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static NanoUsd? DollarsIn(JsonElement all, string name) =>
        ModelPrice.TryParse(TextIn(all, name), out var dollars) ? NanoUsd.OfDollars(dollars.Value) : null;

    private static decimal? NumberIn(JsonElement all, string name) =>
        all.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number ? value.GetDecimal() : null;
}
