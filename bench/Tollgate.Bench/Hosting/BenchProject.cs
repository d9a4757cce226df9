using System.Net.Http.Json;
using System.Text.Json;

namespace Tollgate.Bench.Hosting;

/// <summary>
/// A project with a catalogue of its own: the features are ordinary ones with a hard cap, the default thresholds and a
/// calendar month, so that the hot path does everything it does for a real customer.
/// </summary>
internal sealed record BenchProject(string Key)
{
    public const string Code = "bench";

    /// <summary>Hard cap, far above what a run consumes.</summary>
    public const string Feature = "api_calls";

    /// <summary>Hard cap of <see cref="TightQuota"/>, to see it hold under the full load.</summary>
    public const string TightFeature = "tight";

    public const int TightQuota = 1000;

    /// <summary>The customers of every load that chooses them evenly.</summary>
    public const int Customers = 10_000;

    /// <param name="code">The code of the project.</param>
    /// <param name="script">Its catalogue among the scripts; null: the one of that code.</param>
    public static async Task<BenchProject> CreateAsync(
        TollgateServer server, string code, CancellationToken cancel, string mode = "live", string? script = null)
    {
        var catalog = (await File.ReadAllTextAsync(Path.Combine(AppContext.BaseDirectory, "scripts", (script ?? code) + ".yaml"), cancel))
            .Replace($"\ncode: {script}\n", $"\ncode: {code}\n", StringComparison.Ordinal);
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri("/v1/projects", UriKind.Relative))
        {
            Content = JsonContent.Create(new { code, name = "Bench", mode, catalog }),
        };
        request.Headers.Authorization = new("Bearer", server.KeyOf("TOLLGATE_ADMIN_KEY"));
        using var answer = await server.Http.SendAsync(request, cancel);
        var text = await answer.Content.ReadAsStringAsync(cancel);
        return answer.IsSuccessStatusCode
            ? new BenchProject(JsonDocument.Parse(text).RootElement.GetProperty("secret_key").GetString()!)
            : throw new BenchFault($"POST /v1/projects answered {(int)answer.StatusCode}: {text}");
    }
}
