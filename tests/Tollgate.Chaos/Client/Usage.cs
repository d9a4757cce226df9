using System.Text.Json;

namespace Tollgate.Chaos.Client;

/// <summary>A feature's numbers as <c>GET /v1/customers/{id}/usage</c> tells them.</summary>
public sealed record Usage(decimal? Limit, decimal Used, decimal Held, decimal? Remaining)
{
    public static async Task<Usage> OfAsync(GateClient gate, string customer, string feature)
    {
        var answer = await gate.UsageAsync(customer);
        answer.Status.ShouldBe(200, answer.ToString());
        var found = answer.Member("features").TryGetProperty(feature, out var numbers);
        found.ShouldBeTrue($"No feature {feature} in {answer}");
        return new(
            Maybe(numbers, "limit"), numbers.GetProperty("used").GetDecimal(), numbers.GetProperty("held").GetDecimal(),
            Maybe(numbers, "remaining"));
    }

    private static decimal? Maybe(JsonElement numbers, string name) =>
        numbers.TryGetProperty(name, out var number) && number.ValueKind == JsonValueKind.Number ? number.GetDecimal() : null;
}
