using System.Collections.Frozen;
using System.Globalization;
using Tollgate.Contracts.Http;
using Tollgate.Contracts.Llm;
using Tollgate.Core;
using Tollgate.Core.Llm;
using Tollgate.Core.Money;
using Tollgate.Core.Time;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Llm;
using Tollgate.Engine.Projects;
using Tollgate.Server.Http;
using CatalogWords = Tollgate.Core.Catalog.CatalogWords;

namespace Tollgate.Server.Llm;

/// <summary>The price book as a project sees it, the project's own prices, and the unpriced models.</summary>
internal static class ModelPricesEndpoints
{
    private const string Tag = "LLM";

    private const string PriceExample =
        """
        {"id": "1204", "provider": "openai", "model": "gpt-4o", "aliases": [], "valid_from": "2026-01-01T00:00:00Z", "currency": "USD",
         "prices": {"input": "2.5", "cached_input": "1.25", "output": "10"}, "tiers": [], "source": "contract of 2026-01-01",
          "scope": "project"}
        """;

    public static void Map(IEndpointRouteBuilder app)
    {
        var set = app.ServiceProvider.GetRequiredService<SetModelPrices>();
        var queries = app.ServiceProvider.GetRequiredService<PriceQueries>();
        var unpriced = app.ServiceProvider.GetRequiredService<UnpricedModels>();
        var clock = app.ServiceProvider.GetRequiredService<Clock>();
        app.MapPost("/v1/model-prices", context => SetAsync(context, set, clock)).RequireKey(Access.Secret, Scope.CatalogWrite)
            .Describe(new(Tag, "Set a price",
            "Adds a price of the project's own, which overrides the shared one from `valid_from` on. A price never changes: a new "
            + "price is a new entry, and recorded calls keep their cost.")
        {
            Request = Example.Of<ModelPriceRequest>(
                """
                {"provider": "openai", "model": "gpt-4o", "valid_from": "2026-01-01T00:00:00Z",
                 "prices": {"input": "2.5", "cached_input": "1.25", "output": "10"}, "source": "contract of 2026-01-01"}
                """),
            Answers = [Example.Of<ModelPriceView>(201, "Added", PriceExample)],
            Errors = [ErrorCode.ValidationFailed, ErrorCode.LimitReached],
        });
        app.MapGet("/v1/model-prices", (RequestDelegate)(context => ListAsync(context, queries, clock)))
            .RequireKey(Access.Secret | Access.Admin, Scope.CatalogRead).Describe(new(Tag, "List prices",
            "Lists every price that the project sees, its own and the shared ones, past and future ones included, the latest addition "
            + "first. The admin key without a project sees the shared prices. If several prices apply at a moment, "
            + "the project's own wins over a shared one, then the later `valid_from`, then the newer entry.")
        {
            Query =
            [
                new("provider", "Only prices of this provider."), new("model", "Only prices of this model, by its exact name or alias."),
                new("scope", "`project`: only the project's own prices. `shared`: only prices of all projects.",
                    Words: CatalogWords.All<PriceScope>()),
                new("effective_at", "Only the prices that apply at this instant, or `now`: one price of each name."),
                .. QueryParameter.OfPage,
            ],
            Answers = [Example.Of<ModelPriceList>(200, "A page", $$"""{"data": [{{PriceExample}}], "has_more": false}""")],
            Errors = [ErrorCode.ValidationFailed],
        });
        app.MapGet("/v1/unpriced-models", (RequestDelegate)(context => UnpricedAsync(context, unpriced, clock)))
            .RequireKey(Access.Secret, Scope.UsageRead).Describe(new(Tag, "List models without a price",
            "Lists the models whose calls Tollgate recorded with an unknown cost. Set a price, and later calls have a cost.")
        {
            Query = [.. QueryParameter.OfPage],
            Answers =
            [
                Example.Of<UnpricedModelList>(200, "A page",
                    """
                    {"data": [{"provider": "openai", "model": "gpt-9", "first_seen_at": "2026-11-21T08:00:00Z",
                               "last_seen_at": "2026-11-21T09:00:00Z", "priced": false}], "has_more": false}
                    """),
            ],
            Errors = [ErrorCode.ValidationFailed],
        });
    }

