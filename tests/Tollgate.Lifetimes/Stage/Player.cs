using System.Globalization;
using System.Text.Json.Nodes;
using Tollgate.Lifetimes.Stories;

namespace Tollgate.Lifetimes.TestHost;

/// <summary>Plays the steps of a story on the real server, in a project of its own, and reads the results.</summary>
public sealed class Player(HttpClient http, Shop shop) : IAsyncDisposable
{
    private readonly Wire _wire = new(http);
    private readonly HashSet<string> _customers = [];
    private readonly Dictionary<string, List<string>> _subscriptions = [];
    private DateTime _now = DateTime.MinValue;

    /// <summary>True if each change is previewed first, and the preview compared with the invoice of the change.</summary>
    public bool Previews { get; init; } = true;

    /// <summary>Creates the parts of the shop that are not in its catalogue.</summary>
    public async Task PrepareAsync()
    {
        foreach (var coupon in shop.Coupons)
        {
            await _wire.PostAsync("/v1/coupons", Bodies.Of(coupon, shop.Currency));
        }

        if (shop.Taxes.Length > 0)
        {
            await _wire.PutAsync("/v1/invoice-settings", new JsonObject { ["country"] = shop.SellerCountry });
            await _wire.PutAsync("/v1/tax-rates", Bodies.OfTaxes(shop));
        }
    }

    public async Task PlayAsync(Step step)
    {
        await AdvanceAsync(step.At);
        switch (step)
        {
            case Wait:
                break;
            case Publish publish:
                await _wire.SendAsync(HttpMethod.Put, "/v1/catalog", ShopText.Yaml(publish.Shop), "application/yaml");
                break;
            case Join join:
                await JoinAsync(join);
                break;
            case Subscribe subscribe:
                await SubscribeAsync(subscribe);
                break;
            case Change change:
                await ChangeAsync(change);
                break;
            case Use use:
                await UseAsync([use]);
                break;
            case Call call:
                await CallAsync(call);
                break;
            case Pay pay:
                await PayAsync(pay.Customer);
                break;
            case Buy buy:
                await BuyAsync(buy);
                break;
            case Redeem redeem:
                await RedeemAsync(redeem);
                break;
            case EndCoupon end:
                await _wire.SendAsync(HttpMethod.Delete, $"{PathOf(end.Customer)}/coupons/{end.Coupon}", null);
                break;
            case Give give:
                await _wire.PostAsync($"/v1/customers/{give.Customer}/credits", Bodies.Of(give));
                break;
            case TakeBack back:
                await _wire.PostAsync($"/v1/events/{back.Id}/void", new JsonObject { ["customer"] = back.Customer });
                break;
            default:
                await MoveAsync((CustomerStep)step);
                break;
        }
    }

    /// <summary>Reports usage, all of it at the clock's present time.</summary>
    public async Task UseAsync(IReadOnlyList<Use> uses)
    {
        if (uses.Count == 0)
        {
            return;
        }

        var answer = await _wire.PostAsync("/v1/events", new JsonArray([.. uses.Select(Bodies.Of)]));
        answer["rejected"]!.AsArray().Count.ShouldBe(0, $"Usage was refused: {answer}");
    }

    public async Task AdvanceAsync(DateTime to)
    {
        if (to != _now)
        {
            await _wire.PostAsync("/v1/test-clock", new JsonObject { ["advance_to"] = Bodies.Time(to) });
            _now = to;
        }
    }

    /// <summary>The customer's invoices, oldest first.</summary>
    public async Task<IReadOnlyList<Bill>> BillsAsync(string customer)
    {
        var invoices = await _wire.AllAsync($"/v1/invoices?customer={customer}&order=asc&limit=100");
        return [.. invoices.Select(Answers.Bill)];
    }

