using System.Text.Json.Serialization.Metadata;
using Tollgate.Contracts.Http;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Projects;

namespace Tollgate.Server.Http;

/// <summary>A table of lines with a source.</summary>
internal abstract class Report
{
    /// <summary>The most lines of a JSON answer. A CSV file has all lines, up to <see cref="MostCsvLines"/>.</summary>
    public const int MostLines = 1_000;

    /// <summary>The most lines of a CSV file, which needs about 10 MB of memory.</summary>
    public const int MostCsvLines = 50_000;

    /// <summary>The path of the operation that returns the same figures.</summary>
    public required string Path { get; init; }

    public static QueryParameter LimitParameter(int fallback, int most = MostLines) =>
        new("limit", $"Lines: 1 to {most}, default {fallback}.", "integer");

    /// <summary>Returns the lines as texts.</summary>
    /// <param name="request">A request without faults, with the most lines.</param>
    public abstract Task<ReportTable> TableAsync(ReportRequest request);
}

/// <summary>
/// A report: its JSON at a path, and its lines as a CSV file at the path with <c>.csv</c>. The server computes both before it sends the
/// first byte, so that a slow reader holds no connection of the pool.
/// </summary>
/// <typeparam name="TView">The JSON.</typeparam>
/// <typeparam name="TLine">A line of the file.</typeparam>
internal sealed class Report<TView, TLine> : Report
    where TView : class
{
    public required ReportColumns<TLine> Columns { get; init; }

    /// <summary>The name of the first column, if it depends on the request.</summary>
    public Func<TView, string>? FirstColumn { get; init; }

    /// <summary>Null: the request has faults.</summary>
    public required Func<ReportRequest, Task<TView?>> Read { get; init; }

    public required Func<TView, IEnumerable<TLine>> Lines { get; init; }

    /// <summary>The sums, as a line in documents. A CSV file has no such line.</summary>
    public Func<TView, TLine>? Total { get; init; }

    /// <summary>Currencies without an exchange rate, which no figure includes.</summary>
    public Func<TView, IReadOnlyList<string>> Unconverted { get; init; } = static _ => [];

    /// <summary>True if the report has more lines than requested. Tollgate refuses such a file: a part of it would look complete.</summary>
    public Func<TView, bool> HasMore { get; init; } = static _ => false;

    /// <param name="description">The JSON. The file has the same parameters without <c>limit</c>.</param>
    /// <param name="type">The JSON's type.</param>
    /// <param name="what">The lines in the words of the file's description: Export <c>key figures</c>.</param>
    /// <param name="example">An example line of the file.</param>
    public void Map(IEndpointRouteBuilder app, Description description, JsonTypeInfo<TView> type, string what, string example)
    {
        var clock = app.ServiceProvider.GetRequiredService<Clock>();
        app.MapGet(Path, (RequestDelegate)(context => ShowAsync(context, clock, type)))
            .RequireKey(Access.Secret, Scope.UsageRead).WithLoad(Load.Heavy).Describe(description);
        app.MapGet(Path + ".csv", (RequestDelegate)(context => CsvAsync(context, clock)))
            .RequireKey(Access.Secret, Scope.UsageRead).WithLoad(Load.Heavy).Describe(OfFile(description, what, example));
    }

    public override async Task<ReportTable> TableAsync(ReportRequest request)
    {
        var view = await Read(request) ?? throw new InvalidOperationException(
            $"{Path} refused its own query: {string.Join(", ", request.Faults.Found.Select(static fault => fault.Detail))}");
        var most = request.Most ?? MostLines;
        var path = Path.Replace("{id}", Uri.EscapeDataString(request.Customer ?? ""), StringComparison.Ordinal);
        string?[][] rows = [.. Lines(view).Take(most + 1).Select(Columns.Cells)];
        return new(
            path + QueryString.Create(request.Query.Select(static one => KeyValuePair.Create(one.Key, (string?)one.Value))),
            [.. Columns.All.Select((column, at) => (at == 0 && FirstColumn is not null ? FirstColumn(view) : column.Name, column.Kind))],
            rows.Length > most ? rows[..most] : rows, Total is null ? null : Columns.Cells(Total(view)),
            HasMore(view) || rows.Length > most, Unconverted(view));
    }

    private async Task ShowAsync(HttpContext context, Clock clock, JsonTypeInfo<TView> type)
    {
        if (await ReadAsync(context, clock, isFile: false) is { } view)
        {
            await Answer.Json(context, StatusCodes.Status200OK, view, type);
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
            faults.Add("from", FaultCode.OutOfRange, $"The file would have more than {MostCsvLines} lines: request fewer days.");
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
            project, context.Request.Query, clock.Now(project), isFile ? MostCsvLines : null, context.RequestAborted);
        var view = await Read(request);
        if (request.Faults.Any)
        {
            await request.Faults.WriteAsync(context);
            return null;
        }

        return view;
    }

    private Description OfFile(Description description, string what, string example) => new(
        description.Tag, $"Export {what}",
        $"Returns the lines of `GET {Path}` as CSV (RFC 4180), at most {MostCsvLines} of them.")
    {
        Query = [.. description.Query.Where(static one => one.Name != "limit")],
        Answers =
        [
            Example.OfText(
                StatusCodes.Status200OK, "The file.", CsvText.ContentType,
                $"{string.Join(',', Columns.All.Select(static column => column.Name))}\r\n{example}\r\n"),
        ],
        Errors = [ErrorCode.ValidationFailed],
    };
}
