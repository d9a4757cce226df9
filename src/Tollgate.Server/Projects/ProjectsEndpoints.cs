using System.Text.RegularExpressions;
using Tollgate.Contracts.Http;
using Tollgate.Contracts.Projects;
using Tollgate.Core;
using Tollgate.Core.Catalog;
using Tollgate.Engine.Catalog;
using Tollgate.Engine.Projects;
using Tollgate.Server.Catalog;
using Tollgate.Server.Http;

namespace Tollgate.Server.Projects;

/// <summary><c>/v1/projects</c>: create, list, show, and give host names. For the operator, with the admin key.</summary>
internal static partial class ProjectsEndpoints
{
    private const string Tag = "Projects";

    private const string ViewExample = """
        {
          "code": "resume-ats", "name": "Resume ATS", "mode": "live", "time_zone": "Etc/UTC", "currency": "USD",
          "created_at": "2026-11-21T08:00:00Z", "catalog_revision": 1, "hosts": ["pricing.example.com"]
        }
        """;

    public static void Map(WebApplication app)
    {
        var queries = app.Services.GetRequiredService<ProjectQueries>();
        var create = app.Services.GetRequiredService<CreateProject>();

        app.MapPost("/v1/projects", (RequestDelegate)(context => CreateAsync(context, create)))
            .RequireKey(Access.Admin, Scope.None)
            .WithSecretAnswer()
            .Describe(new(Tag, "Create a project", """
                A project is one product: its catalogue, customers and keys. The answer shows its first secret and public key; they are
                not shown again. `catalog` is the code of a built-in catalogue or a catalogue as YAML text; without it the project starts
                with a single plan `free` that grants nothing. A repeat with the same code answers 409 and changes nothing.
                """)
            {
                Request = Example.Of<CreateProjectRequest>("""
                    {"code": "resume-ats-test", "name": "Resume ATS, test", "mode": "sandbox", "catalog": "resume-ats"}
                    """),
                Answers =
                [
                    Example.Of<CreatedProject>(201, "Created.", """
                        {
                          "code": "resume-ats-test", "name": "Resume ATS, test", "mode": "sandbox", "time_zone": "Etc/UTC",
                          "currency": "USD", "created_at": "2026-11-21T08:00:00Z",
                          "secret_key": "tg_sk_…", "public_key": "tg_pk_…"
                        }
                        """),
                ],
                Errors = [ErrorCode.ProjectExists, ErrorCode.CatalogInvalid],
            });

        app.MapGet("/v1/projects", (RequestDelegate)(context => ListAsync(context, queries)))
            .RequireKey(Access.Admin, Scope.None)
            .Describe(new(Tag, "List projects", "Lists projects in the order of their creation.")
            {
                Query = QueryParameter.OfPage,
                Answers = [Example.Of<ProjectList>(200, "A page of projects.", $$"""{"data": [{{ViewExample}}], "has_more": false}""")],
                Errors = [ErrorCode.ValidationFailed],
            });

        app.MapGet("/v1/projects/{code}", (RequestDelegate)(context => ShowAsync(context, queries)))
            .RequireKey(Access.Admin | Access.Secret, Scope.None)
            .Describe(new(Tag, "Show a project", "Returns the project. A project's keys see only their own project.")
            {
                Path = new Dictionary<string, string> { ["code"] = "The project's code." },
                Answers = [Example.Of<ProjectView>(200, "The project.", ViewExample)],
                Errors = [ErrorCode.ProjectNotFound],
            });

        MapHosts(app, queries);
    }

    private static void MapHosts(WebApplication app, ProjectQueries queries)
    {
        var set = app.Services.GetRequiredService<SetProjectHosts>();
        app.MapPut("/v1/projects/{code}/hosts", (RequestDelegate)(context => SetHostsAsync(context, set, queries)))
            .RequireKey(Access.Admin, Scope.None)
            .Describe(new(Tag, "Set a project's host names", """
                Public reads without a key (the seed doors' pricing pages) are served from the project that has the request's host name,
                else from the server's default project. The list replaces the one before. A host name belongs to one project at a time.
                """)
            {
                Path = new Dictionary<string, string> { ["code"] = "The project's code." },
                Request = Example.Of<SetHostsRequest>("""{"hosts": ["pricing.example.com"]}"""),
                Answers = [Example.Of<ProjectView>(200, "The project.", ViewExample)],
                Errors = [ErrorCode.ProjectNotFound, ErrorCode.Conflict, ErrorCode.ValidationFailed],
            });
    }

