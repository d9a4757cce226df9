using System.Text;
using System.Text.Json.Nodes;

namespace Tollgate.Lifetimes.TestHost;

/// <summary>Plain HTTP and JSON, sharing no code with the server. An answer other than success ends the life.</summary>
public sealed class Wire(HttpClient http) : IDisposable
{
    public Task<JsonObject> GetAsync(string path) => SendAsync(HttpMethod.Get, path, null);

    public Task<JsonObject> PostAsync(string path, JsonNode body) => SendAsync(HttpMethod.Post, path, body.ToJsonString());

    public Task<JsonObject> PatchAsync(string path, JsonNode body) => SendAsync(HttpMethod.Patch, path, body.ToJsonString());

    public Task<JsonObject> PutAsync(string path, JsonNode body) => SendAsync(HttpMethod.Put, path, body.ToJsonString());

    public async Task<JsonObject> SendAsync(HttpMethod method, string path, string? body, string type = "application/json")
    {
        using var request = new HttpRequestMessage(method, new Uri(path, UriKind.Relative));
        if (body is not null)
        {
            request.Content = new StringContent(body, Encoding.UTF8, type);
        }

        using var answer = await http.SendAsync(request);
        var text = await answer.Content.ReadAsStringAsync();
        if (!answer.IsSuccessStatusCode)
        {
            throw new InvalidOperationException($"{method} {path} {body}\nanswered {(int)answer.StatusCode}: {text}");
        }

        return text.Length == 0 ? [] : JsonNode.Parse(text)!.AsObject();
    }

    /// <summary>All elements of a list, page by page.</summary>
    public async Task<List<JsonObject>> AllAsync(string path)
    {
        var all = new List<JsonObject>();
        for (var more = true; more;)
        {
            var after = all.Count == 0 ? "" : $"&starting_after={all[^1]["id"]}";
            var page = await GetAsync(path + after);
            all.AddRange(page["data"]!.AsArray().Select(element => element!.AsObject()));
            more = (bool)page["has_more"]!;
        }

        return all;
    }

    public void Dispose() => http.Dispose();
}