    /// <summary>The timelines of the customer's subscriptions, the oldest first.</summary>
    public async Task<IReadOnlyList<Fact>> TimelineAsync(string customer)
    {
        var facts = new List<Fact>();
        foreach (var subscription in _subscriptions[customer])
        {
            var timeline = (await _wire.GetAsync($"/v1/subscriptions/{subscription}/events?limit=100"))["data"]!.AsArray();
            timeline.Select(fact => (int)fact!["sequence"]!)
                .ShouldBe(Enumerable.Range(1, timeline.Count), "A timeline is numbered from 1.");
            facts.AddRange(timeline.Select(fact => fact!.AsObject()).Where(Answers.IsTold).Select(Answers.Fact));
        }

        return facts;
    }

    public async Task<string> PlanAsync(string customer) => (string)(await _wire.GetAsync($"/v1/customers/{customer}/usage"))["plan"]!;

    public async Task<decimal> LimitAsync(string customer, string feature) =>
        (decimal)(await _wire.GetAsync($"/v1/customers/{customer}/usage"))["features"]![feature]!["limit"]!;

    /// <summary>Late usage that is not billed, a line each.</summary>
    public async Task<IReadOnlyList<string>> LateAsync(TimeZoneInfo zone) =>
        [.. (await _wire.AllAsync("/v1/billing/late-usage?limit=100")).Select(late => Answers.LateText(late, zone))];

    /// <summary>The server's check of its own books finds no break.</summary>
    public async Task ShouldVerifyAsync()
    {
        var report = await _wire.PostAsync("/v1/verify", new JsonObject());
        ((bool)report["clean"]!).ShouldBeTrue(report.ToJsonString());
    }

    /// <summary>All invoices of the project. They are numbered in the order in which they were issued, and none is missing.</summary>
    public async Task<IReadOnlyList<(string Customer, string Number, Bill Bill)>> ShouldHaveNumbersWithoutGapsAsync()
    {
        var invoices = (await _wire.AllAsync("/v1/invoices?order=asc&limit=100"))
            .Select(invoice => ((string)invoice["customer"]!, (string)invoice["number"]!, Bill: Answers.Bill(invoice)))
            .OrderBy(invoice => Answers.RunningNumber(invoice.Item2)).ToList();
        invoices.Select(invoice => Answers.RunningNumber(invoice.Item2))
            .ShouldBe(Enumerable.Range(1, invoices.Count), "Invoice numbers have gaps.");
        invoices.Select(invoice => invoice.Bill.IssuedAt)
            .ShouldBeInOrder(SortDirection.Ascending, "Invoices are not numbered in the order in which they were issued.");
        return invoices;
    }

    /// <summary>
    /// The newest usage line of quota periods, explained: of all periods of the project, or of an even sample of them.
    /// </summary>
    public async Task<IReadOnlyList<Explained>> ExplainAsync(int most)
    {
        var lines = (await _wire.AllAsync("/v1/invoices?order=asc&limit=100")).SelectMany(invoice => invoice["lines"]!.AsArray()
            .Select((line, at) => (Invoice: invoice, Line: line!.AsObject(), Number: at + 1)))
            .Where(one => (string)one.Line["kind"]! == "usage")
            .GroupBy(one => ((string)one.Invoice["customer"]!, (string)one.Line["feature"]!, (string)one.Line["period_start"]!)).ToList();
        var explained = new List<Explained>();
        for (var at = 0; at < lines.Count; at += Math.Max(1, lines.Count / most))
        {
            var (invoice, currency) = (lines[at].Last().Invoice, (string)lines[at].Last().Invoice["currency"]!);
            var explanation = await _wire.GetAsync(
                string.Create(CultureInfo.InvariantCulture, $"/v1/invoices/{invoice["id"]}/lines/{lines[at].Last().Number}/explain"));
            explained.Add(
                Explanations.Of(lines[at].Key.Item1, currency, explanation, lines[at].Sum(one => Explanations.Rated(one.Line, currency))));
        }

        return explained;
    }

    public async ValueTask DisposeAsync()
    {
        _wire.Dispose();
        await ValueTask.CompletedTask;
    }

    private async Task JoinAsync(Join join)
    {
        _customers.Add(join.Customer);
        await _wire.PostAsync("/v1/customers", Bodies.Of(join));
    }

