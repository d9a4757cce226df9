using System.Text.Json;
using System.Text.Json.Nodes;
using Tollgate.Core.Payments.Paymob;

namespace Tollgate.Core.Tests.Payments.Paymob;

/// <summary>
/// Callbacks in Paymob's form. Another program computed the digests; the first signed text is from Paymob's own documentation.
/// </summary>
public sealed class PaymobSignatureTests
{
    private static readonly JsonElement Document =
        JsonDocument.Parse(
            File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Payments", "Paymob", "paymob-vectors.json"))).RootElement;

    private static readonly Vector[] All = [.. Document.GetProperty("vectors").EnumerateArray().Select(static vector => new Vector(
        vector.GetProperty("name").GetString()!, vector.GetProperty("kind").GetString()!, vector.GetProperty("secret").GetString()!,
        vector.GetProperty("concatenated").GetString()!, vector.GetProperty("hmac").GetString()!, vector.GetProperty("body")))];

    public static TheoryData<string> Names => [.. All.Select(static vector => vector.Name)];

    [Fact]
    public void All_vectors_are_there() => All.Length.ShouldBe(12);

    [Theory]
    [MemberData(nameof(Names))]
    public void A_genuine_callback_is_known(string name)
    {
        var vector = Of(name);
        TextOf(vector.Kind, vector.Body).ShouldBe(vector.Text);
        PaymobSignature.Matches(vector.Secret, vector.Text, vector.Digest).ShouldBeTrue();
        PaymobSignature.Matches(vector.Secret, vector.Text, vector.Digest.ToUpperInvariant()).ShouldBeTrue();
        PaymobSignature.Sign(vector.Secret, vector.Text).ShouldBe(vector.Digest);
    }

    /// <summary>A callback is forged if any signed value is changed, absent or of another kind.</summary>
    [Theory]
    [MemberData(nameof(Names))]
    public void A_signed_value_that_was_changed_is_seen(string name)
    {
        var vector = Of(name);
        foreach (var path in SignedIn(vector))
        {
            foreach (var changed in (JsonNode?[])[JsonValue.Create("x"), JsonValue.Create(7), new JsonArray(), null])
            {
                var tampered = JsonNode.Parse(vector.Body.GetRawText())!;
                Set(tampered, path, changed);
                var text = TextOf(vector.Kind, JsonElement.Parse(tampered.ToJsonString()));
                (text is not null && text != vector.Text
                    && PaymobSignature.Matches(vector.Secret, text, vector.Digest)).ShouldBeFalse($"{path} = {changed}");
            }
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_digest_of_another_secret_or_none_is_refused(string name)
    {
        var (_, _, secret, text, digest, _) = Of(name);
        PaymobSignature.Matches(secret + "x", text, digest).ShouldBeFalse();
        foreach (var other in (string?[])[
            null, "", digest[1..], digest + "0", "z" + digest[1..], (digest[0] == '0' ? "1" : "0") + digest[1..],
            new string('é', digest.Length)])
        {
            PaymobSignature.Matches(secret, text, other).ShouldBeFalse(other);
        }
    }

    /// <summary>
    /// Concatenated, 100000 and 2024 equal 1000 and 002024: the digest is the same, so another check must find the change.
    /// </summary>
    [Theory]
    [InlineData("1000", "002024-06-13T11:33:44.592345")]
    [InlineData("1000002024", "-06-13T11:33:44.592345")]
    [InlineData("10000020", "24-06-13T11:33:44.592345")]
    [InlineData("", "1000002024-06-13T11:33:44.592345")]
    public void Digits_do_not_wander_between_the_amount_and_the_time(string amount, string time)
    {
        var tampered = JsonNode.Parse(All[0].Body.GetProperty("obj").GetRawText())!;
        (tampered["amount_cents"], tampered["created_at"]) = (amount, time);
        PaymobSignature.TextOf(JsonElement.Parse(tampered.ToJsonString())).ShouldBeNull();
    }

    [Fact]
    public void A_time_is_signed_as_it_stands_and_not_as_it_is_meant()
    {
        var obj = JsonNode.Parse(All[0].Body.GetProperty("obj").GetRawText())!;
        obj["created_at"] = "2024-06-13T11:33:44.592000";
        PaymobSignature.TextOf(JsonElement.Parse(obj.ToJsonString()))!.ShouldContain("2024-06-13T11:33:44.592000EGP");
    }

    [Fact]
    public void A_query_may_have_lost_its_dots()
    {
        var query = All.Single(static vector => vector.Kind == "transaction_response").Body.GetProperty("query");
        PaymobSignature.TextOf(
            name => Find(name is "order_id" ? "order"
                : name.Contains('_') && name.StartsWith("source", StringComparison.Ordinal) ? "source_data." + name[12..]
                : "")
            ?? (name.StartsWith("source", StringComparison.Ordinal) || name == "order" ? null : Find(name))).ShouldBe(All[0].Text);

        string? Find(string name) => query.TryGetProperty(name, out var value) ? value.GetString() : null;
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("""{"order": 1, "source_data": null}""")]
    [InlineData("""{"trigger_type": "", "subscription_data": {"id": 1}}""")]
    [InlineData("""{"trigger_type": "canceled", "subscription_data": {}}""")]
    public void A_body_that_is_not_a_callback_has_no_signed_values(string body)
    {
        var read = JsonElement.Parse(body);
        (PaymobSignature.TextOf(read), PaymobSignature.TokenTextOf(read),
            PaymobSignature.SubscriptionTextOf(read)).ShouldBe((null, null, null));
    }

    private static Vector Of(string name) => All.Single(vector => vector.Name == name);

    private static string? TextOf(string kind, JsonElement body) => kind switch
    {
        "transaction_processed" => PaymobSignature.TextOf(body.GetProperty("obj")),
        "transaction_response" =>
            PaymobSignature.TextOf(name => body.GetProperty("query").TryGetProperty(name, out var value)
                && value.ValueKind == JsonValueKind.String ? value.GetString() : null),
        "card_token" => PaymobSignature.TokenTextOf(body.GetProperty("obj")),
        _ => PaymobSignature.SubscriptionTextOf(body),
    };

    private static IEnumerable<string[]> SignedIn(Vector vector) => vector.Kind switch
    {
        "transaction_processed" => Document.GetProperty("hmac_field_order").EnumerateArray()
            .Select(static name => (string[])["obj", .. name.GetString()!.Split('.')]),
        "transaction_response" => Document.GetProperty("hmac_field_order").EnumerateArray()
            .Select(static name => (string[])["query", name.GetString() is "order.id" ? "order" : name.GetString()!]),
        "card_token" =>
            ((string[])["card_subtype", "created_at", "email", "id", "masked_pan", "merchant_id", "order_id", "token"]).Select(
                static name => (string[])["obj", name]),
        _ => [["trigger_type"], ["subscription_data", "id"]],
    };

    private static void Set(JsonNode root, string[] path, JsonNode? value)
    {
        foreach (var name in path[..^1])
        {
            root = root[name]!;
        }

        root[path[^1]] = value?.DeepClone();
    }

    private sealed record Vector(string Name, string Kind, string Secret, string Text, string Digest, JsonElement Body);
}
