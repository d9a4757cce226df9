using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Tollgate.Core.Customers;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Customers;
using Tollgate.Engine.Jobs;
using Tollgate.Engine.Projects;
using Tollgate.Engine.Tests.Ledger;
using Tollgate.Testing;

namespace Tollgate.Engine.Tests.Customers;

/// <summary>
/// VAT ids are checked in the background: a VIES that fails, hangs or sends invalid answers delays no customer, invoice or other id.
/// </summary>
public sealed class VatChecksTests(TestPostgres postgres) : IAsyncLifetime
{
    private const string Shop =
        """
        code: shop
        name: Shop
        default_plan: free
        features: [{code: scan, name: Scans}]
        plans: [{code: free, name: Free, entitlements: [{feature: scan, quota: 2}]}]
        """;

    private const string German = "DE136695976", French = "FR40303265045", Italian = "IT00743110157";

    private readonly ViesDouble _vies = new();
    private TestDatabase? _database;
    private LedgerRig? _rig;

    private CheckVatIds? _check;

    private CheckVatIds Check => _check!;

    public async ValueTask InitializeAsync()
    {
        _database = await postgres.CreateDatabaseAsync();
        _rig = await LedgerRig.StartAsync(_database, Shop);
        _check = NewServer();
    }

    public async ValueTask DisposeAsync()
    {
        await _vies.DisposeAsync();
        await _rig!.DisposeAsync();
        await _database!.DisposeAsync();
    }

    [Fact]
    public async Task An_answer_is_a_fact_with_its_consultation_and_the_invoice_quotes_it()
    {
        await SellInFranceAsync();
        (await CreateAsync("acme", "DE", German)).Status.ShouldBe(VatStatus.Pending);
        await LookAsync();
        var found = await FindAsync("acme");
        (found.Status, found.Check!.Consultation, found.Check.Name,
            found.Check.Source).ShouldBe((VatStatus.Valid, "WAPI40303265045", null, "vies"));
        _vies.Asked.Single()
            .ShouldBe("""{"countryCode":"DE","vatNumber":"136695976","requesterMemberStateCode":"FR","requesterNumber":"40303265045"}""");
        VatEvidence.Of(found, found.Check.AskedAt)!.Note.ShouldEndWith("consultation WAPI40303265045.");

        await LookAsync();
        _vies.Asked.Count.ShouldBe(1);
    }

    [Fact]
    public async Task An_id_that_is_nobodys_is_invalid_and_a_new_id_is_asked_for_again()
    {
        await CreateAsync("acme", "DE", "DE999000009");
        await LookAsync();
        (await FindAsync("acme")).Status.ShouldBe(VatStatus.Invalid);

        (await PatchAsync("acme", German)).Status.ShouldBe(VatStatus.Pending);
        await LookAsync();
        (await FindAsync("acme")).Status.ShouldBe(VatStatus.Valid);
        (await _database!.ScalarAsync<long>("SELECT count(*) FROM vat_checks")).ShouldBe(2);
        (await PatchAsync("acme", "DE999000009")).ShouldBe(await FindAsync("acme"), "the answer of a change is what a read says");
        (await FindAsync("acme")).Status.ShouldBe(VatStatus.Invalid, "its answers are known");
        (await PatchAsync("acme", null)).ShouldBe(VatStanding.Unchecked);
    }

    [Theory]
    [InlineData(ViesMood.RefusesSellers, VatStatus.Valid, null)]
    [InlineData(ViesMood.CannotRead, VatStatus.Invalid, "Status 400: INVALID_INPUT.")]
    public async Task If_VIES_refuses_the_sellers_id_it_is_left_out_and_an_unreadable_id_is_invalid(
        ViesMood mood, VatStatus status, string? detail)
    {
        await SellInFranceAsync();
        _vies.Mood = mood;
        await CreateAsync("acme", "DE", German);
        await LookAsync();
        var found = await FindAsync("acme");
        (found.Status, found.Check!.Consultation, found.Check.Detail, _vies.Asked.Count).ShouldBe((status, null, detail, 2));
    }

