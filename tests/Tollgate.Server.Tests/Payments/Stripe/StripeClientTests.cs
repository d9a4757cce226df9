using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Tollgate.Core.Payments;
using Tollgate.Core.Payments.Stripe;
using Tollgate.Engine.Payments.Stripe;
using Tollgate.Testing.Stripe;

namespace Tollgate.Server.Tests.Payments.Stripe;

/// <summary>The client against the double, which checks every request against Stripe's OpenAPI description.</summary>
public sealed class StripeClientTests : IAsyncLifetime
{
    private const string Key = "5f1c0a52-0000-7000-8000-000000000001";

    private readonly ConcurrentQueue<TimeSpan> _pauses = [];
    private readonly KeptLog _log = new();
    private StripeDouble _stripe = null!;
    private StripeClient _client = null!;

    public async ValueTask InitializeAsync()
    {
        _stripe = await StripeDouble.StartAsync();
        _client = ClientOf(TimeSpan.FromSeconds(10));
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _stripe.DisposeAsync();
    }

    private StripeClient ClientOf(TimeSpan timeout) => new(new(_stripe.Url, timeout), _log, (pause, _) =>
    {
        _pauses.Enqueue(pause);
        return Task.CompletedTask;
    });

    private Task<StripeAnswer> Post(string path, StripeForm form, string? key = Key, string secret = StripeDouble.SecretKey) =>
        _client.PostAsync(secret, path, form, key, TestContext.Current.CancellationToken);

    private Task<StripeAnswer> Get(string path, StripeForm? query = null) =>
        _client.GetAsync(StripeDouble.SecretKey, path, query, TestContext.Current.CancellationToken);

    private async Task<string> CustomerAsync() =>
        (await Post(
            "/v1/customers",
            new StripeForm().Set("email", "jane@example.com").Set("metadata", new StripeForm().Set("tollgate_customer", "42")),
            null)).Body.Text("id")!;

    private async Task<StripeAnswer> PayAsync(StripeCard card, string key = Key)
    {
        var customer = await CustomerAsync();
        return await Post(
            "/v1/payment_intents",
            new StripeForm().Set("amount", 2999).Set("currency", "usd").Set("customer", customer)
                .Set("payment_method", _stripe.Books.AddCard(customer, card))
                .Set("confirm", true).Set("off_session", true),
            key);
    }

    [Fact]
    public async Task Requests_carry_version_key_and_form()
    {
        var answer = await Post(
            "/v1/customers",
            new StripeForm().Set("email", "a+b@example.com").Set("metadata", new StripeForm().Set("tollgate_customer", "Zoë & 42")));
        answer.Outcome.ShouldBe(StripeOutcome.Done);
        (answer.Body.Text("email"), answer.Body.Metadata()["tollgate_customer"]).ShouldBe(("a+b@example.com", "Zoë & 42"));
        var seen = _stripe.Requests.ShouldHaveSingleItem();
        (seen.Version, seen.Key, seen.Authorization).ShouldBe(("2026-10-28.endive", Key, $"Bearer {StripeDouble.SecretKey}"));
    }

    [Fact]
    public async Task A_key_is_done_once()
    {
        var (first, again) = (await PayAsync(StripeCard.Good), _stripe.Requests.Last());
        var replayed = await Post("/v1/payment_intents", Again(again.Body));
        replayed.Body.Text("id").ShouldBe(first.Body.Text("id"));
        _stripe.Books.All("payment_intent").Count().ShouldBe(1);
        var other = await Post("/v1/payment_intents", Again(again.Body).Set("description", "other"));
        (other.Outcome, other.Error!.Type).ShouldBe((StripeOutcome.Refused, "idempotency_error"));
    }

    [Theory]
    [InlineData(StripeMishap.ServerError)]
    [InlineData(StripeMishap.Drop)]
    [InlineData(StripeMishap.KeyInUse)]
    [InlineData(StripeMishap.LockTimeout)]
    [InlineData(StripeMishap.LoseAnswer)]
    public async Task A_temporary_failure_is_retried_with_the_same_key(StripeMishap mishap)
    {
        _stripe.Next(mishap, times: 2, path: "/v1/payment_intents");
        var answer = await PayAsync(StripeCard.Good);
        (answer.Outcome, answer.Body.Text("status")).ShouldBe((StripeOutcome.Done, "succeeded"));
        _stripe.Requests.Where(static one => one.Path == "/v1/payment_intents").Select(static one => one.Key).ShouldBe([Key, Key, Key]);
        _stripe.Books.All("payment_intent").Count().ShouldBe(1, "The key is done once.");
        _pauses.Count.ShouldBe(2);
        _pauses.ShouldAllBe(static pause => pause >= TimeSpan.FromMilliseconds(500) && pause <= TimeSpan.FromSeconds(1));
    }

    [Theory]
    [InlineData(StripeMishap.ServerError, 3)]
    [InlineData(StripeMishap.Drop, 3)]
    [InlineData(StripeMishap.LoseAnswer, 3)]
    [InlineData(StripeMishap.RateLimit, 1)]
    public async Task A_lasting_failure_is_not_an_answer(StripeMishap mishap, int tries)
    {
        _stripe.Next(mishap, tries, "/v1/payment_intents");
        (await PayAsync(StripeCard.Good)).Outcome.ShouldBe(StripeOutcome.NoAnswer);
        _stripe.Requests.Count(static one => one.Path == "/v1/payment_intents").ShouldBe(tries);
    }