    private async Task SubscribeAsync(Subscribe step)
    {
        if (!_customers.Contains(step.Customer))
        {
            await JoinAsync(new Join(step.At, step.Customer, null));
        }

        Remember(step.Customer, await _wire.PostAsync("/v1/subscriptions", Bodies.Of(step)));
    }

    private void Remember(string customer, JsonObject created)
    {
        if (!_subscriptions.TryGetValue(customer, out var ids))
        {
            _subscriptions[customer] = ids = [];
        }

        ids.Add((string)created["id"]!);
    }

    /// <summary>A subscription that a call creates becomes the customer's newest one.</summary>
    private async Task CallAsync(Call call)
    {
        var path = call.Path.Contains("{subscription}", StringComparison.Ordinal)
            ? call.Path.Replace("/v1/subscriptions/{subscription}", PathOf(call.Customer), StringComparison.Ordinal)
            : call.Path;
        if (path.Contains("{invoice}", StringComparison.Ordinal))
        {
            var newest = (await _wire.GetAsync($"/v1/invoices?customer={call.Customer}&limit=1"))["data"]!.AsArray().Single()!;
            path = path.Replace("{invoice}", (string)newest["id"]!, StringComparison.Ordinal);
        }

        if (call.Refusal is { } code)
        {
            var refused = await Should.ThrowAsync<InvalidOperationException>(_wire.SendAsync(new(call.Method), path, call.Body));
            refused.Message.ShouldContain($"\"code\":\"{code}\"");
            return;
        }

        var answer = await _wire.SendAsync(new(call.Method), path, call.Body);
        if (path == "/v1/subscriptions")
        {
            Remember(call.Customer, answer);
        }
    }

    private async Task ChangeAsync(Change step)
    {
        var path = PathOf(step.Customer);
        var preview = Previews ? await _wire.PostAsync($"{path}/preview", Bodies.Of(step)) : null;
        var changed = await _wire.PatchAsync(path, Bodies.Of(step));
        if (preview is not null)
        {
            Answers.LinesText(preview["invoice"])
                .ShouldBe(Answers.LinesText(changed["invoice"]), "The preview is not what the change came to.");
        }
    }

    private async Task BuyAsync(Buy step)
    {
        var path = $"/v1/customers/{step.Customer}/packs";
        var (look, order) = (Bodies.Of(step), Bodies.Of(step));
        look["preview"] = true;
        var preview = await _wire.PostAsync(path, look);
        var bought = await _wire.PostAsync(path, order);
        Answers.LinesText(preview["invoice"])
            .ShouldBe(Answers.LinesText(bought["invoice"]), "The preview is not what the purchase came to.");
        ((long)preview["invoice"]!["total"]!).ShouldBe((long)bought["invoice"]!["total"]!);
    }

    /// <summary>The next invoice in the preview equals the upcoming invoice afterwards.</summary>
    private async Task RedeemAsync(Redeem step)
    {
        var path = PathOf(step.Customer);
        var preview = Previews
            ? await _wire.PostAsync($"{path}/coupons", new JsonObject { ["code"] = step.Coupon, ["preview"] = true })
            : null;
        await _wire.PostAsync($"{path}/coupons", new JsonObject { ["code"] = step.Coupon });
        if (preview?["next_invoice"] is { } next)
        {
            Answers.LinesText(next)
                .ShouldBe(
                    Answers.LinesText(await _wire.GetAsync($"{path}/upcoming-invoice")), "The preview is not what the coupon came to.");
        }
    }

    private Task MoveAsync(CustomerStep step)
    {
        var (verb, body) = Bodies.Of(step);
        return _wire.PostAsync($"{PathOf(step.Customer)}/{verb}", body);
    }

    private async Task PayAsync(string customer)
    {
        foreach (var invoice in await _wire.AllAsync($"/v1/invoices?customer={customer}&order=asc&limit=100"))
        {
            if ((string)invoice["status"]! == "open")
            {
                await _wire.PostAsync(string.Create(CultureInfo.InvariantCulture, $"/v1/invoices/{invoice["id"]}/pay"), new JsonObject());
            }
        }
    }

    private string PathOf(string customer) => $"/v1/subscriptions/{_subscriptions[customer][^1]}";
}
