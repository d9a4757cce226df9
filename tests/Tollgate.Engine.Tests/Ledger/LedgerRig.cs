using Microsoft.Extensions.Logging.Abstractions;
using Tollgate.Core.Money;
using Tollgate.Engine.Catalog;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Customers;
using Tollgate.Engine.Jobs;
using Tollgate.Engine.Ledger;
using Tollgate.Engine.Llm;
using Tollgate.Engine.Payments;
using Tollgate.Engine.Projects;
using Tollgate.Engine.Quotas;
using Tollgate.Testing;

namespace Tollgate.Engine.Tests.Ledger;

/// <summary>A gate over a real database, as one server has it. Several rigs on one database act as several servers.</summary>
public sealed class LedgerRig : IAsyncDisposable
{
    private readonly LedgerLanes _lanes;
    private readonly ServerPresence _presence;
    private readonly HoldSweeper _sweeper;
    private readonly ProjectDirectory _directory;
    private readonly ForgetMoved _forget;

    private LedgerRig(TestDatabase database, LedgerOptions options)
    {
        Database = database;
        _directory = new(database.Source, [new PricePart(), new UpstreamPart(), new PaymentPart()]);
        Clock = new();
        _presence = new(database.Connections, _directory, Clock, NullLogger<ServerPresence>.Instance);
        _lanes = new(database.Connections, options, Clock, _presence, NullLogger<Lane>.Instance);
        Parked = new(database.Source, Clock, NullLogger<ParkedWork>.Instance);
        _sweeper = new(_lanes, database.Connections, _directory, Clock, Parked, NullLogger<HoldSweeper>.Instance);
        Gate = new(_lanes, options, database.Connections, Clock, _presence);
        Changes = new(database.Source, Gate.ForgetAsync);
        _forget = new(_presence, Gate, NullLogger<ForgetMoved>.Instance);
    }

    public TestDatabase Database { get; }

    public LedgerLanes Lanes => _lanes;

    public Clock Clock { get; }

    public ParkedWork Parked { get; }

    public ProjectDirectory Directory => _directory;

    public QuotaGate Gate { get; }

    public CustomerChanges Changes { get; }

    /// <summary>PostgreSQL's process for the standing connection; 0 while there is none.</summary>
    public int StandingProcess => _presence.StandingConnection?.Process ?? 0;

    public bool Alone => _presence.Alone;

    public ProjectSnapshot Project => _directory.Find("shop")!;

    public static async Task<LedgerRig> StartAsync(TestDatabase database, string? yaml = null, LedgerOptions? options = null)
    {
        var rig = new LedgerRig(database, options ?? new());
        if (yaml is not null)
        {
            await rig.AddProjectAsync("shop", yaml);
        }

        await rig._presence.StartAsync(CancellationToken.None);
        await rig._lanes.StartAsync(CancellationToken.None);
        await rig._forget.StartAsync(CancellationToken.None);
        await rig._sweeper.StartAsync(CancellationToken.None);
        return rig;
    }

    /// <summary>A project with this catalogue.</summary>
    public async Task<ProjectSnapshot> AddProjectAsync(string code, string yaml, ProjectMode mode = ProjectMode.Live)
    {
        var reading = CatalogReader.ReadYaml(yaml);
        reading.Faults.ShouldBeEmpty();
        var project = await new CreateProject(Database.Source, _directory).RunAsync(
            new(code, "Shop", mode, "Etc/UTC", "USD", reading.Document!), CancellationToken.None);
        await new PublishCatalog(Database.Source).PublishAsync(project!.Id, reading.Document!, null, CancellationToken.None);
        return _directory.Find(code)!;
    }

    public async Task<GateAnswer> ConsumeAsync(
        string customer, string feature, decimal amount = 1, string? id = null, string? properties = null) =>
        await Gate.ConsumeAsync(Project, new(customer, feature, Quantity.Of(amount), id, null, properties), CancellationToken.None);

    public async Task<GateAnswer> RecordAsync(
        string customer, string type, decimal quantity = 1, string? id = null, Core.Time.Instant? at = null, string? properties = null,
        bool enforce = false) =>
        (await Gate.RecordAsync(
            Project, [new(id ?? Guid.CreateVersion7().ToString("D"), customer, type, Quantity.Of(quantity), at, properties, enforce)],
            CancellationToken.None))[0];

    public async Task<GateAnswer> ReserveAsync(string customer, string feature, decimal amount, TimeSpan? ttl = null, string? id = null) =>
        await Gate.ReserveAsync(Project, new(customer, [new(feature, Quantity.Of(amount))], id, ttl), CancellationToken.None);

    public async Task<GateAnswer> SettleAsync(string hold, decimal? amount = null) =>
        await Gate.SettleAsync(Project, hold, null, amount is { } a ? [new("", Quantity.Of(a))] : null, CancellationToken.None);

    public async Task<Core.Quotas.Standing> StandingAsync(string customer, string feature)
    {
        var all = await Gate.StandingAsync(Project, customer, CancellationToken.None);
        return all!.Features.Single(f => f.Feature.Code == feature).Standing!;
    }

    /// <summary>For tests of holds that no sweeper frees.</summary>
    public Task StopSweepingAsync() => _sweeper.StopAsync(CancellationToken.None);

    public async ValueTask DisposeAsync()
    {
        await _sweeper.StopAsync(CancellationToken.None);
        await _forget.StopAsync(CancellationToken.None);
        await _lanes.StopAsync(CancellationToken.None);
        await _presence.StopAsync(CancellationToken.None);
        _sweeper.Dispose();
        await _lanes.DisposeAsync();
        _presence.Dispose();
        _directory.Dispose();
    }
}
