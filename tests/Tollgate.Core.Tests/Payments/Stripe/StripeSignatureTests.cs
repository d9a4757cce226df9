using System.Text;
using System.Text.Json;
using Tollgate.Core.Payments.Stripe;
using Tollgate.Core.Time;

namespace Tollgate.Core.Tests.Payments.Stripe;

/// <summary>Python's hmac and openssl computed the vectors.</summary>
public sealed class StripeSignatureTests
{
    private const string Secret = "whsec_test_secret";

    private static readonly byte[] Body = """{"id":"evt_test_webhook","object":"event"}"""u8.ToArray();

    private static readonly Instant SignedAt = Instant.FromUnixSeconds(1_700_000_000);

    private static readonly JsonElement[] Vectors =
        [.. JsonElement.Parse(
            File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Payments", "Stripe", "stripe-signature-vectors.json")))
            .EnumerateArray()];

    public static TheoryData<string> Names => [.. Vectors.Select(static vector => vector.GetProperty("name").GetString()!)];

    [Fact]
    public void There_are_eleven_vectors() => Vectors.Length.ShouldBe(11);

    [Theory]
    [MemberData(nameof(Names))]
    public void Vectors_are_judged_as_they_say(string name)
    {
        var vector = Vectors.Single(one => one.GetProperty("name").GetString() == name);
        var (header, body) = (vector.GetProperty("header").GetString(), Encoding.UTF8.GetBytes(vector.GetProperty("payload").GetString()!));
        var at = Instant.FromUnixSeconds((vector.TryGetProperty("now", out var now) ? now : vector.GetProperty("timestamp")).GetInt64());
        var verdict = StripeSignature.Judge(header, body, [vector.GetProperty("secret").GetString()!], at);
        var expected = vector.GetProperty("expect").GetString()!;
        (verdict == StripeSignatureVerdict.Good).ShouldBe(expected.StartsWith("valid", StringComparison.Ordinal), $"{expected}: {verdict}");
    }

    [Theory]
    [InlineData(-301, StripeSignatureVerdict.OutsideTolerance)]
    [InlineData(-300, StripeSignatureVerdict.Good)]
    [InlineData(300, StripeSignatureVerdict.Good)]
    [InlineData(301, StripeSignatureVerdict.OutsideTolerance)]
    public void Five_minutes_are_allowed_in_both_directions(int seconds, StripeSignatureVerdict verdict) =>
        Judge(StripeSignature.Sign(Body, Secret, SignedAt), Secret, SignedAt.Plus(TimeSpan.FromSeconds(seconds))).ShouldBe(verdict);

    [Fact]
    public void While_a_secret_is_rotated_both_count()
    {
        var header = StripeSignature.Sign(Body, "whsec_old", SignedAt);
        StripeSignature.Judge(header, Body, [Secret, "whsec_old"], SignedAt).ShouldBe(StripeSignatureVerdict.Good);
        StripeSignature.Judge(header, Body, [Secret], SignedAt).ShouldBe(StripeSignatureVerdict.Mismatch);
    }

    /// <summary>Each signature is compared for every project with keys, so a header of 10,000 would be expensive.</summary>
    [Fact]
    public void Only_the_first_five_signatures_and_twelve_elements_are_looked_at()
    {
        var good = StripeSignature.Sign(Body, Secret, SignedAt);
        var (time, signature) = (good.Split(',')[0], good.Split(',')[1]);
        var other = $"v1={new string('0', 64)}";
        Judge($"{time},{other},{other},{other},{other},{signature}", Secret, SignedAt).ShouldBe(StripeSignatureVerdict.Good);
        Judge($"{time},{other},{other},{other},{other},{other},{signature}", Secret, SignedAt).ShouldBe(StripeSignatureVerdict.Mismatch);
        Judge($"{time},{string.Concat(Enumerable.Repeat("v0=1,", 10))}{signature}", Secret, SignedAt).ShouldBe(StripeSignatureVerdict.Good);
        Judge($"{time},{string.Concat(Enumerable.Repeat("v0=1,", 11))}{signature}", Secret, SignedAt)
            .ShouldBe(StripeSignatureVerdict.NoScheme);
    }

    [Fact]
    public void One_good_signature_is_enough_wherever_it_stands()
    {
        var (good, other) = (StripeSignature.Sign(Body, Secret, SignedAt), new string('0', 64));
        StripeSignature.Judge($"{good},v1={other}", Body, [Secret], SignedAt).ShouldBe(StripeSignatureVerdict.Good);
        StripeSignature.Judge(good, Body, [Secret, "whsec_old"], SignedAt).ShouldBe(StripeSignatureVerdict.Good);
    }

    [Theory]
    [InlineData("")]
    [InlineData("  ")]
    public void A_blank_secret_counts_for_nothing(string blank) =>
        Judge(StripeSignature.Sign(Body, blank, SignedAt), blank, SignedAt).ShouldBe(StripeSignatureVerdict.Mismatch);

    [Theory]
    [InlineData(null, StripeSignatureVerdict.NoTimestamp)]
    [InlineData("", StripeSignatureVerdict.NoTimestamp)]
    [InlineData("v1=aa", StripeSignatureVerdict.NoTimestamp)]
    [InlineData("t=,v1=aa", StripeSignatureVerdict.NoTimestamp)]
    [InlineData("t=-1700000000,v1=aa", StripeSignatureVerdict.NoTimestamp)]
    [InlineData("t=99999999999999999999,v1=aa", StripeSignatureVerdict.NoTimestamp)]
    [InlineData("t=9223372036854775807,v1=aa", StripeSignatureVerdict.NoTimestamp)]
    [InlineData("t=1700000000", StripeSignatureVerdict.NoScheme)]
    [InlineData("t=1700000000,v0=aa,v2=bb", StripeSignatureVerdict.NoScheme)]
    [InlineData("t=1700000000,v1=", StripeSignatureVerdict.Mismatch)]
    [InlineData("t=1700000000,v1=é", StripeSignatureVerdict.Mismatch)]
    public void An_invalid_signature_is_reported(string? header, StripeSignatureVerdict verdict) =>
        Judge(header, Secret, SignedAt).ShouldBe(verdict);

    [Fact]
    public void A_body_that_was_changed_is_forged()
    {
        var header = StripeSignature.Sign(Body, Secret, SignedAt);
        byte[] other = [.. Body, (byte)' '];
        StripeSignature.Judge(header, other, [Secret], SignedAt).ShouldBe(StripeSignatureVerdict.Mismatch);
    }

    private static StripeSignatureVerdict Judge(string? header, string secret, Instant now) =>
        StripeSignature.Judge(header, Body, [secret], now);
}
