using System.Text;

namespace Tollgate.Server.Http;

/// <summary>
/// Writes all rows of a list as a CSV file while it reads them, page by page: between pages, while the client reads, the request holds no
/// connection of the pool. Map it with <see cref="Exports.Bounded"/>.
/// </summary>
internal static class CsvExport
{
    /// <summary>Characters of CSV that are gathered before they leave.</summary>
    private const int Piece = 32 * 1024;

    /// <summary>Characters that one more line rarely exceeds.</summary>
    private const int LongLine = 2_000;

    /// <summary>Rows of one read of the database.</summary>
    public const int PageRows = 500;

    /// <param name="name">The name of the file without <c>.csv</c>.</param>
    /// <param name="line">Appends the line or lines of a row.</param>
    public static async Task WriteAsync<TRow>(
        HttpContext context, string name, string[] columns, IAsyncEnumerable<IReadOnlyList<TRow>> pages, Action<StringBuilder, TRow> line)
    {
        var csv = new StringBuilder(Piece).Header(columns);
        await foreach (var page in pages)
        {
            foreach (var row in page)
            {
                line(csv, row);
                if (csv.Length > Piece - LongLine)
                {
                    await FlushAsync(context, name, csv);
                }
            }
        }

        await FlushAsync(context, name, csv);
    }

    /// <summary>Writes a file whose rows are in memory.</summary>
    public static Task WriteAsync<TRow>(
        HttpContext context, string name, string[] columns, IEnumerable<TRow> rows, Action<StringBuilder, TRow> line)
    {
        var csv = new StringBuilder().Header(columns);
        foreach (var row in rows)
        {
            line(csv, row);
        }

        SetName(context, name);
        return Answer.Bytes(context, StatusCodes.Status200OK, Encoding.UTF8.GetBytes(csv.ToString()), CsvText.ContentType);
    }

    /// <summary>The pages of a list, from its beginning.</summary>
    /// <param name="after">Reads <paramref name="size"/> rows after this one; after null the first ones.</param>
    /// <param name="most">Rows in all, rounded up to whole pages.</param>
    public static async IAsyncEnumerable<IReadOnlyList<TRow>> PagesAsync<TRow>(
        Func<TRow?, Task<IReadOnlyList<TRow>>> after, int size = PageRows, int most = int.MaxValue)
        where TRow : class
    {
        TRow? last = null;
        for (var read = 0; read < most;)
        {
            var page = await after(last);
            yield return page;
            if (page.Count < size)
            {
                break;
            }

            (last, read) = (page[^1], read + page.Count);
        }
    }

    /// <summary>Headers leave with the first piece, so that a query that fails at once is still answered as an error.</summary>
    private static Task FlushAsync(HttpContext context, string name, StringBuilder csv)
    {
        if (!context.Response.HasStarted)
        {
            context.Response.ContentType = CsvText.ContentType;
            SetName(context, name);
        }

        var piece = csv.ToString();
        csv.Clear();
        return context.Response.WriteAsync(piece, context.RequestAborted);
    }

    private static void SetName(HttpContext context, string name) =>
        context.Response.Headers.ContentDisposition = $"attachment; filename=\"{name}.csv\"";
}
