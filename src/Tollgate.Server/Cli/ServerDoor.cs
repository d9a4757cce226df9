using System.CommandLine;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Tollgate.Contracts.Http;
using Tollgate.Core;
using Tollgate.Server.Hosting;

namespace Tollgate.Server.Cli;

/// <summary>
/// Connects commands to a running server over HTTP, with the URL and the admin key from <c>keys.env</c> of <c>--data</c>, or with
/// <c>--url</c> and <c>--key</c>. It writes a refusal as one sentence to stderr and sets the exit code.
/// </summary>
internal sealed class ServerDoor : IDisposable
{
    private static readonly Option<string> UrlOption = Text(
        "--url", "url", "URL of the server. Default: the server of --data. [TOLLGATE_URL]");
    private static readonly Option<string> Key = Text(
        "--key", "key", "Key to use. Default: the admin key of --data. Prefer the variable. [TOLLGATE_KEY]");
    internal static readonly Option<string> Data = Text(
        "--data", "folder", "Data folder with keys.env. Default .tollgate. [TOLLGATE_DATA]");
    private static readonly Option<string> Project = Text(
        "--project", "code", "Project to work on, with the admin key (header X-Project). [TOLLGATE_PROJECT]");

    private readonly HttpClient _http;

    private ServerDoor(Uri url, string key, string? project)
    {
        // No timeout, since a stream of events or a large export may take long; a stopped server refuses the connection.
        _http = new HttpClient(new SocketsHttpHandler { ConnectTimeout = TimeSpan.FromSeconds(5) })
        {
            BaseAddress = url,
            Timeout = TimeSpan.FromMinutes(10),
        };
        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
        HasProject = project is not null;
        if (project is not null)
        {
            _http.DefaultRequestHeaders.Add("X-Project", project);
        }
    }

    /// <summary>The server's address.</summary>
    public Uri Url => _http.BaseAddress!;

    /// <summary>True: the command names a project; otherwise the admin key works on the server itself.</summary>
    public bool HasProject { get; }

    /// <summary>Creates a group of commands for the server, which share --url, --key, --data and --project.</summary>
    public static Command Group(string name, string description, params Command[] commands)
    {
        var group = Talking(new Command(name, description));
        foreach (var command in commands)
        {
            group.Add(command);
        }

        return group;
    }

    /// <summary>Adds the options that select the server to a command.</summary>
    public static Command Talking(Command command)
    {
        foreach (var option in new[] { UrlOption, Key, Data, Project })
        {
            command.Add(option);
        }

        return command;
    }

    /// <summary>Sets the action of the command, which returns the exit code.</summary>
    /// <param name="project">The project that the admin key works on if nothing names one. A project's own key needs none.</param>
    public static void SetAction(
        Command command, Func<ServerDoor, ParseResult, CancellationToken, Task<int>> run, Func<ParseResult, string?>? project = null) =>
        command.SetAction(async (parsed, cancel) =>
        {
            using var door = Open(parsed, Environment.GetEnvironmentVariable, project?.Invoke(parsed));
            return await run(door, parsed, cancel);
        });

    /// <exception cref="CliStopException">There is no URL or no key.</exception>
    public static ServerDoor Open(ParseResult parsed, Func<string, string?> environment, string? project = null)
    {
        var data = parsed.GetValue(Data) ?? environment("TOLLGATE_DATA") ?? ServerOptions.DefaultData;
        var keys = KeysFile.Read(data);
        var url = parsed.GetValue(UrlOption) ?? environment("TOLLGATE_URL") ?? keys.GetValueOrDefault(KeysFile.UrlEntry);
        var key = parsed.GetValue(Key) ?? environment("TOLLGATE_KEY") ?? keys.GetValueOrDefault(KeysFile.AdminEntry);
        var file = Engine.Postgres.DataFolder.KeysFileOf(data);
        if (url is null)
        {
            throw new CliStopException(
                ExitCode.Unreachable,
                $"No server is known: {file} does not exist. Start one with \"tollgate up\", or name one with --url and --key.");
        }

        if (key is null)
        {
            throw new CliStopException(
                ExitCode.Usage, $"No key is known: {file} has no {KeysFile.AdminEntry}. Give one with --key or TOLLGATE_KEY.");
        }

        return Uri.TryCreate(url, UriKind.Absolute, out var address) && address.Scheme is "http" or "https"
            ? new ServerDoor(
                address, key, parsed.GetValue(Project) ?? environment("TOLLGATE_PROJECT") ?? (IsAdmin(key) ? project : null))
            : throw new CliStopException(ExitCode.Usage, $"\"{url}\" is not the URL of a server, such as http://127.0.0.1:8080.");
    }

    private static bool IsAdmin(string key) => key.StartsWith("tg_ad_", StringComparison.Ordinal);

