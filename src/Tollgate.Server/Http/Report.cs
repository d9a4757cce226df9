using System.Text.Json.Serialization.Metadata;
using Tollgate.Contracts.Http;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Projects;

namespace Tollgate.Server.Http;

internal static class Report
{
    /// <summary>The most lines of one JSON answer; a CSV file has all of them, up to <see cref="MostCsvLines"/>.</summary>
    public const int MostLines = 1_000;

    /// <summary>The most lines of a CSV file, which needs about 10 MB of memory.</summary>
    public const int MostCsvLines = 50_000;

    public static QueryParameter LimitParameter(int fallback, int most = MostLines) =>
        new("limit", $"Lines: 1 to {most}, default {fallback}.", "integer");
}

/// <summary>
/// A report: its JSON at a path, and its lines as a CSV file at the path with <c>.csv</c>. Both are computed before the first byte leaves,
/// so that a slow reader holds no connection of the pool.
/// </summary>
/// <typeparam name="TView">The JSON.</typeparam>
/// <typeparam name="TLine">A line of the file.</typeparam>
internal sealed class Report<TView, TLine>
    where TView : class
{
    public required string Path { get; init; }

    /// <summary>The JSON. The file has the same parameters without <c>limit</c>.</summary>
    public required Description Description { get; init; }

    /// <summary>The lines in the words of the file's description: Export <c>key figures</c>.</summary>
    public required string What { get; init; }

    /// <summary>An example line of the file.</summary>
    public required string Example { get; init; }

    public required ReportColumns<TLine> Columns { get; init; }

    /// <summary>The name of the first column, if it depends on the request.</summary>
    public Func<TView, string>? FirstColumn { get; init; }

    public required JsonTypeInfo<TView> Type { get; init; }

    /// <summary>Null: the request has faults.</summary>
    public required Func<ReportRequest, Task<TView?>> Read { get; init; }

    public required Func<TView, IEnumerable<TLine>> Lines { get; init; }

    /// <summary>True if the report has more lines than were requested. Tollgate refuses such a file: no file is cut.</summary>
    public Func<TView, bool> HasMore { get; init; } = static _ => false;

    public void Map(IEndpointRouteBuilder app)
    {
        var clock = app.ServiceProvider.GetRequiredService<Clock>();
        app.MapGet(Path, (RequestDelegate)(context => ShowAsync(context, clock)))
            .RequireKey(Access.Secret, Scope.UsageRead).WithLoad(Load.Heavy).Describe(Description);
        app.MapGet(Path + ".csv", (RequestDelegate)(context => CsvAsync(context, clock)))
            .RequireKey(Access.Secret, Scope.UsageRead).WithLoad(Load.Heavy).Describe(OfFile());
    }

    private async Task ShowAsync(HttpContext context, Clock clock)
    {
        if (await ReadAsync(context, clock, isFile: false) is { } view)
        {
            await Answer.Json(context, StatusCodes.Status200OK, view, Type);
        }
    }

    private async Task CsvAsync(HttpContext context, Clock clock)
    {
        if (await ReadAsync(context, clock, isFile: true) is not { } view)
        {
            return;
        }

        if (HasMore(view))
        {
            var faults = new Faults();
            faults.Add("from", FaultCode.OutOfRange, $"The file would have more than {Report.MostCsvLines} lines: request fewer days.");
            await faults.WriteAsync(context);
            return;
        }

        string[] names = [.. Columns.All.Select(static column => column.Name)];
        names[0] = FirstColumn?.Invoke(view) ?? names[0];
        await CsvExport.WriteAsync(context, Path[(Path.LastIndexOf('/') + 1)..], names, Lines(view), Columns.Append);
    }

    /// <summary>Null: the problem is written.</summary>
    private async Task<TView?> ReadAsync(HttpContext context, Clock clock, bool isFile)
    {
        var project = context.Project();
        var request = new ReportRequest(
            project, context.Request.Query, clock.Now(project), isFile ? Report.MostCsvLines : null, context.RequestAborted);
        var view = await Read(request);
        if (request.Faults.Any)
        {
            await request.Faults.WriteAsync(context);
            return null;
        }

        return view;
    }

    private Description OfFile() => new(
        Description.Tag, $"Export {What}",
        $"Returns the lines of `GET {Path}` as CSV (RFC 4180), at most {Report.MostCsvLines} of them.")
    {
        Query = [.. Description.Query.Where(static one => one.Name != "limit")],
        Answers =
        [
            Http.Example.OfText(
                StatusCodes.Status200OK, "The file.", CsvText.ContentType,
                $"{string.Join(',', Columns.All.Select(static column => column.Name))}\r\n{Example}\r\n"),
        ],
        Errors = [ErrorCode.ValidationFailed],
    };
}
