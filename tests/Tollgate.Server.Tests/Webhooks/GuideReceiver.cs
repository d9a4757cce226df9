using System.Collections.Concurrent;
using System.ComponentModel;
using System.Diagnostics;
using System.Net;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Tollgate.Server.Tests.Gateway;
using Tollgate.Testing;

namespace Tollgate.Server.Tests.Webhooks;

/// <summary>A receiver of the guide, exactly as in the guide: the test runs the text of a language's block.</summary>
public sealed class GuideReceiver : IAsyncDisposable
{
    private readonly ConcurrentQueue<string> _handled = [];
    private Process? _process;
    private WebApplication? _app;

    private GuideReceiver(int port) => Url = $"http://127.0.0.1:{port}/hooks/tollgate";

    public string Url { get; }

    /// <summary>The types of the accepted messages, each once.</summary>
    public IReadOnlyCollection<string> Handled => _handled;

    /// <summary>Reserves a port. The receiver does not run yet, because its secret comes from the endpoint of its address.</summary>
    public static GuideReceiver Take() => new(TestServer.FreePort());

    /// <summary>The block of a language in the guide.</summary>
    public static string Block(string language)
    {
        var guide = File.ReadAllText(PathOf("../../../docs/guides/webhooks.md")).ReplaceLineEndings("\n");
        return guide.Split($"```{language}\n") is [_, var rest]
            ? rest.Split("```\n")[0]
            : throw new InvalidOperationException($"The guide has not one block of {language}.");
    }

    /// <summary>The receiver of this file, in the guide's form.</summary>
    public static string Compiled()
    {
        var lines = File.ReadAllLines(PathOf("GuideReceiver.cs"))
            .SkipWhile(static line => !line.EndsWith("// The guide:", StringComparison.Ordinal)).Skip(1)
            .TakeWhile(static line => !line.EndsWith("// End of the guide.", StringComparison.Ordinal));
        return string.Concat(lines.Select(static line => (line.Length > 8 ? line[8..] : "") + "\n"));
    }

    public async Task RunAsync(string language, string secret)
    {
        switch (language)
        {
            case "javascript":
                await NpmClients.InstallAsync();
                Start("node", ["--input-type=module", "-"], Block(language), secret);
                break;
            case "python":
                Start("python3", ["-"], Block(language), secret);
                break;
            default:
                await StartAsync(secret);
                break;
        }

        using var http = new HttpClient();
        await UntilAsync(IsUpAsync, () => $"The receiver in {language} did not start.");

        async Task<bool> IsUpAsync()
        {
            (_process?.HasExited).ShouldNotBe(true, $"The receiver in {language} ended.");
            try
            {
                using var answer = await http.PostAsync(new Uri(Url), new StringContent("{}"));
                return answer.StatusCode == HttpStatusCode.BadRequest;
            }
            catch (HttpRequestException)
            {
                return false;
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync();
            _process.Dispose();
        }

        await (_app?.DisposeAsync() ?? ValueTask.CompletedTask);
    }

    private void Start(string program, string[] arguments, string code, string secret)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = NpmClients.Folder(), RedirectStandardInput = true, RedirectStandardOutput = true,
        };
        start.Environment["TOLLGATE_WEBHOOK_SECRET"] = secret;
        start.Environment["PORT"] = new Uri(Url).Port.ToString(System.Globalization.CultureInfo.InvariantCulture);
        try
        {
            _process = Process.Start(start)!;
        }
        catch (Win32Exception)
        {
            Assert.Skip($"{program} is not installed.");
        }

        _process.OutputDataReceived += (_, line) =>
        {
            if (line.Data is { Length: > 0 } type)
            {
                _handled.Enqueue(type);
            }
        };
        _process.BeginOutputReadLine();
        _process.StandardInput.Write(code);
        _process.StandardInput.Close();
    }

    private async Task StartAsync(string secret)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls(new Uri(Url).GetLeftPart(UriPartial.Authority));
        var app = _app = builder.Build();
        Map(app, secret, new(_handled));
        await app.StartAsync();
    }

    private static void Map(WebApplication app, string secret, UniqueQueue queue)
    {
        // The guide:
        var key = Convert.FromBase64String(secret["whsec_".Length..]);
        app.MapPost("/hooks/tollgate", async (HttpRequest request) =>
        {
            using var body = new MemoryStream();
            await request.Body.CopyToAsync(body);
            string id = request.Headers["webhook-id"].ToString(), timestamp = request.Headers["webhook-timestamp"].ToString();
            byte[] signed = [.. Encoding.UTF8.GetBytes($"{id}.{timestamp}."), .. body.ToArray()];
            var mine = Encoding.UTF8.GetBytes("v1," + Convert.ToBase64String(HMACSHA256.HashData(key, signed)));
            var isGood = long.TryParse(timestamp, out var seconds)
                && DateTimeOffset.UtcNow.ToUnixTimeSeconds() - seconds is > -300 and < 300
                && request.Headers["webhook-signature"].ToString().Split(' ')
                    .Any(one => CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(one), mine));
            if (!isGood)
            {
                return Results.BadRequest();
            }

            await queue.AddAsync(id, body.ToArray()); // unique by the id: a repeat is dropped here
            return Results.NoContent();
        });

        // End of the guide.
    }

    private static string PathOf(string name, [CallerFilePath] string here = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, name));

    private sealed class UniqueQueue(ConcurrentQueue<string> handled)
    {
        private readonly ConcurrentDictionary<string, byte> _ids = new();

        public Task AddAsync(string id, byte[] body)
        {
            if (_ids.TryAdd(id, 0))
            {
                handled.Enqueue(JsonNode.Parse(body)!["type"]!.GetValue<string>());
            }

            return Task.CompletedTask;
        }
    }
}
