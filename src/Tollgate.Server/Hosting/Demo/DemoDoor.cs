using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;

namespace Tollgate.Server.Hosting.Demo;

/// <summary>Calls this server's own API as the back end of a project does.</summary>
internal sealed class DemoDoor : IDisposable
{
    private readonly HttpClient _http;

    public DemoDoor(Uri server, string key)
    {
        _http = new(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = server, Timeout = TimeSpan.FromMinutes(2) };
        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
    }

    /// <exception cref="DemoStopException">The server refused.</exception>
    public Task<JsonNode> GetAsync(string path, CancellationToken cancel) => SendAsync(HttpMethod.Get, path, null, cancel);

    /// <exception cref="DemoStopException">The server refused.</exception>
    public Task<JsonNode> PostAsync(string path, JsonNode body, CancellationToken cancel) =>
        SendAsync(HttpMethod.Post, path, body, cancel);

    /// <summary>Returns null if the server has no such thing.</summary>
    /// <exception cref="DemoStopException">The server refused.</exception>
    public async Task<JsonNode?> FindAsync(string path, CancellationToken cancel)
    {
        using var answer = await _http.GetAsync(new Uri(path, UriKind.Relative), cancel);
        return answer.StatusCode == HttpStatusCode.NotFound ? null : await ReadAsync(answer, path, cancel);
    }

    /// <exception cref="DemoStopException">The server refused.</exception>
    public async Task<JsonNode> SendAsync(HttpMethod method, string path, JsonNode? body, CancellationToken cancel)
    {
        using var content = body is null ? null : new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json");
        using var request = new HttpRequestMessage(method, path) { Content = content };
        using var answer = await _http.SendAsync(request, cancel);
        return await ReadAsync(answer, path, cancel);
    }

    /// <summary>Sends one record a line.</summary>
    /// <exception cref="DemoStopException">The server refused.</exception>
    public async Task<JsonNode> SendLinesAsync(string path, string lines, string? key, CancellationToken cancel)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path)
        {
            Content = new StringContent(lines, Encoding.UTF8, "application/x-ndjson"),
        };
        if (key is not null)
        {
            request.Headers.Add("Idempotency-Key", key);
        }

        using var answer = await _http.SendAsync(request, cancel);
        return await ReadAsync(answer, path, cancel);
    }

    public void Dispose() => _http.Dispose();

    private static async Task<JsonNode> ReadAsync(HttpResponseMessage answer, string path, CancellationToken cancel)
    {
        var text = await answer.Content.ReadAsStringAsync(cancel);
        return answer.IsSuccessStatusCode
            ? text.Length == 0 ? new JsonObject() : JsonNode.Parse(text)!
            : throw new DemoStopException($"{path} answered {(int)answer.StatusCode}: {text}");
    }
}

/// <summary>The server refused a request of the demo.</summary>
internal sealed class DemoStopException(string message) : Exception(message);