    private static async Task SetAsync(HttpContext context, SetModelPrices set, Clock clock)
    {
        if (await Body.ReadAsync(context, WireJson.Default.ModelPriceRequest) is not { } body)
        {
            return;
        }

        var faults = new Faults();
        var project = context.Project();
        if (PriceOf(body, clock.Now(project), faults) is not { } price)
        {
            await faults.WriteAsync(context);
            return;
        }

        var rows = await set.RunAsync(project.Id, [price], context.RequestAborted);
        await (rows is [var row]
            ? Answer.Json(context, StatusCodes.Status201Created, ViewOf(row), WireJson.Default.ModelPriceView)
            : RefuseMoreAsync(context));
    }

    internal static Task RefuseMoreAsync(HttpContext context) => Problems.WriteAsync(
        context, ErrorCode.LimitReached,
        $"A project has at most {PriceRules.MostOwnPrices} prices of its own, past ones included. "
            + "Ask the operator to import common prices as shared ones, or continue in a new project.");

    private static ModelPrice? PriceOf(ModelPriceRequest body, Instant now, Faults faults)
    {
        faults.Required(body.Provider, "provider");
        faults.Required(body.Model, "model");
        faults.Required(body.Prices, "prices");
        if (body.Currency is not null and not "USD")
        {
            faults.Add("currency", FaultCode.InvalidValue, "USD is expected: Tollgate keeps model prices in dollars.");
        }

        var price = new ModelPrice
        {
            Provider = body.Provider ?? "", Model = body.Model ?? "", Aliases = body.Aliases ?? [],
            ValidFrom = body.ValidFrom is { } from ? Instant.From(from) : now, ValidTo = body.ValidTo is { } to ? Instant.From(to) : null,
            Prices = PricesOf(body.Prices, "prices", faults), Source = body.Source ?? "API",
            Tiers = TiersOf(body.Tiers, "", faults),
            ByServiceTier = (body.ServiceTiers ?? FrozenDictionary<string, ServiceTierBody>.Empty).ToFrozenDictionary(
                static tier => tier.Key,
                tier => new ServiceTierPrice(
                    PricesOf(tier.Value?.Prices, $"service_tiers.{tier.Key}.prices", faults),
                    TiersOf(tier.Value?.Tiers, $"service_tiers.{tier.Key}.", faults))),
            Hours = [.. (body.Hours ?? []).Select((window, i) => new PriceHours(
                HourOf(window?.From, $"hours[{i}].from", faults), HourOf(window?.To, $"hours[{i}].to", faults),
                PricesOf(window?.Prices, $"hours[{i}].prices", faults)))],
        };

        // Adds the faults that the rules find, except in fields that already have one.
        faults.Add(PriceRules.Validate(price)
            .Where(found => faults.Found.All(known => !known.Param.StartsWith(found.Field, StringComparison.Ordinal))).ToArray());
        return faults.Any ? null : price;
    }

    private static PriceTier[] TiersOf(IReadOnlyList<PriceTierBody?>? tiers, string path, Faults faults) =>
        [.. (tiers
            ?? []).Select((tier, i) => new PriceTier(tier?.AboveTokens ?? 0, PricesOf(tier?.Prices, $"{path}tiers[{i}].prices", faults)))];

    private static TimeOnly HourOf(string? text, string path, Faults faults)
    {
        if (!PriceText.TryParseHour(text, out var hour))
        {
            faults.Add(
                path, FaultCode.InvalidFormat,
                $"A time of the day in UTC such as 16:30 is expected{(text is null ? "" : $", not '{text}'")}.");
        }

        return hour;
    }

    private static FrozenDictionary<LlmUnit, UnitPrice> PricesOf(IReadOnlyDictionary<string, string>? texts, string path, Faults faults)
    {
        var prices = new Dictionary<LlmUnit, UnitPrice>();
        foreach (var (word, text) in texts ?? FrozenDictionary<string, string>.Empty)
        {
            if (!LlmWords.TryParse(word, out var unit))
            {
                faults.Add(
                    $"{path}.{Spelling.Shown(word)}", FaultCode.UnknownField,
                    $"{Spelling.Unknown("unit", word, LlmWords.All)} The units are {string.Join(", ", LlmWords.All)}.");
            }
            else if (!ModelPrice.TryParse(text, out var price))
            {
                faults.Add($"{path}.{word}", FaultCode.InvalidFormat,
                    $"A decimal text from 0 to {ModelPrice.LargestPrice} with at most {UnitPrice.Scale} decimals, such as \"2.5\", "
                        + "is expected.");
            }
            else
            {
                prices[unit] = price;
            }
        }

        return prices.ToFrozenDictionary();
    }

