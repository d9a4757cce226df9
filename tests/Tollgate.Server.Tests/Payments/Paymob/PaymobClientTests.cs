using System.Collections.Concurrent;
using System.Net;
using Microsoft.Extensions.Logging;
using Tollgate.Core.Money;
using Tollgate.Core.Payments.Paymob;
using Tollgate.Engine.Payments.Paymob;
using Tollgate.Server.Payments;

namespace Tollgate.Server.Tests.Payments.Paymob;

/// <summary>Calls to Paymob, against a double that refuses everything its description does not allow.</summary>
public sealed class PaymobClientTests : IAsyncLifetime
{
    private static readonly PaymobAccount Account = new()
    {
        SecretKey = PaymobDouble.SecretKey, PublicKey = PaymobDouble.PublicKey, ApiKey = PaymobDouble.ApiKey,
        HmacSecrets = [PaymobDouble.HmacSecret],
        Integrations = [PaymobDouble.Cards, PaymobDouble.Wallets],
    };

    private readonly Lines _log = new();
    private PaymobDouble? _paymob;
    private PaymobClient? _client;

    private PaymobDouble Paymob => _paymob!;

    private PaymobClient Client => _client!;

    public async ValueTask InitializeAsync()
    {
        _paymob = await PaymobDouble.StartAsync();
        _client = new(new(new Uri(_paymob.Url)), _log);
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await Paymob.DisposeAsync();
        foreach (var secret in (string[])[PaymobDouble.SecretKey, PaymobDouble.ApiKey, PaymobDouble.HmacSecret])
        {
            _log.All.ShouldNotContain(line => line.Contains(secret, StringComparison.Ordinal));
        }
    }

    private static PaymobIntentionOrder Order(string reference, string? name = "Jane van Example", string description = "Pro, May 2027") =>
        new(
        reference, new(100_000, Currency.Of("EGP")), description, new(name, "jane@example.com"), Account.Integrations,
        TimeSpan.FromHours(1), new("https://app.example.com/paid"));

    private async Task<(PaymobIntention Intention, long Paid)> PaidAsync(string reference)
    {
        var intention = (await Client.IntendAsync(Account, Order(reference), default))!.Value!;
        return (intention, Paymob.Pay(intention.ClientSecret));
    }

    [Fact]
    public async Task An_intention_has_a_page_and_what_was_paid_there_is_found_by_its_name_and_by_its_number()
    {
        var (intention, paid) = await PaidAsync("a-1");
        using (var http = new HttpClient())
        {
            (await http.GetAsync(Client.PageOf(Account, intention))).StatusCode.ShouldBe(HttpStatusCode.OK);
        }

        var named = (await Client.InquireAsync(Account, "a-1", default))!.Value!;
        var numbered = (await Client.FindAsync(Account, paid, default))!.Value!;
        named.ShouldBe(numbered);
        (named.Id, named.Order, named.Reference, named.Amount.ToString(),
            named.Success).ShouldBe((paid, intention.Order, "a-1", "1000.00 EGP", true));
        Paymob.CallsOf("/api/auth/tokens").ShouldBe(1);
    }

    [Theory]
    [InlineData(null, "Pro")]
    [InlineData("Jane", "Pro")]
    [InlineData("  Jane  van  Example ", "A plan whose name is so long that nobody at Paymob would want to read all of it")]
    public async Task Any_customer_data_is_accepted(string? name, string description) =>
        (await Client.IntendAsync(Account, Order("b-1", name, description), default))!.Refusal.ShouldBeNull();

    [Fact]
    public async Task Paymob_is_told_where_this_server_is_when_the_server_knows_it()
    {
        await Client.IntendAsync(Account, Order("k-1"), default);
        Paymob.Calls.Last().Body.ShouldNotContain("notification_url");
        using var client = new PaymobClient(new(new Uri(Paymob.Url), new("https://billing.example.com/v1/webhooks/paymob")), _log);
        (await client.IntendAsync(Account, Order("k-2"), default))!.Refusal.ShouldBeNull();
        Paymob.Calls.Last().Body.ShouldContain("\"notification_url\":\"https://billing.example.com/v1/webhooks/paymob\"");
    }

    [Theory]
    [InlineData(null, null, null, null, 0)]
    [InlineData("https://billing.example.com", null, null, "https://billing.example.com/v1/webhooks/paymob", 0)]
    [InlineData("http://billing.example.com", "http://127.0.0.1:9000", "http://127.0.0.1:9000/", null, 0)]
    [InlineData("https://localhost:8080", "https://paymob.example/double/", "https://paymob.example/double/", null, 0)]
    [InlineData(null, "ftp://paymob.example", null, null, 1)]
    [InlineData(null, "nowhere", null, null, 1)]
    public void Paymobs_host_and_the_callback_address(string? server, string? set, string? home, string? callbacks, int faults)
    {
        var found = new List<string>();
        var options = PaymobSetup.Read(name => name == PaymobSetup.HomeVariable ? set : null, server is null ? null : new(server), found);
        (options.Home?.AbsoluteUri, options.Callbacks?.AbsoluteUri, found.Count).ShouldBe((home, callbacks, faults));
    }

