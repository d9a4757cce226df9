using System.Text;
using System.Text.Json.Nodes;
using Tollgate.Chaos.Client;
using Tollgate.Chaos.Fuzzing;

namespace Tollgate.Chaos.Hostile;

/// <summary>
/// Calls every operation of the OpenAPI document with the worst allowed input, by the secret key and by the customer's token.
/// </summary>
internal static class Walk
{
    /// <summary>Operations that would end the attack itself.</summary>
    private static readonly string[] Spared = ["PUT /v1/catalog", "DELETE /v1/api-keys/{id}", "POST /v1/api-keys/{id}/rotate"];

    private static readonly (string Name, string Worst)[] Queries =
    [
        ("days", "36500"), ("months", "1200"), ("from", "1926-01-01"), ("to", "2126-01-01"), ("limit", "100"),
        ("starting_after", new string('z', 255)), ("days", "1100"),
    ];

    public static async Task StepAsync(HostileTenant tenant, Random random, CancellationToken cancel)
    {
        var operation = tenant.Operations[random.Next(tenant.Operations.Count)];
        if (Spared.Contains(operation.Name, StringComparer.Ordinal))
        {
            return;
        }

        var path = operation.PathWith(name => random.Next(8) == 0 ? new string('x', 2_000) : tenant.ValueOf(name, operation.Path))
            + QueryOf(operation, random);
        var content = operation.Mutates && operation.BodySchema.ValueKind == System.Text.Json.JsonValueKind.Object
            ? BodyOf(operation, random)
            : null;
        await tenant.SendAsync("operations", random.Next(4) == 0 ? tenant.Token : tenant.Gate, operation.HttpMethod, path, content, cancel);
    }

    private static string QueryOf(Operation operation, Random random)
    {
        var known = operation.Parameters.Where(static parameter => parameter.GetProperty("in").GetString() == "query")
            .Select(static parameter => parameter.GetProperty("name").GetString()).ToHashSet();
        var chosen = Queries.Where(query => known.Contains(query.Name) && random.Next(3) > 0).DistinctBy(static query => query.Name)
            .Select(static query => $"{query.Name}={query.Worst}").ToList();
        return chosen.Count == 0 ? "" : "?" + string.Join('&', chosen);
    }

    private static HttpContent BodyOf(Operation operation, Random random)
    {
        var example = HostileTenant.ExampleOf(operation);
        if (example is JsonObject fields && fields.ContainsKey("customer"))
        {
            fields["customer"] = $"payer-{random.Next(HostileTenant.Payers)}";
        }

        var text = random.Next(6) switch
        {
            0 => string.Concat(Enumerable.Repeat("[", 400_000)),
            1 => string.Concat(Enumerable.Repeat("{\"a\":", 150_000)),
            2 => Swollen(example ?? new JsonObject()),
            3 => $"[{string.Join(',', Enumerable.Repeat(example?.ToJsonString() ?? "{}", 5_000))}]",
            _ => example?.ToJsonString() ?? "{}",
        };
        return GateClient.Raw(text, "application/json");
    }

    /// <summary>Makes every text a hundred kilobytes, and every list a thousand times as long.</summary>
    private static string Swollen(JsonNode example)
    {
        var text = new StringBuilder(example.ToJsonString());
        text.Replace("\":\"", "\":\"" + new string('y', 100_000));
        return text.Length > 2_000_000 ? text.ToString(0, 2_000_000) : text.ToString();
    }
}
