using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using Tollgate.Core.Money;

namespace Tollgate.Server.Cli;

/// <summary>
/// Shows lists and single objects of the API as tables or as JSON. Tables show money in major units with its currency; JSON is the
/// unchanged answer of the API.
/// </summary>
internal static class Lists
{
    /// <summary>The number of rows without <c>--all</c>: one page.</summary>
    private const int Page = 100;

    /// <summary>Members in minor units of the <c>currency</c> of their own or the enclosing object.</summary>
    private static readonly HashSet<string> MinorUnits = new(StringComparer.Ordinal)
    {
        "amount", "amount_disputed", "amount_due", "amount_off", "amount_paid", "amount_refunded", "base", "discount", "from_credit",
        "paid_from_credits", "subtotal", "tax", "to_credits", "total",
    };

    public static Option<bool> JsonOption() => new("--json") { Description = "Print JSON." };

    public static Option<string> CustomerOption() => new("--customer") { HelpName = "id", Description = "Only entries of this customer." };

    /// <summary>Creates the command <c>list</c> of a noun.</summary>
    /// <param name="id">The member that identifies the next page.</param>
    /// <param name="filters">Options with the names of the query's parameters: <c>--customer</c> is <c>customer=</c>.</param>
    public static Command Command(string path, string id, string description, string[] columns, params Option<string>[] filters)
    {
        var (all, json) = (new Option<bool>("--all") { Description = $"All of them. Default: the first {Page}." }, JsonOption());
        var command = new Command("list", description) { all, json };
        foreach (var filter in filters)
        {
            command.Add(filter);
        }

        ServerDoor.SetAction(command, async (door, parsed, cancel) =>
        {
            var query = FiltersOf(filters.Select(filter => (filter.Name.TrimStart('-'), parsed.GetValue(filter))));
            var (rows, hasMore) = parsed.GetValue(all)
                ? (await ReadAllAsync(door, path, id, cancel, query), false)
                : await ReadPageAsync(door, $"{path}?limit={Page}{query}", cancel);
            Print(rows, parsed.GetValue(json), columns);
            if (hasMore)
            {
                await Console.Error.WriteLineAsync($"There are more; these are the first {rows.Count}. --all lists the others too.");
            }

            return ExitCode.Done;
        });
        return command;
    }

    /// <summary>Creates the command <c>show</c> of a noun.</summary>
    /// <param name="pathOf">Returns the path of the object with the id.</param>
    public static Command ShowCommand(string description, Argument<string> id, Func<string, string> pathOf)
    {
        var json = JsonOption();
        var command = new Command("show", description) { id, json };
        ServerDoor.SetAction(command, async (door, parsed, cancel) =>
        {
            PrintOne(await door.GetAsync(pathOf(Uri.EscapeDataString(parsed.GetRequiredValue(id))), cancel), parsed.GetValue(json));
            return ExitCode.Done;
        });
        return command;
    }

    public static async Task<(IReadOnlyList<JsonElement> Rows, bool HasMore)> ReadPageAsync(ServerDoor door, string path,
        CancellationToken cancel)
    {
        var page = await door.GetAsync(path, cancel);
        return ([.. page.GetProperty("data").EnumerateArray()], page.GetProperty("has_more").GetBoolean());
    }

    public static async Task<IReadOnlyList<JsonElement>> ReadAllAsync(
        ServerDoor door, string path, string id, CancellationToken cancel, string filters = "")
    {
        List<JsonElement> rows = [];
        for (var more = true; more;)
        {
            var after = rows.Count == 0 ? "" : "&starting_after=" + Uri.EscapeDataString(rows[^1].GetProperty(id).GetString()!);
            var (page, hasMore) = await ReadPageAsync(door, $"{path}?limit={Page}{filters}{after}", cancel);
            rows.AddRange(page);
            more = hasMore;
        }

        return rows;
    }

    /// <summary>The further part of a query: <c>&amp;customer=acme</c>.</summary>
    public static string FiltersOf(IEnumerable<(string Name, string? Value)> filters) =>
        string.Concat(filters.Where(static filter => filter.Value is not null)
            .Select(static filter => $"&{filter.Name}={Uri.EscapeDataString(filter.Value!)}"));

    /// <summary>Writes the result of a command that returns no object of the API: a sentence, or the same as JSON.</summary>
    public static void Say(string sentence, JsonObject facts, bool asJson)
    {
        if (asJson)
        {
            ServerDoor.Print(JsonSerializer.SerializeToElement(facts));
        }
        else
        {
            Console.WriteLine(sentence);
        }
    }