    public async Task<JsonElement> GetAsync(string path, CancellationToken cancel) =>
        JsonElement.Parse(await TextAsync(HttpMethod.Get, path, null, cancel));

    /// <summary>Sends a JSON body (or none) and returns the JSON answer; undefined when it has no body.</summary>
    public async Task<JsonElement> SendAsync(HttpMethod method, string path, JsonNode? body, CancellationToken cancel)
    {
        using var content = body is null ? null : new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json");
        var text = await TextAsync(method, path, content, cancel);
        return text.Length == 0 ? default : JsonElement.Parse(text);
    }

    /// <summary>Sends any body and returns the answer's text.</summary>
    public async Task<string> TextAsync(HttpMethod method, string path, HttpContent? content, CancellationToken cancel)
    {
        using var answer = await SendAsync(method, path, content, cancel);
        return await answer.Content.ReadAsStringAsync(cancel);
    }

    /// <inheritdoc cref="SendAsync(HttpRequestMessage, CancellationToken)"/>
    public async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, HttpContent? content, CancellationToken cancel)
    {
        using var request = new HttpRequestMessage(method, path) { Content = content };
        return await SendAsync(request, cancel);
    }

    /// <summary>Sends a request and returns the successful answer itself, for headers and streams. The caller disposes of it.</summary>
    /// <exception cref="CliStopException">The server refused, or no server answers.</exception>
    public async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancel)
    {
        var answer = await AskAsync(request, cancel);
        if (answer.IsSuccessStatusCode)
        {
            return answer;
        }

        using (answer)
        {
            throw RefusalOf((int)answer.StatusCode, await answer.Content.ReadAsStringAsync(cancel));
        }
    }

    /// <summary>Sends a request and returns the answer of any status. The caller disposes of it.</summary>
    /// <exception cref="CliStopException">No server answers.</exception>
    public async Task<HttpResponseMessage> AskAsync(HttpRequestMessage request, CancellationToken cancel)
    {
        try
        {
            return await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancel);
        }
        catch (HttpRequestException e)
        {
            throw new CliStopException(
                ExitCode.Unreachable,
                $"No server answers at {Url} ({e.Message}). Start it with \"tollgate up\", or name another with --url.");
        }
        catch (TaskCanceledException) when (!cancel.IsCancellationRequested)
        {
            throw new CliStopException(ExitCode.Unreachable, $"The server at {Url} did not answer in time.");
        }
    }

    /// <summary>Prints indented JSON, which jq can read.</summary>
    public static void Print(JsonElement json) => Console.WriteLine(JsonSerializer.Serialize(json, PlainJson.Indented));

    public void Dispose() => _http.Dispose();

    /// <summary>Converts problem+json to sentences: the error, the reason, one line for each fault, and the code to look up.</summary>
    private static CliStopException RefusalOf(int status, string body)
    {
        try
        {
            var problem = JsonElement.Parse(body);
            if (Member(problem, "code") == ErrorCode.ProjectRequired.Code)
            {
                return new(
                    ExitCode.Usage,
                    "The option --project is missing: name the project (or set TOLLGATE_PROJECT). "
                        + "\"tollgate projects list\" shows the codes.",
                    body);
            }

            var text = new StringBuilder(Member(problem, "detail") ?? Member(problem, "title") ?? "The server refused.");
            if (problem.TryGetProperty("errors", out var errors) && errors.ValueKind == JsonValueKind.Array && errors.GetArrayLength() > 1)
            {
                // A single fault is the detail itself.
                foreach (var error in errors.EnumerateArray())
                {
                    text.Append("\n  ").Append(FaultOf(error));
                }
            }

            text.Append(
                CultureInfo.InvariantCulture,
                $"\n({status} {Member(problem, "code") ?? "error"}, request {Member(problem, "request_id") ?? "unknown"})");
            return new(ExitCode.Refused, text.ToString(), body);
        }
        catch (JsonException)
        {
            return new(ExitCode.Refused, $"The server answered {status}.");
        }
    }

    private static string FaultOf(JsonElement error)
    {
        if (error.ValueKind != JsonValueKind.Object)
        {
            return error.ToString();
        }

        var where = Member(error, "param") ?? Member(error, "path") ?? Member(error, "field");
        var what = Member(error, "detail") ?? Member(error, "message") ?? error.ToString();
        var line = error.TryGetProperty("line", out var number) ? $"line {number}: " : "";
        return where is null ? line + what : $"{line}{where}: {what}";
    }

    private static string? Member(JsonElement json, string name) =>
        json.ValueKind == JsonValueKind.Object && json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String
            ? value.GetString()
            : null;

    private static Option<string> Text(string name, string value, string description) =>
        new(name) { HelpName = value, Description = description, Recursive = true };
}
