using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Tollgate.Core.Customers;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Customers;
using Tollgate.Engine.Projects;
using Tollgate.Server.Catalog;
using Tollgate.Server.Projects;

namespace Tollgate.Server.Hosting.Demo;

/// <summary>
/// Fills the built-in projects for <c>up --demo</c>: an import brings the lives of their customers until the running period of each
/// subscription, and the API brings the rest, as a product does that moves to Tollgate. Nobody has a mail address.
/// </summary>
/// <remarks>
/// The first customer keeps the seed and the day, and says when all is done. Every record and request has an id of its own: after a kill,
/// the next start repeats them all, and completes what is missing. A third start changes nothing.
/// </remarks>
internal sealed class DemoData(
    ProjectDirectory directory, CustomerQueries customers, CustomerLogins logins, Passwords passwords, Clock clock, ServerOptions options,
    ILogger<DemoData> logger)
{
    private const string ShownProject = "resume-ats", ShownCustomer = "demo_02", Marker = "demo_01";

    private const string Day = "demo_day", Seed = "demo_seed", Done = "demo_done";

    /// <summary>The user of the product's own verification commands. It has the free plan, and its password is no secret.</summary>
    private const string User = "test@example.com", UserPassword = "testpass123";

    private static readonly TimeSpan LongestImport = TimeSpan.FromMinutes(2);

    /// <summary>The customer whose portal the start page shows. A real customer with the same id does not count.</summary>
    public async Task<(ProjectSnapshot Project, string Customer)?> ShownAsync(CancellationToken cancel) =>
        directory.Find(ShownProject) is { } project
            && await customers.FindAsync(project, Marker, cancel) is { Customer.Profile: { Email: null } marker }
            && marker.Metadata.ContainsKey(Day)
            && await customers.FindAsync(project, ShownCustomer, cancel) is { Customer.Profile.Email: null }
            ? (project, ShownCustomer)
            : null;

    public async Task FillAsync(long seed, CancellationToken cancel)
    {
        logger.LogInformation("Adding demo data. The server already answers requests; its figures grow for some seconds.");
        var (keys, work) = (KeysFile.Read(options.Data), new List<Task>());
        foreach (var (number, catalog) in (await BuiltInCatalogs.ReadAsync(cancel)).Index())
        {
            if (directory.Find(catalog.Code) is not { } project)
            {
                continue;
            }

            if (keys.TryGetValue(KeysFile.SecretEntry(catalog.Code), out var key))
            {
                work.Add(FillAsync(project, number, key, seed, cancel));
            }
            else
            {
                logger.LogWarning("No demo data for {Project}: keys.env does not have the project's key.", project.Code);
            }
        }

        await Task.WhenAll(work);
        if (directory.Find(ShownProject) is { } shown && await logins.FindAsync(shown, User, cancel) is null)
        {
            await logins.SetAsync(shown, User, User, (await passwords.HashAsync(shown.Id, UserPassword, cancel))!, key: null, cancel);
        }
    }

    private async Task FillAsync(ProjectSnapshot project, int number, string key, long seed, CancellationToken cancel)
    {
        using var door = new DemoDoor(new(options.Url), key);
        try
        {
            var marker = await door.FindAsync("/v1/customers/" + Marker, cancel) ?? await MarkAsync(door, project, seed, cancel);
            if (marker["metadata"] is not JsonObject words || words[Day] is null || words[Done] is not null)
            {
                logger.LogInformation("Demo data of {Project}: nothing to add.", project.Code);
                return;
            }

            var day = DateOnly.ParseExact(words[Day]!.GetValue<string>(), "yyyy-MM-dd", CultureInfo.InvariantCulture)
                .ToDateTime(TimeOnly.MinValue, DateTimeKind.Utc);
            await FillAsync(door, project, number, long.Parse(words[Seed]!.GetValue<string>(), CultureInfo.InvariantCulture), day, cancel);
            await door.SendAsync(
                HttpMethod.Patch, "/v1/customers/" + Marker, new JsonObject { ["metadata"] = new JsonObject { [Done] = "true" } }, cancel);
        }
        catch (Exception refused) when (refused is DemoStopException or HttpRequestException)
        {
            logger.LogError("Demo data of {Project} is not complete: {Reason} The next start continues.", project.Code, refused.Message);
        }
    }

    private async Task<JsonNode> MarkAsync(DemoDoor door, ProjectSnapshot project, long seed, CancellationToken cancel)
    {
        var day = clock.Now(project).ToUtc().Date;
        return await door.PostAsync(
            "/v1/customers",
            new JsonObject
            {
                ["id"] = Marker,
                ["metadata"] = new JsonObject
                {
                    [Day] = day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture), [Seed] = seed.ToString(CultureInfo.InvariantCulture),
                },
            }, cancel);
    }

    private async Task FillAsync(DemoDoor door, ProjectSnapshot project, int number, long seed, DateTime day, CancellationToken cancel)
    {
        var took = Stopwatch.StartNew();
        var lives = new DemoLives(project.Catalog.Document, number, seed, day).All();
        var calls = new DemoCalls(project.Catalog.Document, number, seed, day);
        var history = new DemoHistory(project, lives, calls, seed, day).Write();
        var import = await ImportAsync(door, history, cancel);
        logger.LogInformation(
            "Demo data of {Project}: imported {Records} records in {Seconds:0.0} s.", project.Code, import["booked"]!.GetValue<long>(),
            took.Elapsed.TotalSeconds);
        var (events, recorded) = await new DemoPresent(project, lives, calls, door, seed, day).FillAsync(cancel);
        logger.LogInformation(
            "Demo data of {Project}: {Customers} customers, {Events} new events and {Calls} new calls, in {Seconds:0.0} s.", project.Code,
            lives.Count, events, recorded, took.Elapsed.TotalSeconds);
    }

    private static async Task<JsonNode> ImportAsync(DemoDoor door, string history, CancellationToken cancel)
    {
        var import = await door.SendLinesAsync("/v1/imports", history, "demo-history", cancel);
        for (var waited = Stopwatch.StartNew(); import["status"]!.GetValue<string>() != "finished";)
        {
            if (import["status"]!.GetValue<string>() == "failed" || waited.Elapsed > LongestImport)
            {
                throw new DemoStopException($"The import did not finish: {import.ToJsonString()}");
            }

            await Task.Delay(50, cancel);
            import = await door.GetAsync("/v1/imports/" + import["id"]!.GetValue<string>(), cancel);
        }

        return import["rejected_count"]!.GetValue<long>() == 0
            ? import
            : throw new DemoStopException($"The import rejected records: {import["rejected"]!.AsArray()[0]!.ToJsonString()}");
    }
}
