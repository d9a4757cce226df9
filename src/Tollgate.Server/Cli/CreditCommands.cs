using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Tollgate.Core.Money;
using Tollgate.Engine.Invoicing;

namespace Tollgate.Server.Cli;

/// <summary><c>tollgate credits list|give|take</c>: a customer's prepaid and promotional credits.</summary>
internal static class CreditCommands
{
    public static Command Build() => ServerDoor.Group("credits", "Prepaid and promotional credits of customers.", List(), Give(), Take());

    private static Command List()
    {
        var customer = Customer();
        var json = Lists.JsonOption();
        var command = new Command(
            "list",
            "Shows a customer's credits, and their grants and uses, newest first.\n\nExample:\n  tollgate credits list acme --project shop")
        {
            customer, json,
        };
        ServerDoor.SetAction(command, async (door, parsed, cancel) =>
        {
            var path = PathOf(parsed.GetRequiredValue(customer));
            var rows = await Lists.ReadAllAsync(door, path, "id", cancel);
            if (parsed.GetValue(json) || rows.Count > 0)
            {
                Lists.Print(rows, parsed.GetValue(json), "at", "kind", "cause", "amount", "expires_at", "invoice", "note");
            }

            if (!parsed.GetValue(json))
            {
                await PrintBalancesAsync(door, path, asJson: false, cancel);
            }

            return ExitCode.Done;
        });
        return command;
    }

    private static Command Give()
    {
        var (customer, amount, currency, note, json) = (Customer(), Amount(), Unit(), Note(), Lists.JsonOption());
        var kind = new Option<string>("--kind")
        {
            HelpName = "kind", Description = "promotional (reduces the price) or prepaid (pays).", Required = true,
        };
        var expires = new Option<string>("--expires")
        {
            HelpName = "time", Description = "When promotional credits expire. Default: never.",
        };
        var command = new Command(
            "give",
            "Gives a customer credits.\n\nExamples:\n"
            + "  tollgate credits give acme 50 USD --kind promotional --expires 2027-01-01T00:00:00Z --note Welcome --project shop\n"
            + "  tollgate credits give acme 49.90 USD --kind prepaid --project shop")
        {
            customer, amount, currency, kind, expires, note, json,
        };
        ServerDoor.SetAction(command, async (door, parsed, cancel) =>
        {
            var money = MoneyOf(parsed.GetRequiredValue(amount), parsed.GetRequiredValue(currency));
            var path = await SendAsync(
                door, parsed.GetRequiredValue(customer), money, parsed.GetRequiredValue(kind), parsed.GetValue(expires),
                parsed.GetValue(note), cancel);
            return await PrintBalancesAsync(door, path, parsed.GetValue(json), cancel);
        });
        return command;
    }

    private static Command Take()
    {
        var (customer, amount, currency, note, json) = (Customer(), Amount(), Unit(), Note(), Lists.JsonOption());
        var command = new Command(
            "take",
            "Takes back prepaid credits, at most the remaining ones.\n\nExample:\n  tollgate credits take acme 12.50 USD --project shop")
        {
            customer, amount, currency, note, json,
        };
        ServerDoor.SetAction(command, async (door, parsed, cancel) =>
        {
            var money = MoneyOf(parsed.GetRequiredValue(amount), parsed.GetRequiredValue(currency));
            var path = await SendAsync(door, parsed.GetRequiredValue(customer), -money, "prepaid", null, parsed.GetValue(note), cancel);
            return await PrintBalancesAsync(door, path, parsed.GetValue(json), cancel);
        });
        return command;
    }

    /// <returns>The path of the customer's credits.</returns>
    private static async Task<string> SendAsync(
        ServerDoor door, string customer, MoneyAmount money, string kind, string? expires, string? note, CancellationToken cancel)
    {
        var body =
            new JsonObject
            {
                ["amount"] = money.Minor, ["currency"] = money.Currency.Code, ["kind"] = kind, ["expires_at"] = expires, ["note"] = note,
            };
        await door.SendAsync(HttpMethod.Post, PathOf(customer), body, cancel);
        return PathOf(customer);
    }

    /// <exception cref="CliStopException">It is not an amount of the currency.</exception>
    internal static MoneyAmount MoneyOf(string text, string code)
    {
        if (!Currency.TryFind(code, out var currency))
        {
            throw new CliStopException(ExitCode.Usage, $"\"{code}\" is not a currency code such as USD.");
        }

        var largest = new MoneyAmount(GiveCredit.LargestAmount, currency);
        var isDigits = text.Any(char.IsAsciiDigit) && text.Count(static c => c == '.') <= 1
            && text.All(static c => char.IsAsciiDigit(c) || c == '.');
        var isRead = decimal.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var major);
        if (isDigits && (!isRead || major > largest.Major))
        {
            throw new CliStopException(ExitCode.Usage, $"{text} is too much. The largest amount is {largest}.");
        }

        return isRead && major > 0 && major * currency.MinorPerMajor is var minor && minor == decimal.Truncate(minor)
            ? new MoneyAmount((long)minor, currency)
            : throw new CliStopException(
                ExitCode.Usage,
                $"\"{text}\" is not an amount in {currency.Code}: a number above 0 with at most {currency.Decimals} decimals is expected.");
    }

    private static async Task<int> PrintBalancesAsync(ServerDoor door, string path, bool asJson, CancellationToken cancel)
    {
        var all = (await door.GetAsync(path + "?limit=1", cancel)).GetProperty("balances");
        if (asJson)
        {
            ServerDoor.Print(all);
            return ExitCode.Done;
        }

        var balances = all.EnumerateArray().Select(static one => $"{AmountOf(one)} {one.GetProperty("kind").GetString()}").ToList();
        Console.WriteLine(balances.Count == 0 ? "There are no credits." : $"Left: {string.Join(", ", balances)}.");
        return ExitCode.Done;
    }

    private static string AmountOf(JsonElement money) =>
        new MoneyAmount(money.GetProperty("amount").GetInt64(), Currency.Of(money.GetProperty("currency").GetString()!)).ToString();

    private static string PathOf(string customer) => Lists.Of("/v1/customers", customer) + "/credits";

    private static Argument<string> Customer() => new("customer") { Description = "The customer's id." };

    private static Argument<string> Amount() => new("amount") { Description = "In major units: 50 or 49.90." };

    private static Argument<string> Unit() => new("currency") { Description = "For instance USD." };

    private static Option<string> Note() => new("--note") { HelpName = "text", Description = "For people." };
}