    private static async Task ListAsync(HttpContext context, PriceQueries queries, Clock clock)
    {
        var (list, project) = (ListQuery.Read(context), context.Caller().Project);
        var (provider, model) = (list.Text("provider", PriceRules.LongestProvider), list.Text("model", PriceRules.LongestModel));
        var (scope, after) = (list.Word<PriceScope>("scope"), list.NumberAfter());
        var at = context.Request.Query["effective_at"] == "now"
            ? (project is null ? clock.Now() : clock.Now(project))
            : list.Moment("effective_at");
        if (await list.IsRefusedAsync())
        {
            return;
        }

        var filter = new PriceFilter(project?.Id, provider, model, after, scope is null ? null : scope == PriceScope.Project, at);
        var rows = await queries.ListAsync(filter, list.Probe, context.RequestAborted);
        await list.AnswerAsync(rows, ViewOf, static (data, more) => new(data, more), WireJson.Default.ModelPriceList);
    }

    private static async Task UnpricedAsync(HttpContext context, UnpricedModels unpriced, Clock clock)
    {
        var list = ListQuery.Read(context);
        if (await list.IsRefusedAsync())
        {
            return;
        }

        var project = context.Project();
        var now = clock.Now(project);
        var rows = await unpriced.ListAsync(project, list.Probe, PlaceOf(list.StartingAfter), context.RequestAborted);
        await list.AnswerAsync(rows, ViewOf, static (data, more) => new(data, more), WireJson.Default.UnpricedModelList);

        UnpricedModelView ViewOf(UnpricedModel row) => new()
        {
            Provider = row.Provider.Length == 0 ? null : row.Provider, Model = row.Model, FirstSeenAt = row.FirstSeenAt.ToOffset(),
            LastSeenAt = row.LastSeenAt.ToOffset(),
            Priced = project.Prices.Find(row.Provider.Length == 0 ? null : row.Provider, row.Model, now) is not null,
        };
    }

    /// <summary><c>provider/model</c>, or only the model if callers named no provider.</summary>
    private static (string Provider, string Model)? PlaceOf(string? after) =>
        after is null ? null
        : after.IndexOf('/', StringComparison.Ordinal) is var at and >= 0 ? (after[..at], after[(at + 1)..])
        : ("", after);

    private static ModelPriceView ViewOf(PriceRow row) => new()
    {
        Id = row.Id.ToString(CultureInfo.InvariantCulture),
        Provider = row.Price.Provider, Model = row.Price.Model, Aliases = row.Price.Aliases, ValidFrom = row.Price.ValidFrom.ToOffset(),
        ValidTo = row.Price.ValidTo?.ToOffset(), Currency = row.Price.Currency.Code, Prices = TextsOf(row.Price.Prices),
        Tiers = ViewOf(row.Price.Tiers),
        ServiceTiers = row.Price.ByServiceTier.Count == 0
            ? null
            : row.Price.ByServiceTier.OrderBy(static tier => tier.Key, StringComparer.Ordinal).ToDictionary(
            static tier => tier.Key,
            static tier => new ServiceTierBody { Prices = TextsOf(tier.Value.Prices), Tiers = ViewOf(tier.Value.Tiers) }),
        Hours = row.Price.Hours.Count == 0 ? null
            : [.. row.Price.Hours.Select(
                static window =>
                    new PriceHoursBody
                    {
                        From = PriceText.TextOf(window.From), To = PriceText.TextOf(window.To), Prices = TextsOf(window.Prices),
                    })],
        Source = row.Price.Source, Scope = CatalogWords.Of(row.IsOwn ? PriceScope.Project : PriceScope.Shared),
    };

    private static PriceTierBody[] ViewOf(IReadOnlyList<PriceTier> tiers) =>
        [.. tiers.Select(static tier => new PriceTierBody { AboveTokens = tier.AboveTokens, Prices = TextsOf(tier.Prices) })];

    private static Dictionary<string, string> TextsOf(IReadOnlyDictionary<LlmUnit, UnitPrice> prices) =>
        prices.OrderBy(pair => pair.Key).ToDictionary(pair => LlmWords.Of(pair.Key), pair => pair.Value.ToString());
}

/// <summary>The owner of a price, as in its view.</summary>
internal enum PriceScope
{
    /// <summary>The project's own price.</summary>
    Project,

    /// <summary>The price of all projects.</summary>
    Shared,
}