    private static async Task CreateAsync(HttpContext context, CreateProject create)
    {
        if (await Body.ReadAsync(context, WireJson.Default.CreateProjectRequest) is not { } body)
        {
            return;
        }

        var faults = new Faults();
        Check(body, faults);
        var catalog = await ReadCatalogAsync(body, faults, context.RequestAborted);
        if (catalog is null || faults.Any)
        {
            var onlyCatalog = faults.Found.All(fault => fault.Code == ErrorCode.CatalogInvalid.Code);
            await faults.WriteAsync(context, onlyCatalog ? ErrorCode.CatalogInvalid : null);
            return;
        }

        var mode = body.Mode == "sandbox" ? ProjectMode.Sandbox : ProjectMode.Live;
        var order = new ProjectOrder(
            body.Code!, body.Name!, mode, body.TimeZone ?? catalog.TimeZone, body.Currency ?? catalog.Currency, catalog);
        await (await create.RunAsync(order, context.Caller().KeyId, context.RequestAborted) is { } project
            ? Answer.Json(context, StatusCodes.Status201Created, View(project), WireJson.Default.CreatedProject)
            : Problems.WriteAsync(context, ErrorCode.ProjectExists, $"A project with the code {order.Code} exists.", "code"));
    }

    private static async Task ListAsync(HttpContext context, ProjectQueries queries)
    {
        var list = ListQuery.Read(context);
        if (await list.IsRefusedAsync())
        {
            return;
        }

        // All are in memory anyway; the page is cut from them in the order of creation.
        var all = await queries.ListAsync(context.RequestAborted);
        var after = list.StartingAfter is { } code ? all.FirstOrDefault(row => row.Code == code)?.Id ?? int.MaxValue : 0;
        ProjectRow[] rows = [.. all.Where(row => row.Id > after).Take(list.Probe)];
        await list.AnswerAsync(rows, View, static (data, more) => new(data, more), WireJson.Default.ProjectList);
    }

    private static async Task ShowAsync(HttpContext context, ProjectQueries queries)
    {
        var code = (string)context.Request.RouteValues["code"]!;
        var caller = context.Caller();
        var rows = await queries.ListAsync(context.RequestAborted);
        var row = rows.FirstOrDefault(row => row.Code == code);

        // A project's key gets the same answer for another project as for one that does not exist.
        await (row is null || (caller.Kind != KeyKind.Admin && row.Id != caller.Project!.Id)
            ? Problems.WriteAsync(
                context, ErrorCode.ProjectNotFound,
                Spelling.Unknown("project", code, caller.Kind == KeyKind.Admin ? rows.Select(static one => one.Code) : []))
            : Answer.Json(context, StatusCodes.Status200OK, View(row), WireJson.Default.ProjectView));
    }

    private static async Task SetHostsAsync(HttpContext context, SetProjectHosts set, ProjectQueries queries)
    {
        if (await Body.ReadAsync(context, WireJson.Default.SetHostsRequest) is not { } body)
        {
            return;
        }

        var faults = new Faults();
        var hosts = CheckHosts(body.Hosts, faults);
        if (faults.Any)
        {
            await faults.WriteAsync(context);
            return;
        }

        var code = (string)context.Request.RouteValues["code"]!;
        var (outcome, taken) = await set.RunAsync(code, hosts, context.RequestAborted);
        await (outcome switch
        {
            SetHostsOutcome.Set => ShowAsync(context, queries),
            SetHostsOutcome.ProjectUnknown => ShowAsync(context, queries),
            SetHostsOutcome.Taken => Problems.WriteAsync(
                context, ErrorCode.Conflict, $"Another project has {string.Join(", ", taken)}; remove it there first.", "hosts"),
            _ => throw new InvalidOperationException($"{outcome} is no outcome."),
        });
    }