    [Theory]
    [InlineData(ViesMood.Fails, "Status 500 and no JSON.")]
    [InlineData(ViesMood.Babbles, "Status 200 and no JSON.")]
    [InlineData(ViesMood.MemberStateIsDown, "Status 200: MS_UNAVAILABLE.")]
    [InlineData(ViesMood.Drips, "No answer within 5 seconds.")]
    public async Task Without_an_answer_the_id_stays_pending_is_parked_and_asked_for_when_VIES_is_back(ViesMood mood, string why)
    {
        _vies.Mood = mood;
        await CreateAsync("acme", "DE", German);
        await CreateAsync("bert", "FR", French);
        await LookAsync();
        var acme = await FindAsync("acme");
        (acme.Status, acme.Check!.Answer, acme.Check.Detail).ShouldBe((VatStatus.Pending, VatAnswer.Unavailable, why));
        (await FindAsync("bert")).Status.ShouldBe(VatStatus.Pending);
        (await _database!.ScalarAsync<long>(
            "SELECT count(*) FROM parked_work WHERE work = 'vat_checks' AND subject IN ('acme/DE136695976', 'bert/FR40303265045')"))
            .ShouldBe(2);

        _vies.Mood = ViesMood.Answers;
        await LookAsync();
        (await FindAsync("acme")).Status.ShouldBe(VatStatus.Pending, "its pause is not over");
        await CreateAsync("carl", "IT", Italian);
        await LookAsync();
        (await FindAsync("carl")).Status.ShouldBe(VatStatus.Valid, "what is parked keeps nobody else");

        await MakeDueAsync();
        await LookAsync();
        (await FindAsync("acme")).Status.ShouldBe(VatStatus.Valid);
        (await _database.ScalarAsync<long>("SELECT count(*) FROM parked_work")).ShouldBe(0);
        (await _database.ScalarAsync<string>(
            "SELECT string_agg(answer, ' ' ORDER BY id) FROM vat_checks WHERE tax_id = 'DE136695976'")).ShouldBe("unavailable valid");
    }

    [Fact]
    public async Task A_pending_id_takes_tax_off_for_two_weeks_after_the_first_question()
    {
        _vies.Mood = ViesMood.Fails;
        await CreateAsync("acme", "DE", German);
        await LookAsync();
        var first = (await FindAsync("acme")).AskedSince!.Value;
        await MakeDueAsync();
        await LookAsync();
        var found = await FindAsync("acme");
        (found.AskedSince, found.Check!.AskedAt > first).ShouldBe((first, true));
        VatEvidence.Of(found, first.Plus(TimeSpan.FromDays(13)))!.IsOverdue.ShouldBeFalse();
        VatEvidence.Of(found, first.Plus(TimeSpan.FromDays(14)))!.IsOverdue.ShouldBeTrue();
    }

    [Fact]
    public async Task A_register_that_is_down_is_asked_once_for_a_project_and_a_project_with_many_ids_keeps_no_other()
    {
        _vies.Mood = ViesMood.MemberStateIsDown;
        string[] ids = [German, "DE115235681", "DE811128135"];
        foreach (var id in ids)
        {
            await CreateAsync(id, "DE", id);
        }

        await LookAsync();
        (_vies.Asked.Count, await _database!.ScalarAsync<long>("SELECT count(*) FROM parked_work")).ShouldBe((1, 1));
        _vies.Mood = ViesMood.Answers;
        await MakeDueAsync();
        await LookAsync();
        (await _database.ScalarAsync<long>("SELECT count(*) FROM vat_checks WHERE answer = 'valid'")).ShouldBe(3);

        var other = await _rig!.AddProjectAsync("other", Shop);
        await Task.WhenAll(Enumerable.Range(0, 8).Select(i => CreateAsync($"many-{i}", "FR", French)));
        await NewCustomer(Check).RunAsync(other, "one", new() { Country = "FR", TaxId = French }, default);
        var taken = await Check.ClaimAsync(20, 5, default);
        (taken.Count, taken.Count(one => one.Project == other.Id)).ShouldBe((6, 1));
    }

    /// <summary>One project's ids on several pages: a page has five of a project.</summary>
    [Fact]
    public async Task A_project_without_answers_keeps_no_other_of_the_same_country_waiting()
    {
        await SellInFranceAsync();
        _vies.DownFor = "requesterNumber";
        var other = await _rig!.AddProjectAsync("other", Shop);
        await CreateManyAsync(_rig.Project, 7, "DE", German);
        await CreateManyAsync(other, 7, "DE", German);

        await LookAsync();

        (await ValidOfAsync(other), await ValidOfAsync(_rig.Project)).ShouldBe((7, 0));
        _vies.Asked.Count(static question => question.Contains("requesterNumber", StringComparison.Ordinal))
            .ShouldBe(1, "its other ids wait");
    }

