using System.Text.Json;
using System.Text.Json.Serialization;
using Tollgate.Core.Money;

namespace Tollgate.Core.Payments.Sandbox;

/// <summary>A webhook event of the sandbox's provider: the complete state of one object.</summary>
public sealed record SandboxEvent
{
    public const string PaymentSucceeded = "payment.succeeded";
    public const string PaymentFailed = "payment.failed";
    public const string RefundSucceeded = "refund.succeeded";
    public const string DisputeOpened = "dispute.opened";
    public const string DisputeWon = "dispute.won";
    public const string DisputeLost = "dispute.lost";

    public required string Id { get; init; }

    public required string Type { get; init; }

    public required DateTimeOffset Created { get; init; }

    public required SandboxObject Data { get; init; }

    public string Write() => JsonSerializer.Serialize(this, SandboxJson.Stored.SandboxEvent);

    /// <summary>Returns null if the body is not an event.</summary>
    public static SandboxEvent? Read(string body)
    {
        try
        {
            return JsonSerializer.Deserialize(body, SandboxJson.Stored.SandboxEvent);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>Returns null for a type that Tollgate ignores.</summary>
    public ProviderUpdate? ToUpdate() => Type switch
    {
        PaymentSucceeded => new PaymentUpdate(Data.Key, Data.Reference, null),
        PaymentFailed => new PaymentUpdate(Data.Key, Data.Reference, Data.Failure ?? PaymentFailure.Declined),
        RefundSucceeded when Data is { Charge: { } charge, Amount: { } amount, Currency: { } currency } =>
            new RefundUpdate(Data.Key, charge, Data.Reference, new(amount, Currency.Of(currency)), HasFailed: false, Data.Reason),
        DisputeOpened or DisputeWon or DisputeLost when Data is { Charge: { } charge, Amount: { } amount, Currency: { } currency } =>
            new DisputeUpdate(Data.Reference, charge, new(amount, Currency.Of(currency)), StatusOf(Type), Data.Reason),
        _ => null,
    };

    private static DisputeStatus StatusOf(string type) => type switch
    {
        DisputeWon => DisputeStatus.Won,
        DisputeLost => DisputeStatus.Lost,
        _ => DisputeStatus.Open,
    };
}

/// <param name="Key">Tollgate's id of the payment or refund.</param>
/// <param name="Reference">The sandbox's id.</param>
/// <param name="Charge">The sandbox's id of the charge that a refund or a dispute reverses.</param>
/// <param name="Amount">Minor units.</param>
public sealed record SandboxObject(
    [property: JsonRequired] string Reference,
    Guid? Key = null,
    [property: JsonConverter(typeof(JsonStringEnumConverter<PaymentFailure>))] PaymentFailure? Failure = null,
    string? Charge = null,
    long? Amount = null,
    string? Currency = null,
    string? Reason = null);

[JsonSerializable(typeof(SandboxEvent))]
internal sealed partial class SandboxJson : JsonSerializerContext
{
    public static SandboxJson Stored { get; } = new(PlainJson.Stored());
}
