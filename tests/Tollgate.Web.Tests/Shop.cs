using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Microsoft.Playwright;
using Tollgate.Testing;

namespace Tollgate.Web.Tests;

/// <summary>A server that asks a silent provider after a second, and an app that customers come from and return to.</summary>
public sealed class Shop : IAsyncLifetime
{
    private readonly TestPostgres _postgres = new();
    private readonly HttpListener _app = new();
    private TestDatabase? _database;
    private TestServer? _server;
    private int _projects;

    public TestServer Server => _server!;

    /// <summary>For effects that only a provider causes.</summary>
    public TestDatabase Database => _database!;

    /// <summary>The app's address.</summary>
    public string App { get; } = string.Create(CultureInfo.InvariantCulture, $"http://localhost:{TestServer.FreePort()}");

    public async ValueTask InitializeAsync()
    {
        await _postgres.InitializeAsync();
        _database = await _postgres.CreateDatabaseAsync();
        _server = await TestServer.StartAsync(
            _database.ConnectionString, environment: new Dictionary<string, string> { ["TOLLGATE_PAYMENT_SECONDS"] = "1" });
        _app.Prefixes.Add(App + "/");
        _app.Start();
        _ = ServeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        _app.Close();
        await _server!.DisposeAsync();
        await _database!.DisposeAsync();
        await _postgres.DisposeAsync();
    }

    /// <summary>A sandbox project of its own, with the catalogue of <c>career-coach</c> unless another is given.</summary>
    public async Task<Door> OpenAsync(string catalog = "career-coach", string name = "Career Coach")
    {
        using var admin = Server.NewClient(Server.AdminKey);
        var code = string.Create(CultureInfo.InvariantCulture, $"shop-{Interlocked.Increment(ref _projects)}");
        var made = await new Door(admin).PostAsync(
            "/v1/projects", new JsonObject { ["code"] = code, ["name"] = name, ["mode"] = "sandbox", ["catalog"] = catalog });
        return new(Server.NewClient(made["secret_key"]!.GetValue<string>()), code);
    }

    private async Task ServeAsync()
    {
        var page = Encoding.UTF8.GetBytes("<!doctype html><html lang=en><title>The app</title><h1>The app</h1>");
        while (_app.IsListening)
        {
            try
            {
                var call = await _app.GetContextAsync();
                call.Response.ContentType = "text/html";
                await call.Response.OutputStream.WriteAsync(page);
                call.Response.Close();
            }
            catch (Exception gone) when (gone is HttpListenerException or ObjectDisposedException or SocketException)
            {
                // A browser that did not wait for its answer, or the end: the condition of the loop tells.
            }
        }
    }
}

/// <summary>Calls the API as the app does.</summary>
public sealed class Door(HttpClient client, string project = "")
{
    /// <summary>The project's code; empty for the admin key.</summary>
    public string Project => project;

    public async Task<JsonNode> PostAsync(string path, JsonNode? body = null) => (await SendAsync(HttpMethod.Post, path, body)).Json;

    public async Task<JsonNode> GetAsync(string path) => (await SendAsync(HttpMethod.Get, path, null)).Json;

    public async Task<(HttpStatusCode Status, JsonNode Json)> SendAsync(HttpMethod method, string path, JsonNode? body)
    {
        using var request = new HttpRequestMessage(method, new Uri(path, UriKind.Relative));
        request.Content = body is null ? null : new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json");
        using var answer = await client.SendAsync(request);
        var text = await answer.Content.ReadAsStringAsync();
        return (answer.StatusCode, text.Length == 0 ? new JsonObject() : JsonNode.Parse(text)!);
    }

    /// <summary>A checkout for a plan; the answer of the API.</summary>
    public async Task<JsonNode> CheckOutAsync(string app, string customer, string plan = "pro", JsonObject? more = null)
    {
        var body = new JsonObject
        {
            ["customer"] = customer, ["plan"] = plan, ["success_url"] = app + "/thanks?checkout={CHECKOUT_ID}",
            ["cancel_url"] = app + "/pricing",
        };
        foreach (var (name, value) in more ?? [])
        {
            body[name] = value?.DeepClone();
        }

        var (status, made) = await SendAsync(HttpMethod.Post, "/v1/checkouts", body);
        status.ShouldBe(HttpStatusCode.Created, made.ToJsonString());
        return made;
    }

    public async Task<string> PlanOfAsync(string customer) => (await GetAsync($"/v1/customers/{customer}"))["plan"]!.GetValue<string>();

    public async Task<JsonArray> ListAsync(string path) => (await GetAsync(path))["data"]!.AsArray();
}

/// <summary>A customer's actions on the pages.</summary>
internal static class Customer
{
    public static Task ChooseAsync(this IPage page, string card) => page.Locator($"input[value='new:{card}']").CheckAsync();

    public static ILocator Button(this IPage page, string name) => page.GetByRole(AriaRole.Button, new() { Name = name });

    public static async Task PayAsync(this IPage page, string card)
    {
        await page.ChooseAsync(card);
        await page.GetByRole(AriaRole.Button).Last.ClickAsync();
    }

    /// <summary>
    /// Waits until the address begins with <paramref name="start"/>. The assertion polls the browser; <c>WaitForURLAsync</c> waits for an
    /// event, and misses it if the page arrives at that moment (https://github.com/microsoft/playwright-dotnet/issues/3364).
    /// </summary>
    public static Task ArriveAsync(this IPage page, string start) =>
        Assertions.Expect(page).ToHaveURLAsync(new Regex("^" + Regex.Escape(start)), new() { Timeout = 30_000 });
}