    [Fact]
    public async Task A_sandbox_without_answers_keeps_nobody_waiting_and_is_no_outage()
    {
        var sandbox = await _rig!.AddProjectAsync("sandbox", Shop, ProjectMode.Sandbox);
        await CreateManyAsync(sandbox, 2, "DE", "DE222222220");
        await CreateManyAsync(_rig.Project, 7, "DE", German);
        await MakeDueAsync();
        var log = new Lines();

        await LookAsync(log: log);

        (await ValidOfAsync(_rig.Project), await ValidOfAsync(sandbox)).ShouldBe((7, 0));
        log.Written.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_country_that_is_down_is_asked_for_two_projects_in_a_look_and_the_other_countries_go_on()
    {
        _vies.DownFor = "\"countryCode\":\"DE\"";
        foreach (var code in (string[])["a", "b", "c"])
        {
            await CreateManyAsync(await _rig!.AddProjectAsync(code, Shop), 7, "DE", German);
        }

        await CreateManyAsync(_rig!.Project, 12, "FR", French);
        var log = new Lines();

        await LookAsync(log: log);

        (await ValidOfAsync(_rig.Project)).ShouldBe(12);
        _vies.Asked.Count(static question => question.Contains("\"DE\"", StringComparison.Ordinal)).ShouldBe(2);
        log.Written.ShouldBe(["Warning VIES did not answer for 2 VAT ids, which stay pending: Status 200: MS_UNAVAILABLE."]);
    }

    /// <summary>VIES answered, but the answers of three projects cannot be stored: that tells nothing about the country.</summary>
    [Fact]
    public async Task Projects_whose_answers_cannot_be_stored_keep_no_other_of_the_same_country_waiting()
    {
        foreach (var code in (string[])["a", "b", "c"])
        {
            await CreateManyAsync(await _rig!.AddProjectAsync(code, Shop), 7, "DE", German);
        }

        await CreateManyAsync(_rig!.Project, 7, "DE", German);
        await _database!.ExecuteAsync($"ALTER TABLE vat_checks ADD CONSTRAINT poison CHECK (project_id = {_rig.Project.Id})");

        await LookAsync();

        (await ValidOfAsync(_rig.Project)).ShouldBe(7);
        (await _database.ScalarAsync<long>("SELECT count(*) FROM parked_work WHERE work = 'vat_checks'")).ShouldBe(
            3, "one of each, and the others wait");
    }

    [Fact]
    public async Task The_projects_take_turns_with_their_ids_of_one_country()
    {
        await SellInFranceAsync();
        var other = await _rig!.AddProjectAsync("other", Shop);
        string[] ids = [German, "DE115235681", "DE811128135", "DE120000013", "DE120000021"];
        foreach (var (project, id) in ids.Select(id => (_rig.Project, id)).Concat(ids.Select(id => (other, id))))
        {
            await CreateManyAsync(project, 1, "DE", id);
        }

        await LookAsync();

        var sellers = _vies.Asked.Select(static question => question.Contains("requesterNumber", StringComparison.Ordinal)).ToList();
        sellers.Count.ShouldBe(10);
        sellers.Skip(1).ShouldBe(sellers.SkipLast(1).Select(static seller => !seller));
    }

    [Fact]
    public async Task An_outage_is_logged_once_a_look_and_names_nobody()
    {
        _vies.Mood = ViesMood.MemberStateIsDown;
        await CreateAsync("acme", "DE", German);
        await CreateAsync("bert", "FR", French);
        var log = new Lines();
        await LookAsync(log: log);
        log.Written.ShouldBe(["Warning VIES did not answer for 2 VAT ids, which stay pending: Status 200: MS_UNAVAILABLE."]);
    }

    [Fact]
    public async Task While_VIES_is_off_ids_stay_due()
    {
        var off = new CheckVatIds(_database!.Source, new(ViesOptions.Off), _rig!.Clock);
        await NewCustomer(off).RunAsync(_rig.Project, "acme", new() { Country = "DE", TaxId = German }, default);
        await LookAsync(off);
        (await FindAsync("acme")).ShouldBe(VatStanding.Of(null, isDue: true));
        await LookAsync();
        (await FindAsync("acme")).Status.ShouldBe(VatStatus.Valid);
    }

    [Fact]
    public async Task Ids_that_a_server_of_an_older_version_writes_are_asked_for_and_removed_ones_are_not()
    {
        await CreateAsync("acme", "DE", German);
        await _database!.ExecuteAsync("UPDATE customers SET tax_id = NULL");
        await LookAsync();
        (_vies.Asked.Count, (await FindAsync("acme")).Status).ShouldBe((0, VatStatus.Unchecked));
        await _database.ExecuteAsync($"UPDATE customers SET tax_id = '{German}'");
        await LookAsync();
        (await FindAsync("acme")).Status.ShouldBe(VatStatus.Valid);
    }

    [Fact]
    public async Task An_answer_stays_while_VIES_is_down_later()
    {
        await CreateAsync("acme", "DE", German);
        await LookAsync();
        _vies.Mood = ViesMood.Fails;
        await _database!.ExecuteAsync(
            "UPDATE customers SET vat_check_at = now(); UPDATE vat_checks SET asked_at = asked_at - interval '31 days'");
        await LookAsync();
        _vies.Asked.Count.ShouldBe(2);
        (await FindAsync("acme")).Status.ShouldBe(VatStatus.Valid);
    }

    [Fact]
    public async Task One_id_of_many_customers_is_asked_for_once()
    {
        foreach (var customer in (string[])["a", "b", "c"])
        {
            await CreateAsync(customer, "DE", German);
        }

        await LookAsync();
        await CreateAsync("d", "DE", "136 695 976");
        await LookAsync();
        (await FindAsync("d")).Check!.AskedAt.ShouldBe((await FindAsync("a")).Check!.AskedAt);
        _vies.Asked.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Two_servers_ask_for_each_customer_once()
    {
        _vies.Delay = TimeSpan.FromMilliseconds(50);
        string[] ids = [
            German, French, Italian, "ATU13585627", "DK13585628", "EL094259216", "LU15027442", "PL8567346215", "FI20774740", "PT501964843"];
        foreach (var id in ids)
        {
            await CreateAsync(id, id.StartsWith("EL", StringComparison.Ordinal) ? "GR" : id[..2], id);
        }

        var other = NewServer();
        await Task.WhenAll(LookAsync(), LookAsync(other), LookAsync(), LookAsync(other));
        _vies.Asked.Count.ShouldBe(ids.Length);
        (await _database!.ScalarAsync<long>("SELECT count(*) FROM vat_checks WHERE answer = 'valid'")).ShouldBe(ids.Length);
    }

    [Fact]
    public async Task An_id_of_an_older_version_that_VIES_cannot_know_is_asked_for_by_nobody()
    {
        await CreateAsync("acme", "DE", German);
        await _database!.ExecuteAsync("UPDATE customers SET tax_id = 'whatever', vat_check_at = now()");
        (await FindAsync("acme")).Status.ShouldBe(VatStatus.Unchecked);
        await LookAsync();
        (_vies.Asked.Count,
            await _database.ScalarAsync<long>("SELECT count(*) FROM customers WHERE vat_check_at IS NOT NULL")).ShouldBe((0, 0));
    }

    private Task SellInFranceAsync() => _database!.ExecuteAsync(
        """INSERT INTO invoice_settings (project_id, document) SELECT id, '{"seller": {"name": "Shop", "country": "FR", "tax_id": "FR40303265045"}}' FROM projects""");

    /// <summary>Ends all pauses.</summary>
    private Task MakeDueAsync() => _database!.ExecuteAsync(
        "UPDATE parked_work SET next_attempt_at = now(); UPDATE customers SET vat_check_at = now() WHERE vat_check_at < now() + interval "
            + "'1 day'");

    private CreateCustomer NewCustomer(CheckVatIds check) => new(_rig!.Changes, _rig.Lanes.NewCustomers, _rig.Clock, check);

    private CheckVatIds NewServer() => new(_database!.Source, new(new ViesOptions(_vies.Url)), _rig!.Clock);

    /// <summary>Customers with the same id.</summary>
    private async Task CreateManyAsync(ProjectSnapshot project, int count, string country, string id)
    {
        for (var i = 0; i < count; i++)
        {
            await NewCustomer(Check).RunAsync(project, $"{id}-{i}", new() { Country = country, TaxId = id }, default);
        }
    }

    private Task<long> ValidOfAsync(ProjectSnapshot project) =>
        _database!.ScalarAsync<long>("SELECT count(*) FROM vat_checks WHERE project_id = $1 AND answer = 'valid'", project.Id);

    private async Task<VatStanding> CreateAsync(string customer, string country, string id) =>
        (await NewCustomer(Check).RunAsync(_rig!.Project, customer, new() { Country = country, TaxId = id }, default)).Customer!.Vat;

    private async Task<VatStanding> PatchAsync(string customer, string? id) =>
        (await new UpdateCustomer(_rig!.Changes, Check).RunAsync(_rig!.Project, customer, new() { TaxId = Change<string?>.To(id) },
            default))!.Customer.Vat;

    private async Task<VatStanding> FindAsync(string customer) =>
        (await new CustomerQueries(_database!.Source).FindAsync(_rig!.Project, customer, default))!.Customer.Vat;

    private sealed class Lines : ILogger<ParkedWork>, ILogger<CheckVatLoop>
    {
        public ConcurrentQueue<string> Written { get; } = new();

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Written.Enqueue($"{logLevel} {formatter(state, exception)}");
    }

    /// <summary>One run of the loop.</summary>
    private async Task LookAsync(CheckVatIds? check = null, Lines? log = null)
    {
        var parked = log is null ? _rig!.Parked : new(_database!.Source, _rig!.Clock, log);
        using var loop = new CheckVatLoop(
            check ?? Check, _rig.Directory, parked, log ?? (ILogger<CheckVatLoop>)NullLogger<CheckVatLoop>.Instance);
        await loop.LookOnceAsync(CancellationToken.None);
    }
}
