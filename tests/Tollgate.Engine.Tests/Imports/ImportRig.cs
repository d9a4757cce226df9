using System.IO.Pipelines;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Tollgate.Core.Imports;
using Tollgate.Engine.Imports;
using Tollgate.Engine.Tests.Ledger;
using Tollgate.Engine.Verification;
using Tollgate.Testing;

namespace Tollgate.Engine.Tests.Imports;

/// <summary>
/// Receives and books imports as a server does. No loop runs: the test calls it. Several rigs on one database are several servers.
/// </summary>
public sealed class ImportRig : IAsyncDisposable
{
    public const string Catalogue =
        """
        code: shop
        name: Shop
        default_plan: free
        features:
          - {code: scan, name: Scans}
          - {code: calls, name: Calls, meters: [{event_type: llm_call, aggregate: count}]}
          - {code: llm_cost, name: Model cost, unit: USD, money: true, meters: [{event_type: llm_call, value_property: cost_usd}]}
        plans:
          - {code: free, name: Free, entitlements: [{feature: scan, quota: 2}, {feature: calls, quota: 1}, {feature: llm_cost, quota: 1}]}
          - {code: pro, name: Pro, prices: [{interval: monthly, amount: 2900}], entitlements: [{feature: scan, quota: 100}]}
        """;

    private readonly ReceiveImport _receive;
    private readonly RunImports _run;

    private ImportRig(LedgerRig ledger)
    {
        Ledger = ledger;
        Queries = new(ledger.Database.Source);
        var bell = new ImportBell();
        _receive = new(ledger.Database.Source, Queries, new(), bell, ledger.Clock);
        _run = new(
            ledger.Database.Connections, ledger.Directory, ledger.Gate.ForgetAsync, ledger.Parked, bell, ledger.Clock, new(TestSecrets.Box),
            NullLogger<RunImports>.Instance);
    }

    public LedgerRig Ledger { get; }

    public ImportQueries Queries { get; }

    /// <param name="yaml">Null: the project exists.</param>
    public static async Task<ImportRig> StartAsync(TestDatabase database, string? yaml = Catalogue) =>
        new(await LedgerRig.StartAsync(database, yaml));

    public Task<ReceivedImport> SendAsync(
        string body, bool dryRun = false, ImportKind? kind = null, ImportFormat format = ImportFormat.Ndjson) => _receive.RunAsync(
        Ledger.Project, new(format, kind, dryRun, null, "key:test"), PipeReader.Create(new MemoryStream(Encoding.UTF8.GetBytes(body))),
        CancellationToken.None);

    public async Task<Guid> ReceiveAsync(
        string body, bool dryRun = false, ImportKind? kind = null, ImportFormat format = ImportFormat.Ndjson)
    {
        var received = await SendAsync(body, dryRun, kind, format);
        received.Outcome.ShouldBe(ReceiveOutcome.Received, received.Detail);
        return received.Import!.Id;
    }

    /// <summary>Books until nothing waits.</summary>
    public async Task RunAsync(CancellationToken cancel = default)
    {
        while (await _run.RunAsync(cancel))
        {
            // More chunks wait.
        }
    }

    public async Task<ImportRow> ImportAsync(
        string body, bool dryRun = false, ImportKind? kind = null, ImportFormat format = ImportFormat.Ndjson)
    {
        var id = await ReceiveAsync(body, dryRun, kind, format);
        await RunAsync();
        return (await FindAsync(id))!;
    }

    public async Task<ImportRow> FindAsync(Guid id) => (await Queries.FindAsync(Ledger.Project, id, CancellationToken.None))!;

    public async Task<IReadOnlyList<VerifyFinding>> BreaksAsync()
    {
        var report = await VerifyLedger.RunAsync(Ledger.Database.Connections, Ledger.Project.Id, null, CancellationToken.None);
        return [.. report.Findings.Where(static finding => finding.IsBreak && finding.Count > 0)];
    }

    public ValueTask DisposeAsync()
    {
        _run.Dispose();
        return Ledger.DisposeAsync();
    }
}
