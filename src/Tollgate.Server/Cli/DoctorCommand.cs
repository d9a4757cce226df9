using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Npgsql;
using Tollgate.Engine.Postgres;
using Tollgate.Engine.Secrets;
using Tollgate.Server.Hosting;
using Tollgate.Server.Limits;

namespace Tollgate.Server.Cli;

/// <summary>
/// <c>tollgate doctor</c>: checks this machine, the database and the running server, and advises. Exit code 0: no check failed; 1: a check
/// failed. It lists checks that need a stopped server or database as not checked.
/// </summary>
internal static class DoctorCommand
{
    private static readonly Option<bool> Json = Lists.JsonOption();

    public static Command Build()
    {
        var command = ServerDoor.Talking(new Command(
            "doctor",
            "Checks disk, clock, file limit, PostgreSQL, port, master key, queues, webhooks and parked work, each with advice. "
                + "Changes nothing. Run it on the server's machine; "
            + "with --url alone it sees only the server.\n\nExamples:\n  tollgate doctor\n  tollgate doctor --data /srv/tollgate --json")
            {
                DatabaseDoor.Database, Json,
            });
        command.SetAction(async (parsed, cancel) =>
        {
            var lines = await CliScreen.WaitAsync(RunAsync(parsed, cancel), "looking");
            Print(lines, parsed.GetValue(Json));
            return lines.Any(static line => line.Health == Health.Fail) ? ExitCode.Refused : ExitCode.Done;
        });
        return command;
    }

    private static async Task<IReadOnlyList<DoctorLine>> RunAsync(ParseResult parsed, CancellationToken cancel)
    {
        var data = Path.GetFullPath(parsed.GetValue(ServerDoor.Data) ?? DatabaseDoor.Filled("TOLLGATE_DATA") ?? ServerOptions.DefaultData);
        var (server, isServing) = await ServerAsync(parsed, data, cancel);
        var (database, connection) = await DatabaseAsync(parsed, data, cancel);
        return [.. Folder(data, server), Disk(data), Files(data, isServing), await MasterKeyAsync(data, connection, isServing, cancel),
            .. database, .. server];
    }

    /// <summary>Reports a missing folder, since a mistyped one would look like a new machine.</summary>
    private static IEnumerable<DoctorLine> Folder(string data, IReadOnlyList<DoctorLine> server) =>
        Directory.Exists(data) || server[0].Health == Health.Ok
        ? []
        : [new("data folder", Health.Warn, $"{data} does not exist",
            "Name the server's folder with --data. Before the first start there is none: \"tollgate up\" creates it.")];

    // ---- this machine --------------------------------------------------------------------------------------------

    private static DoctorLine Disk(string data)
    {
        // Before the first start the folder does not exist; its disk is that of its parent.
        var folder = data;
        while (!Directory.Exists(folder))
        {
            folder = Path.GetDirectoryName(folder)!;
        }

        try
        {
            return DoctorRules.Disk(folder, new DriveInfo(folder).AvailableFreeSpace);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new("disk", Health.Skip, $"{folder} cannot be read: {e.Message}");
        }
    }

    private static DoctorLine Files(string data, bool isServing)
    {
        var (whose, limit) = isServing && LimitOfServer(data) is { } ofServer
            ? ("the server", ofServer)
            : ("a process of this shell", FileLimit.Read());
        var faults = new List<string>();
        var pool = (int)Settings.PoolSize.Read(Environment.GetEnvironmentVariable, []);
        var lanes = Settings.Lanes.Read(Environment.GetEnvironmentVariable, []);
        var budget = SocketBudget.Read(Environment.GetEnvironmentVariable, limit, new DatabaseOptions { PoolSize = pool }, lanes, faults);
        return DoctorRules.Files(whose, limit, budget, faults);
    }

