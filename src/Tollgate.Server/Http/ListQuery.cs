using System.Globalization;
using System.Text.Json.Serialization.Metadata;
using Tollgate.Contracts.Http;
using Tollgate.Core;
using Tollgate.Core.Catalog;
using Tollgate.Core.Time;

namespace Tollgate.Server.Http;

/// <summary>
/// The query of a list: its page, its filters, and everything that is wrong with them. It also writes the answer.
/// <code>
/// var list = ListQuery.Read(context);
/// var filter = new ThingFilter(list.Id("customer"), list.Word&lt;ThingStatus&gt;("status"));
/// var after = list.UuidAfter();
/// if (await list.IsRefusedAsync()) { return; }
/// var rows = await queries.ListAsync(context.Project(), filter, after, list.Probe, context.RequestAborted);
/// await list.AnswerAsync(rows, ViewOf, static (data, more) => new(data, more), WireJson.Default.ThingList);
/// </code>
/// Each filter is null when the query does not have it, or when it is at fault.
/// </summary>
public sealed class ListQuery
{
    private readonly HttpContext _context;

    private ListQuery(HttpContext context) => _context = context;

    public Faults Faults { get; } = new();

    /// <summary>Items of the page.</summary>
    public int Limit { get; private set; } = WireLimits.PageItems;

    /// <summary>The rows to ask the database for: one more than the page holds. Its presence is <c>has_more</c>.</summary>
    public int Probe => Limit + 1;

    /// <summary>The id of the last item of the page before; null: the first page.</summary>
    public string? StartingAfter { get; private set; }

    /// <summary>Reads <c>limit</c> and <c>starting_after</c>.</summary>
    public static ListQuery Read(HttpContext context)
    {
        var list = new ListQuery(context) { StartingAfter = context.Request.Query["starting_after"] };
        list.Faults.Id(list.StartingAfter, "starting_after", required: false);
        if ((string?)context.Request.Query["limit"] is { } text)
        {
            if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var limit)
                && limit is >= 1 and <= WireLimits.LargestPageItems)
            {
                list.Limit = limit;
            }
            else
            {
                list.Faults.Add(
                    "limit", FaultCode.OutOfRange,
                    $"'{Spelling.Shown(text)}' is not possible: a whole number from 1 to {WireLimits.LargestPageItems} is expected.");
            }
        }

        return list;
    }

    /// <summary>The filters of a file, which has all rows and no pages.</summary>
    public static ListQuery OfFile(HttpContext context) => new(context);

    /// <summary>An id that the caller chose: of a customer, a member, a subscription.</summary>
    public string? Id(string name)
    {
        string? value = _context.Request.Query[name];
        return Faults.Id(value, name, required: false) ? value : null;
    }

    /// <summary>A text of 1 to <paramref name="longest"/> characters.</summary>
    public string? Text(string name, int longest)
    {
        string? value = _context.Request.Query[name];
        return Faults.Text(value, name, longest) ? value : null;
    }

    /// <summary>A word of a closed set.</summary>
    public TWord? Word<TWord>(string name)
        where TWord : struct, Enum =>
        OneOf(name, [.. CatalogWords.All<TWord>()]) is { } word ? CatalogWords.Read<TWord>(word) : null;

    /// <summary>One of these words.</summary>
    public string? OneOf(string name, params ReadOnlySpan<string> words)
    {
        string? value = _context.Request.Query[name];
        return Faults.OneOf(value, name, words) ? value : null;
    }

    /// <summary>An instant with its offset.</summary>
    public Instant? Moment(string name) => Faults.Moment(_context.Request.Query[name], name);

    /// <summary>The id of something else, which Tollgate chose.</summary>
    public Guid? Uuid(string name)
    {
        string? value = _context.Request.Query[name];
        if (value is null)
        {
            return null;
        }

        if (Guid.TryParse(value, out var id))
        {
            return id;
        }

        Faults.Add(name, FaultCode.InvalidFormat, $"'{Spelling.Shown(value)}' is not an id. An id such as {ExampleOfId} is expected.");
        return null;
    }

    /// <summary><see cref="StartingAfter"/> of a list whose ids are UUIDs.</summary>
    public Guid? UuidAfter() => After(static (string text, out Guid id) => Guid.TryParse(text, out id));

    /// <summary><see cref="StartingAfter"/> of a list whose ids are numbers.</summary>
    public long? NumberAfter() =>
        After(static (string text, out long number) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number));

    /// <summary><see cref="StartingAfter"/> as the place in the list that it names.</summary>
    public TPlace? After<TPlace>(PlaceParser<TPlace> parse)
        where TPlace : struct
    {
        if (StartingAfter is null)
        {
            return null;
        }

        if (parse(StartingAfter, out var place))
        {
            return place;
        }

        RefuseAfter(FaultCode.InvalidFormat);
        return null;
    }

    /// <summary>For a list that looks up <see cref="StartingAfter"/> and does not have it.</summary>
    public void RefuseUnknownAfter(string name = "starting_after") => RefuseAfter(FaultCode.InvalidValue, name);

    /// <summary>True: something is wrong, and the problem is written.</summary>
    public async ValueTask<bool> IsRefusedAsync()
    {
        if (Faults.Any)
        {
            await Faults.WriteAsync(_context);
        }

        return Faults.Any;
    }

    /// <summary>Answers with the page: <c>{"data": […], "has_more": …}</c>.</summary>
    /// <param name="rows"><see cref="Probe"/> of them at most.</param>
    public Task AnswerAsync<TRow, TView, TList>(
        IReadOnlyList<TRow> rows, Func<TRow, TView> view, Func<IReadOnlyList<TView>, bool, TList> list, JsonTypeInfo<TList> type)
    {
        var views = new TView[Math.Min(rows.Count, Limit)];
        for (var i = 0; i < views.Length; i++)
        {
            views[i] = view(rows[i]);
        }

        return Answer.Json(_context, StatusCodes.Status200OK, list(views, rows.Count > Limit), type);
    }

    private void RefuseAfter(string code, string name = "starting_after") => Faults.Add(
        name, code,
        $"This list has no item '{Spelling.Shown(_context.Request.Query[name].ToString())}'. The id of the last item of the previous page "
            + "is expected.");

    private const string ExampleOfId = "019aa5a0-3c1e-7a52-9d31-5f0c8a4b7e10";
}

public delegate bool PlaceParser<TPlace>(string text, out TPlace place);