    [Fact]
    public async Task A_server_that_is_too_slow_gives_no_answer()
    {
        using var hasty = ClientOf(TimeSpan.FromMilliseconds(100));
        _stripe.Next(StripeMishap.Slow, times: 3);
        var answer = await hasty.PostAsync(
            StripeDouble.SecretKey, "/v1/customers", new StripeForm(), Key, TestContext.Current.CancellationToken);
        answer.Outcome.ShouldBe(StripeOutcome.NoAnswer);
        _stripe.Books.All("customer").Count().ShouldBe(1, "It was done, once, all the same.");
    }

    [Theory]
    [InlineData(StripeCard.Declined, PaymentFailure.Declined)]
    [InlineData(StripeCard.InsufficientFunds, PaymentFailure.InsufficientFunds)]
    [InlineData(StripeCard.NeedsAuthentication, PaymentFailure.AuthenticationRequired)]
    public async Task A_card_that_fails_says_why(StripeCard card, PaymentFailure failure)
    {
        var answer = await PayAsync(card);
        (answer.Outcome, answer.Error!.Status, StripeRules.FailureOf(answer.Error)).ShouldBe((StripeOutcome.Refused, 402, failure));
        var intent = _stripe.Books.All("payment_intent").ShouldHaveSingleItem();
        answer.Error.PaymentIntent.ShouldBe((string?)intent["id"]);
    }

    [Theory]
    [InlineData("foo=1&email=x", "parameter_unknown", "foo")]
    [InlineData("metadata[a][b]=1", "parameter_invalid", "metadata[a]")]
    [InlineData("address[planet]=Mars", "parameter_unknown", "address[planet]")]
    [InlineData("balance=many", "parameter_invalid", "balance")]
    public async Task The_double_refuses_what_the_description_does_not_allow(string form, string code, string param)
    {
        var answer = await Post("/v1/customers", Again(form), null);
        (answer.Outcome, answer.Error!.Code, answer.Error.Param).ShouldBe((StripeOutcome.Refused, code, param));
    }

    [Fact]
    public async Task The_double_refuses_what_is_missing_or_nowhere()
    {
        (await Post("/v1/payment_intents", new StripeForm().Set("amount", 1), null)).Error!.Code.ShouldBe("parameter_missing");
        (await Get("/v1/customers/cus_nobody")).Error!.IsMissing.ShouldBeTrue();
        (await Get("/v1/nothing")).Error!.Status.ShouldBe(404);
        (await Get("/v1/customers/cus_nobody", new StripeForm().Set("page", 2))).Error!.Code.ShouldBe("parameter_unknown");
    }

    [Fact]
    public async Task A_wrong_key_is_named_as_such_and_never_shown()
    {
        const string Wrong = "sk_test_wrong0123456789";
        var answer = await Post("/v1/customers", new StripeForm(), null, Wrong);
        answer.Error!.IsOfKey.ShouldBeTrue();
        answer.Error.ToString().ShouldNotContain(Wrong);
        _stripe.Next(StripeMishap.ServerError, 3);
        await Post("/v1/customers", new StripeForm(), null, Wrong);
        _log.Lines.Count.ShouldBe(2);
        _log.Lines.ShouldAllBe(static line => !line.Contains(Wrong, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Lists_are_paged_newest_first_and_objects_are_expanded()
    {
        var customer = await CustomerAsync();
        var card = _stripe.Books.AddCard(customer, StripeCard.Good);
        for (var time = 0; time < 3; time++)
        {
            await Post(
                "/v1/payment_intents",
                new StripeForm().Set("amount", 100 + time).Set("currency", "usd").Set("customer", customer).Set("payment_method", card),
                null);
        }

        var page = await Get(
            "/v1/payment_intents", new StripeForm().Set("customer", customer).Set("limit", 2).Set("expand", ["data.payment_method"]));
        page.Body.Items("data").Select(static one => one.Number("amount")).ShouldBe([102L, 101L]);
        (page.Body.Flag("has_more"),
            page.Body.Items("data").First().Child("payment_method")?.Child("card")?.Text("last4")).ShouldBe((true, "4242"));
        var next = await Get(
            "/v1/payment_intents",
            new StripeForm().Set("customer", customer).Set("limit", 2).Set("starting_after", page.Body.Items("data").Last().Text("id")));
        (next.Body.Items("data").Single().Number("amount"), next.Body.Flag("has_more")).ShouldBe((100L, false));
    }

    /// <summary>Builds a form from a sent one, to send it again.</summary>
    private static StripeForm Again(string encoded) => encoded.Split('&').Select(static pair => pair.Split('=')).Aggregate(
        new StripeForm(), static (form, pair) => form.Set(Uri.UnescapeDataString(pair[0]), Uri.UnescapeDataString(pair[1])));

    private sealed class KeptLog : ILogger<StripeClient>
    {
        public ConcurrentQueue<string> Lines { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Lines.Enqueue(formatter(state, exception));
    }
}