    /// <summary>The limit of the process that holds the data folder. Null: this system does not report it.</summary>
    private static long? LimitOfServer(string data)
    {
        try
        {
            var process = File.ReadAllText(Path.Combine(data, "server.pid")).Trim();
            var line = File.ReadLines($"/proc/{process}/limits")
                .First(static line => line.StartsWith("Max open files", StringComparison.Ordinal));
            return long.TryParse(
                line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[3], NumberStyles.None, CultureInfo.InvariantCulture, out var limit)
                ? limit
                : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static async Task<DoctorLine> MasterKeyAsync(string data, string? connection, bool isServing, CancellationToken cancel)
    {
        var faults = new List<string>();
        var source = MasterKeySource.Read(Environment.GetEnvironmentVariable, data, faults);
        try
        {
            if (faults.Count == 0)
            {
                var ids = (await source.LoadAsync(cancel)).Select(static key => key.Id).ToList();
                var current = connection is null ? null : await OpenSecrets.CurrentAsync(connection, cancel);
                return DoctorRules.MasterKey(source.Name, ids, current, connection is not null, isServing);
            }
        }
        catch (Exception refused) when (refused is StartRefusedException or NpgsqlException)
        {
            faults.Add(refused.Message);
        }

        return new(
            "master key", Health.Fail, string.Join(' ', faults), "docs/operating/secrets.md explains where the master key comes from.");
    }

    // ---- the database --------------------------------------------------------------------------------------------

    /// <returns>The lines, and the connection string if the database answers.</returns>
    private static async Task<(IReadOnlyList<DoctorLine> Lines, string? Connection)> DatabaseAsync(ParseResult parsed, string data,
        CancellationToken cancel)
    {
        try
        {
            var url = parsed.GetValue(DatabaseDoor.Database) ?? DatabaseDoor.Filled("TOLLGATE_DATABASE");
            if ((url is null ? PrivatePostgres.RunningIn(data) : DatabaseUrl.ToConnectionString(url)) is not { } connection)
            {
                return ([
                    new("postgres", Health.Skip, $"no PostgreSQL runs in {data}",
                        "Start the server, or name your own PostgreSQL with --database, and run this again.")], null);
            }

            var risks = await DatabaseCheck.RunAsync(connection, allowUnsafe: true, cancel);
            var facts = await DatabaseFacts.ReadAsync(connection, TimeProvider.System, cancel);
            var (pool, lanes) =
                (Settings.PoolSize.Read(Environment.GetEnvironmentVariable, []),
                    Settings.Lanes.Read(Environment.GetEnvironmentVariable, []));
            return ([.. DoctorRules.Database(facts, risks, pool, lanes), DoctorRules.Clock(facts.Skew)], connection);
        }
        catch (Exception refused) when (refused is StartRefusedException or NpgsqlException)
        {
            return ([
                new("postgres", Health.Fail, refused.Message,
                    "PostgreSQL's log says more: postgres.log in the data folder, or that of your own server.")], null);
        }
    }

    // ---- the server ----------------------------------------------------------------------------------------------

    private static async Task<(IReadOnlyList<DoctorLine> Lines, bool IsServing)> ServerAsync(ParseResult parsed, string data,
        CancellationToken cancel)
    {
        ServerDoor door;
        try
        {
            door = ServerDoor.Open(parsed, Environment.GetEnvironmentVariable);
        }
        catch (CliStopException unknown)
        {
            return ([new("server", Health.Skip, unknown.Message), Port(data), .. NotChecked("no server is known")], false);
        }

        using (door)
        {
            try
            {
                var started = Stopwatch.GetTimestamp();
                await door.TextAsync(HttpMethod.Get, "/health/live", null, cancel);
                var answered = new DoctorLine(
                    "server", Health.Ok,
                    string.Create(
                        CultureInfo.InvariantCulture, $"{door.Url} answers in {Stopwatch.GetElapsedTime(started).TotalMilliseconds:0} ms"));
                return ([answered, await ReadyAsync(door, cancel), .. await InsideAsync(door, cancel)], true);
            }
            catch (CliStopException away)
            {
                var line = new DoctorLine("server", Health.Fail, away.Message, "Its log has the reason.");
                return (door.Url.IsLoopback
                    ? [line, Port(data), .. NotChecked("no server answers")]
                    : [line, .. NotChecked("no server answers")], false);
            }
        }
    }

    private static IEnumerable<DoctorLine> NotChecked(string why) =>
        DoctorRules.Inside.Select(check => new DoctorLine(check, Health.Skip, $"not checked: {why}"));

    /// <summary>Checks that a start would get its port.</summary>
    private static DoctorLine Port(string data)
    {
        // The port of the last start, unless a variable now sets another.
        var last = DatabaseDoor.Filled("TOLLGATE_PORT") is null && KeysFile.Read(data).GetValueOrDefault(KeysFile.UrlEntry) is { } known
            && Uri.TryCreate(known, UriKind.Absolute, out var url) && url.IsLoopback
            ? url.Port.ToString(CultureInfo.InvariantCulture)
            : null;
        if (ServerOptions.Read(
            name => name switch { "--data" => data, "--port" => last, _ => null }, Environment.GetEnvironmentVariable,
            out var faults) is not { } options)
        {
            return new("settings", Health.Fail, string.Join(' ', faults), "docs/reference/options.md lists the variables.");
        }

        try
        {
            PortCheck.RefuseBusyPort(options);
            return new("port", Health.Ok, $"{options.Listen} port {options.Port} is free");
        }
        catch (StartRefusedException busy)
        {
            return new("port", Health.Fail, busy.Message, "Stop the other program, or start with another --port.");
        }
    }

    private static async Task<DoctorLine> ReadyAsync(ServerDoor door, CancellationToken cancel)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/health/ready");
        using var answer = await door.AskAsync(request, cancel);
        var ready = JsonElement.Parse(await answer.Content.ReadAsStringAsync(cancel));
        var checks = string.Join(
            ", ", ready.GetProperty("checks").EnumerateObject()
                .Select(static check => $"{check.Name} {check.Value.GetProperty("status").GetString()}"));
        return ready.GetProperty("checks").GetProperty("clock").GetProperty("status").GetString() == "skewed"
            ? new("ready", Health.Warn, checks, "Synchronise the clocks of the server and of the database (NTP).")
            : answer.IsSuccessStatusCode ? new("ready", Health.Ok, checks)
            : new("ready", Health.Fail, checks, "The server answers but cannot decide: check PostgreSQL and the server's log.");
    }

    private static async Task<IReadOnlyList<DoctorLine>> InsideAsync(ServerDoor door, CancellationToken cancel)
    {
        try
        {
            var metrics = await door.TextAsync(HttpMethod.Get, "/metrics", null, cancel);
            var (rows, hasMore) = await Lists.ReadPageAsync(door, "/v1/parked?limit=100", cancel);
            var waiting = rows.Count(static row => row.GetProperty("next_attempt_at").ValueKind == JsonValueKind.Null);
            return [.. DoctorRules.Metrics(DoctorRules.Read(metrics)), DoctorRules.Parked(rows.Count, hasMore, waiting)];
        }
        catch (CliStopException refused) when (refused.ExitCode != ExitCode.Unreachable)
        {
            return [.. NotChecked($"{refused.Message.Split('\n')[0]} Use the admin key (--key, or keys.env of --data)")];
        }
    }

    // ---- output -------------------------------------------------------------------------------------------

    private static void Print(IReadOnlyList<DoctorLine> lines, bool asJson)
    {
        if (asJson)
        {
            var checks = lines.Select(static line => (JsonNode)new JsonObject
            {
                ["check"] = line.Check, ["status"] = StatusOf(line), ["found"] = line.Found, ["advice"] = line.Advice,
            });
            ServerDoor.Print(
                JsonSerializer.SerializeToElement(
                    new JsonObject
                    {
                        ["healthy"] = lines.All(static line => line.Health != Health.Fail), ["checks"] = new JsonArray([.. checks]),
                    }));
            return;
        }

        foreach (var line in lines)
        {
            Console.WriteLine($"{StatusOf(line),-4}  {line.Check,-12}  {line.Found}");
            if (line.Advice is not null)
            {
                Console.WriteLine($"                    → {line.Advice}");
            }
        }

        Console.WriteLine(
            $"\n{Count(Health.Ok)} ok, {Count(Health.Warn)} to look at, {Count(Health.Fail)} failed, {Count(Health.Skip)} not checked.");

        int Count(Health health) => lines.Count(line => line.Health == health);
    }

    private static string StatusOf(DoctorLine line) => line.Health switch
    {
        Health.Ok => "ok",
        Health.Warn => "warn",
        Health.Fail => "fail",
        _ => "skip",
    };
}
