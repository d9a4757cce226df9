using Microsoft.Extensions.Logging.Abstractions;
using Tollgate.Core.Llm;
using Tollgate.Core.Money;
using Tollgate.Core.Time;
using Tollgate.Engine.Costs;
using Tollgate.Engine.Ledger;
using Tollgate.Engine.Llm;
using Tollgate.Engine.Projects;
using Tollgate.Engine.Tests.Ledger;
using Tollgate.Engine.Verification;
using Tollgate.Testing;

namespace Tollgate.Engine.Tests.Costs;

/// <summary>Records calls as a server does. Nothing folds automatically: the test calls it.</summary>
public sealed class CostRig : IAsyncDisposable
{
    private const string Catalogue =
        """
        code: shop
        name: Shop
        default_plan: free
        features:
          - {code: chat, name: Chats}
          - {code: calls, name: Calls, meters: [{event_type: llm_call, aggregate: count}]}
          - {code: llm_cost, name: Model cost, unit: USD, money: true, meters: [{event_type: llm_call, value_property: cost_usd}]}
        plans:
          - {code: free, name: Free, entitlements: [{feature: chat, quota: null}, {feature: calls, quota: null}, {feature: llm_cost, quota: null}]}
        """;

    private readonly RecordLlmCalls _record;

    private CostRig(LedgerRig ledger)
    {
        Ledger = ledger;
        Fold = new(ledger.Database.Connections, ledger.Parked);
        _record = new(ledger.Gate, new UnpricedModels(ledger.Database.Source, NullLogger<UnpricedModels>.Instance), new(), ledger.Clock);
    }

    public LedgerRig Ledger { get; }

    public TestDatabase Database => Ledger.Database;

    public FoldCalls Fold { get; }

    public ProjectSnapshot Project => Ledger.Project;

    /// <summary>
    /// <c>dear</c> costs $1 a million input tokens and $2 output, <c>cheap</c> a thousandth of it; other models have no price.
    /// </summary>
    public static async Task<CostRig> StartAsync(TestDatabase database)
    {
        using (var directory = new ProjectDirectory(database.Source, [new PricePart()]))
        {
            await new SetModelPrices(database.Source, directory).RunAsync(null, [Price("dear", 1m), Price("cheap", 0.001m)],
                CancellationToken.None);
        }

        return new(await LedgerRig.StartAsync(database, Catalogue));
    }

    public static LlmCall Call(string customer, string model, long input = 1_000_000, long output = 0) => new()
    {
        Id = Guid.CreateVersion7().ToString("D"), Customer = customer, Model = model,
        Usage = LlmUsage.Of([(LlmUnit.Input, Quantity.Of(input)), (LlmUnit.Output, Quantity.Of(output)), (LlmUnit.Request, Quantity.One)]),
    };

    public async Task RecordAsync(params IReadOnlyList<LlmCall> calls)
    {
        foreach (var recorded in await _record.RunAsync(Project, calls, CancellationToken.None))
        {
            recorded.Answer.Fault.ShouldBe(GateFault.None);
        }
    }

    public async Task VoidAsync(LlmCall call) =>
        (await Ledger.Gate.VoidAsync(Project, call.Id, call.Customer, CancellationToken.None)).Fault.ShouldBe(GateFault.None);

    public async Task FoldAllAsync()
    {
        while (await Fold.RunAsync(CancellationToken.None) > 0)
        {
            // Until nothing is left.
        }
    }

    public Task<VerifyReport> VerifyAsync() => VerifyLedger.RunAsync(Database.Connections, Project.Id, null, CancellationToken.None);

    public async Task ShouldBeCleanAsync() => (await VerifyAsync()).Findings.Where(f => f.IsBreak && f.Count > 0)
        .Select(f => $"{f.Kind}: {string.Join(", ", f.First.Select(p => $"{p.Place} {p.Expected} {p.Found}"))}").ShouldBeEmpty();

    /// <summary>A sum over call_days.</summary>
    public async Task<decimal> SumAsync(string figure, string condition = "true") =>
        await Database.ScalarAsync<decimal>($"SELECT coalesce(sum({figure}), 0)::numeric FROM call_days WHERE {condition}");

    public ValueTask DisposeAsync() => Ledger.DisposeAsync();

    private static ModelPrice Price(string model, decimal perMillion) => new()
    {
        Provider = "p", Model = model, ValidFrom = Instant.Epoch, Source = "test", Currency = Currency.Usd,
        Prices =
            new Dictionary<LlmUnit, UnitPrice>
            {
                [LlmUnit.Input] = UnitPrice.Of(perMillion), [LlmUnit.Output] = UnitPrice.Of(2 * perMillion),
            },
    };
}
