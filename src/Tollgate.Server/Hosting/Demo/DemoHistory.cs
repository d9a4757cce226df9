using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Tollgate.Core.Catalog;
using Tollgate.Engine.Projects;

namespace Tollgate.Server.Hosting.Demo;

/// <summary>
/// Writes the lives of the customers as records of an import, until the running period of each subscription, which begins in Tollgate.
/// A project that moves to Tollgate does the same.
/// </summary>
internal sealed class DemoHistory(ProjectSnapshot project, IReadOnlyList<DemoLife> lives, DemoCalls calls, long seed, DateTime today)
{
    private readonly StringBuilder _lines = new();

    /// <summary>The running period of a customer's subscription, if it has one: the time at which Tollgate takes over.</summary>
    public static DateTime? TakenOver(DemoLife life, DateTime today)
    {
        if (life.Stretches is not [.., { End: null } last])
        {
            return null;
        }

        var number = 0;
        while (last.PeriodAt(number + 1) < today)
        {
            number++;
        }

        // The declined card pays the first period that Tollgate bills, so one more has to follow.
        number = life.Role == DemoRole.Delinquent ? Math.Max(0, number - 1) : number;
        return number == 0 ? last.Start : last.PeriodAt(number);
    }

    /// <summary>Usage before this time is history; the gate decides later usage.</summary>
    public static DateTime LiveFrom(DemoLife life, DateTime today) =>
        TakenOver(life, today) is { } at && at > today.AddDays(-30) ? at : today.AddDays(-30);

    public string Write()
    {
        foreach (var life in lives)
        {
            Add(new()
            {
                ["kind"] = "customers", ["id"] = life.Id, ["name"] = life.Name, ["country"] = life.Country,
                ["created_at"] = Text(life.Joined),
            });
            var until = TakenOver(life, today);
            foreach (var (number, stretch) in life.Stretches.Index())
            {
                Subscribe(life, number, stretch, stretch.End ?? until);
            }

            Use(life);
            foreach (var call in calls.Of(life))
            {
                Call(life, call);
            }
        }

        return _lines.ToString();
    }

    private void Subscribe(DemoLife life, int number, DemoStretch stretch, DateTime? end)
    {
        // The first period of a subscription: Tollgate begins it.
        if (end <= stretch.Start || (end is null && stretch.End is null))
        {
            return;
        }

        var id = $"{life.Id}-sub-{number}";
        var record = new JsonObject
        {
            ["kind"] = "subscriptions", ["id"] = id, ["customer"] = life.Id, ["plan"] = stretch.Plan,
            ["period"] = CatalogWords.Of(stretch.Interval), ["started_at"] = Text(stretch.Start), ["ended_at"] = Text(end!.Value),
            ["cancel_reason"] = stretch.Reason ?? (stretch.End is null ? "moved" : "plan_changed"),
        };
        if (stretch.TrialEnd is { } trial)
        {
            record["trial_end"] = Text(trial);
        }

        Add(record);
        var price = project.Catalog.Document.Plans.First(plan => plan.Code == stretch.Plan).Prices
            .First(one => one.Interval == stretch.Interval).AmountMinor;
        for (var period = 0; stretch.PeriodAt(period) is var from && from < end; period++)
        {
            Bill(life, id, period, price, from, stretch.PeriodAt(period + 1));
        }
    }

    /// <summary>Most customers pay on the day, some a few days later. One of fifty invoices is void.</summary>
    private void Bill(DemoLife life, string subscription, int period, long price, DateTime from, DateTime to)
    {
        var chance = new Random(unchecked((int)seed + (life.Number * 97) + period));
        var isPaid = chance.Next(50) > 0;
        var record = new JsonObject
        {
            ["kind"] = "invoices", ["id"] = $"{subscription}-{period}", ["customer"] = life.Id, ["subscription"] = subscription,
            ["number"] = string.Create(CultureInfo.InvariantCulture, $"OLD-{life.Number:00}-{from:yyMMdd}"),
            ["status"] = isPaid ? "paid" : "void",
            ["total"] = price, ["issued_at"] = Text(from), ["period_start"] = Text(from), ["period_end"] = Text(to),
        };
        if (isPaid)
        {
            var paid = from.AddHours(chance.Next(5) == 0 ? chance.Next(1, 200) : 0);
            record["paid_at"] = Text(paid < today ? paid : from);
        }

        Add(record);
    }

    private void Use(DemoLife life)
    {
        var use = new DemoUse(project, life, seed, today);
        foreach (var one in use.Between(today.AddDays(-DemoCalls.Days), LiveFrom(life, today)))
        {
            Add(new()
            {
                ["kind"] = "usage", ["id"] = one.Id, ["customer"] = life.Id, ["feature"] = one.Type, ["quantity"] = one.Amount,
                ["occurred_at"] = Text(one.At),
            });
        }

        foreach (var one in new DemoSignals(project.Id, seed, today).Between(life, DateTime.MinValue, LiveFrom(life, today)))
        {
            Add(new()
            {
                ["kind"] = "usage", ["id"] = one.Id, ["customer"] = life.Id, ["type"] = one.Type, ["quantity"] = 1,
                ["occurred_at"] = Text(one.At), ["properties"] = one.Properties,
            });
        }
    }

    private void Call(DemoLife life, DemoCall call)
    {
        var record = new JsonObject
        {
            ["kind"] = "llm_calls", ["id"] = call.Id, ["customer"] = call.Customer, ["provider"] = call.Provider, ["model"] = call.Model,
            ["attribute_to"] = call.AttributeTo, ["plan"] = life.PlanAt(call.At, project.Catalog.Document.DefaultPlan),
            ["occurred_at"] = Text(call.At), ["input_tokens"] = call.Input, ["cached_input_tokens"] = call.Cached,
            ["output_tokens"] = call.Output, ["latency_ms"] = call.Latency, ["status"] = call.Status,
        };
        if (call.Error is not null)
        {
            record["error"] = call.Error;
        }

        Add(record);
    }

    private void Add(JsonObject record) => _lines.Append(record.ToJsonString()).Append('\n');

    internal static string Text(DateTime at) => at.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);
}