    [Fact]
    public async Task A_name_is_taken_once()
    {
        await PaidAsync("c-1");
        var again = await Client.IntendAsync(Account, Order("c-1"), default);
        (again!.Value,
            again.Refusal).ShouldBe((null, """400: {"special_reference":["Intention with this special reference already exists."]}"""));
    }

    [Fact]
    public async Task Keys_and_integrations_that_are_not_known_are_refused()
    {
        (await Client.IntendAsync(Account with { SecretKey = "egy_sk_test_other" }, Order("d-1"), default))!.Refusal.ShouldBe(
            "401: Authentication credentials were not provided.");
        (await Client.IntendAsync(Account, Order("d-2") with { Integrations = [PaymobDouble.LiveCards] }, default))!.Refusal.ShouldBe(
            "404: Integration ID/Name does not exist in our system");
        (await Client.IntendAsync(Account, Order("d-3") with { Amount = new(100, Currency.Usd) }, default))!.Refusal.ShouldStartWith("404");
        (await Client.InquireAsync(Account with { ApiKey = "other" }, "d-1", default)).ShouldBeNull();
        (await Client.RefundAsync(Account with { SecretKey = "egy_sk_test_other" }, 1, new(1, Currency.Of("EGP")), default)).ShouldBeNull();
    }

    [Fact]
    public async Task A_missing_object_differs_from_a_missing_answer()
    {
        (await Client.InquireAsync(Account, "e-1", default))!.Refusal.ShouldBe("404: Not found.");
        (await Client.FindAsync(Account, 5, default))!.Refusal.ShouldBe("404: Not found.");
    }

    [Theory]
    [InlineData(PaymobTrouble.Fails)]
    [InlineData(PaymobTrouble.FailsAfter)]
    [InlineData(PaymobTrouble.LosesAnswer)]
    public async Task A_fault_of_Paymob_is_no_answer_whether_it_was_done_or_not(PaymobTrouble trouble)
    {
        Paymob.Next("/v1/intention/", trouble);
        (await Client.IntendAsync(Account, Order("f-1"), default)).ShouldBeNull();
        var (_, paid) = await PaidAsync("f-2");
        Paymob.Next("/api/acceptance/void_refund/refund", trouble);
        (await Client.RefundAsync(Account, paid, new(400, Currency.Of("EGP")), default)).ShouldBeNull();
        (await Client.FindAsync(Account, paid, default))!.Value!.Refunded.Minor.ShouldBe(trouble == PaymobTrouble.Fails ? 0 : 400);
        Paymob.Next("/api/auth/tokens", trouble);
        Paymob.ForgetTokens();
        (await Client.FindAsync(Account, paid, default)).ShouldBeNull();
    }

    [Fact]
    public async Task Nobody_there_is_no_answer()
    {
        await Paymob.DisposeAsync();
        (await Client.IntendAsync(Account, Order("g-1"), default)).ShouldBeNull();
        (await Client.FindAsync(Account, 1, default)).ShouldBeNull();
    }

    [Fact]
    public async Task A_token_that_is_good_no_more_is_replaced()
    {
        var (_, paid) = await PaidAsync("h-1");
        (await Client.FindAsync(Account, paid, default))!.Value.ShouldNotBeNull();
        Paymob.ForgetTokens();
        (await Client.FindAsync(Account, paid, default))!.Value.ShouldNotBeNull();
        Paymob.CallsOf("/api/auth/tokens").ShouldBe(2);
    }

    [Fact]
    public async Task Money_goes_back_in_parts_and_never_more_than_came()
    {
        var (_, paid) = await PaidAsync("i-1");
        var first = (await Client.RefundAsync(Account, paid, new(40_000, Currency.Of("EGP")), default))!.Value!;
        (first.IsRefund, first.Parent, first.Amount.Minor, first.Success).ShouldBe((true, paid, 40_000, true));
        (await Client.RefundAsync(Account, paid, new(60_001, Currency.Of("EGP")), default))!.Refusal.ShouldBe(
            "400: Full Amount has been already refunded");
        (await Client.RefundAsync(Account, paid, new(60_000, Currency.Of("EGP")), default))!.Value!.Success.ShouldBeTrue();
        (await Client.FindAsync(Account, paid, default))!.Value!.Refunded.Minor.ShouldBe(100_000);
    }

    [Fact]
    public async Task A_payment_of_the_same_day_is_undone()
    {
        Paymob.IsSettled = false;
        var (_, paid) = await PaidAsync("j-1");
        var undone = (await Client.VoidAsync(Account, paid, default))!.Value!;
        (undone.IsVoid, undone.Parent).ShouldBe((true, paid));
        (await Client.FindAsync(Account, paid, default))!.Value!.IsVoided.ShouldBeTrue();
        (await Client.VoidAsync(Account, paid, default))!.Refusal.ShouldBe("400: Transaction cannot be voided.");
    }

    /// <summary>The lines of the log.</summary>
    internal sealed class Lines : ILogger<PaymobClient>, ILogger<PaymobProvider>
    {
        public ConcurrentQueue<string> All { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            All.Enqueue(formatter(state, exception) + exception);
    }
}