    public static void Print(IReadOnlyList<JsonElement> rows, bool asJson, params string[] columns)
    {
        if (asJson)
        {
            ServerDoor.Print(JsonSerializer.SerializeToElement(rows));
        }
        else if (rows.Count == 0)
        {
            Console.WriteLine("There are none.");
        }
        else
        {
            PrintTable(rows, columns, null);
        }
    }

    /// <summary>Writes a line for each member with a value, and a table for each list.</summary>
    public static void PrintOne(JsonElement one, bool asJson)
    {
        if (asJson)
        {
            ServerDoor.Print(one);
            return;
        }

        var currency = CurrencyOf(one);
        var members = MembersOf(one, "", currency).ToList();
        var width = members.Count == 0 ? 0 : members.Max(static member => member.Name.Length);
        foreach (var (name, text) in members)
        {
            Console.WriteLine($"{name.PadRight(width)}  {text}");
        }

        foreach (var list in one.EnumerateObject().Where(static member => IsTable(member.Value)))
        {
            var rows = list.Value.EnumerateArray().ToList();
            var columns = rows.SelectMany(static row => row.EnumerateObject()).Where(static cell => !IsEmpty(cell.Value))
                .Select(static cell => cell.Name).Distinct();
            Console.WriteLine($"\n{list.Name}:");
            PrintTable(rows, [.. columns], currency);
        }
    }

    private static void PrintTable(IReadOnlyList<JsonElement> rows, string[] columns, Currency? currency)
    {
        // Does not wrap lines, because operators copy, search and pipe them. A terminal wraps them if necessary.
        string[][] lines = [
            columns,
            .. rows.Select(
                row => columns.Select(column => row.TryGetProperty(column, out var value)
                    ? Cell(column, value, CurrencyOf(row) ?? currency)
                    : "-").ToArray())];
        var widths = columns.Select((_, i) => lines.Max(line => line[i].Length)).ToArray();
        foreach (var line in lines)
        {
            Console.WriteLine(string.Join("  ", line.Select((cell, i) => cell.PadRight(widths[i]))).TrimEnd());
        }
    }

    private static IEnumerable<(string Name, string Text)> MembersOf(JsonElement one, string prefix, Currency? currency)
    {
        foreach (var member in one.EnumerateObject().Where(static member => !IsEmpty(member.Value) && !IsTable(member.Value)))
        {
            var inner = member.Value.ValueKind == JsonValueKind.Object
                ? MembersOf(member.Value, $"{prefix}{member.Name}.", CurrencyOf(member.Value) ?? currency)
                : [(prefix + member.Name, Cell(member.Name, member.Value, currency))];
            foreach (var line in inner)
            {
                yield return line;
            }
        }
    }

    private static bool IsTable(JsonElement value) =>
        value.ValueKind == JsonValueKind.Array && value.EnumerateArray().FirstOrDefault().ValueKind == JsonValueKind.Object;

    private static bool IsEmpty(JsonElement value) =>
        value.ValueKind == JsonValueKind.Null || (value.ValueKind == JsonValueKind.Array && value.GetArrayLength() == 0);

    private static Currency? CurrencyOf(JsonElement holder) =>
        holder.TryGetProperty("currency", out var code) && code.ValueKind == JsonValueKind.String
            && Currency.TryFind(code.GetString()!, out var currency) ? currency : null;

    private static string Cell(string name, JsonElement value, Currency? currency) => value.ValueKind switch
    {
        JsonValueKind.Null => "-",
        JsonValueKind.Number when currency is { } of && MinorUnits.Contains(name) && value.TryGetInt64(out var minor) =>
            new MoneyAmount(minor, of).ToString(),
        JsonValueKind.Array when value.GetArrayLength() == 0 => "-",
        JsonValueKind.Array => string.Join(" ", value.EnumerateArray().Select(static item => item.ToString())),
        JsonValueKind.Object =>
            string.Join(
                " ", value.EnumerateObject().Where(static member => !IsEmpty(member.Value))
                    .Select(member => $"{member.Name}={Cell(member.Name, member.Value, currency)}")),
        _ => value.ToString(),
    };

    /// <summary>Returns the path of an object with the id.</summary>
    public static string Of(string path, string id) => $"{path}/{Uri.EscapeDataString(id)}";
}