    private static List<string> CheckHosts(IReadOnlyList<string>? hosts, Faults faults)
    {
        if (!faults.Required(hosts, "hosts"))
        {
            return [];
        }

        if (hosts!.Count > HostNames.Most)
        {
            faults.Add("hosts", FaultCode.TooMany, $"At most {HostNames.Most} host names are accepted.");
            return [];
        }

        // The JSON list may contain null.
        var plain = hosts.Select(host => HostNames.Plain(host ?? "")).ToList();
        for (var i = 0; i < plain.Count; i++)
        {
            if (!HostNames.IsHost(plain[i]))
            {
                faults.Add(
                    $"hosts[{i}]", FaultCode.InvalidFormat,
                    "A host name without scheme, port or path is expected, such as pricing.example.com.");
            }
        }

        return [.. plain.Distinct(StringComparer.Ordinal)];
    }

    private static void Check(CreateProjectRequest body, Faults faults)
    {
        if (faults.Required(body.Code, "code") && !CodePattern().IsMatch(body.Code!))
        {
            faults.Add("code", FaultCode.InvalidFormat, "Lower-case letters, digits and hyphens are expected, a letter first, at most 63.");
        }

        if (faults.Required(body.Name, "name"))
        {
            faults.Text(body.Name, "name", WireLimits.NameCharacters);
        }

        if (faults.Required(body.Mode, "mode"))
        {
            faults.OneOf(body.Mode, "mode", [.. CatalogWords.All<ProjectMode>()]);
        }

        faults.TimeZone(body.TimeZone, "time_zone");
        faults.Currency(body.Currency, "currency");
    }

    /// <summary>Returns the built-in catalogue with that code, or reads the text as a catalogue; null: the text has faults.</summary>
    private static async Task<CatalogDocument?> ReadCatalogAsync(CreateProjectRequest body, Faults faults, CancellationToken cancel)
    {
        if (body.Catalog is null)
        {
            return new() { Code = "empty", Name = "Empty", DefaultPlan = "free", Plans = [new() { Code = "free", Name = "Free" }] };
        }

        // A catalogue has keys and values, so a single line without a colon is the code of a built-in one.
        if (body.Catalog.AsSpan().Trim().IndexOfAny(':', '\n') < 0)
        {
            var builtIn = await BuiltInCatalogs.ReadAsync(cancel);
            var found = builtIn.FirstOrDefault(document => document.Code == body.Catalog);
            if (found is null)
            {
                var known = builtIn.Select(document => document.Code).ToArray();
                faults.Unknown(
                    "catalogue", body.Catalog, "catalog", known,
                    $"A catalogue as YAML text is expected, or the code of a built-in one: {string.Join(", ", known)}.");
            }

            return found;
        }

        var reading = CatalogReader.ReadYaml(body.Catalog);
        foreach (var fault in reading.Faults)
        {
            faults.Add("catalog", ErrorCode.CatalogInvalid.Code, fault.Describe("catalog"));
        }

        return reading.Document;
    }

    private static CreatedProject View(NewProject project) => new()
    {
        Code = project.Order.Code,
        Name = project.Order.Name,
        Mode = CatalogWords.Of(project.Order.Mode),
        TimeZone = project.Order.TimeZone,
        Currency = project.Order.Currency,
        CreatedAt = project.CreatedAt.ToOffset(),
        SecretKey = project.SecretKey.Text,
        PublicKey = project.PublicKey.Text,
    };

    private static ProjectView View(ProjectRow row) => new()
    {
        Code = row.Code,
        Name = row.Name,
        Mode = CatalogWords.Of(row.Mode),
        TimeZone = row.Zone.Id,
        Currency = row.Currency,
        CreatedAt = row.CreatedAt.ToOffset(),
        CatalogRevision = row.CatalogRevision,
        Hosts = row.Hosts,
    };

    [GeneratedRegex(@"^[a-z][a-z0-9-]{0,62}\z", RegexOptions.CultureInvariant)]
    private static partial Regex CodePattern();
}
