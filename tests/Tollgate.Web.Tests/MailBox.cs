using System.Globalization;
using System.Net.Mime;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Playwright;

namespace Tollgate.Web.Tests;

/// <summary>A customer's mail box: the files that the server writes instead of sending.</summary>
public sealed class MailBox(string data, Door door, string customer)
{
    private const string Program = "https://mail.example.com/";

    /// <summary>Returns the mails, oldest first, once <paramref name="expected"/> have been sent.</summary>
    public async Task<JsonNode[]> ReadAsync(int expected)
    {
        for (var left = 300; ; left--)
        {
            JsonNode[] all = [.. (await door.ListAsync($"/v1/mails?customer={customer}&limit=100")).Reverse().Select(static one => one!)];
            JsonNode[] sent = [.. all.Where(static mail => mail["status"]!.GetValue<string>() == "sent")];
            if (sent.Length >= expected || left == 0)
            {
                sent.Length.ShouldBe(
                    expected, string.Join('\n', all.Select(static mail => $"{mail["status"]} {mail["reason"]} {mail["subject"]}")));
                return sent;
            }

            await Task.Delay(100);
        }
    }

    /// <summary>Day and subject of each: <c>02-10 Your payment …</c>.</summary>
    public async Task<string[]> SubjectsAsync(int expected) =>
    [
        .. (await ReadAsync(expected)).Select(static mail =>
            $"{mail["at"]!.GetValue<DateTimeOffset>().ToString("MM-dd", CultureInfo.InvariantCulture)} "
                + $"{mail["subject"]!.GetValue<string>()}"),
    ];

    /// <summary>Shows a mail in the browser, as a mail program on the web does.</summary>
    public async Task OpenAsync(IPage page, JsonNode mail)
    {
        var html = await HtmlAsync(mail);
        await page.RouteAsync(Program, route => route.FulfillAsync(new() { ContentType = "text/html; charset=utf-8", Body = html }));
        await page.GotoAsync(Program);
    }

    /// <summary>Returns the mail with the links that only the customer has.</summary>
    private async Task<string> HtmlAsync(JsonNode mail)
    {
        var id = mail["id"]!.GetValue<string>().Replace("-", "", StringComparison.Ordinal);
        var file = await File.ReadAllTextAsync(Directory.GetFiles(Path.Combine(data, "mail"), $"*{id}.eml").Single());
        var part = file.ReplaceLineEndings("\n").Split("\n--")
            .Single(static one => one.Contains(MediaTypeNames.Text.Html, StringComparison.OrdinalIgnoreCase)
                && !one.Contains("multipart", StringComparison.Ordinal));
        var body = part[(part.IndexOf("\n\n", StringComparison.Ordinal) + 2)..];
        return part.Contains("base64", StringComparison.OrdinalIgnoreCase)
            ? Encoding.UTF8.GetString(Convert.FromBase64String(body.ReplaceLineEndings("")))
            : Unquoted(body);
    }

    private static string Unquoted(string body)
    {
        var bytes = new List<byte>(body.Length);
        var text = body.Replace("=\n", "", StringComparison.Ordinal);
        for (var at = 0; at < text.Length; at++)
        {
            if (text[at] == '=')
            {
                bytes.Add(byte.Parse(text.AsSpan(at + 1, 2), NumberStyles.HexNumber, CultureInfo.InvariantCulture));
                at += 2;
            }
            else
            {
                bytes.Add((byte)text[at]);
            }
        }

        return Encoding.UTF8.GetString([.. bytes]);
    }
}
