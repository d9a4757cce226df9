using System.Globalization;
using System.Net;
using System.Text;

namespace Tollgate.Server.Mail;

/// <summary>The content of a mail, before its conversion to text or HTML.</summary>
/// <param name="Facts">Names and values, below the paragraphs.</param>
/// <param name="Button">The text and target of the link.</param>
/// <param name="Progress">Percent of a bar, 0 to 100; null: none.</param>
internal sealed record MailLetter(
    string Subject, string Heading, IReadOnlyList<string> Paragraphs, IReadOnlyList<(string Name, string Value)> Facts,
    (string Text, Uri Link)? Button = null,
    int? Progress = null);

/// <summary>Writes mails as plain text, and as one column of HTML for light and dark mode, without pictures.</summary>
internal static class MailWriter
{
    private const string Style =
        """
        :root { color-scheme: light dark; supported-color-schemes: light dark; }
        body { margin: 0; padding: 24px 12px; background: #f3f4f6; color: #1f2937; font: 16px/1.55 -apple-system, "Segoe UI", Roboto, Helvetica, Arial, sans-serif; }
        .sheet { max-width: 560px; margin: 0 auto; padding: 32px; background: #ffffff; border: 1px solid #e5e7eb; border-radius: 12px; }
        .from { margin: 0 0 24px; font-size: 14px; font-weight: 600; color: #4b5563; }
        h1 { margin: 0 0 16px; font-size: 22px; line-height: 1.3; color: #111827; }
        p { margin: 0 0 16px; }
        dl { margin: 24px 0; padding: 16px 20px; background: #f9fafb; border-radius: 8px; font-size: 15px; }
        dt { color: #566070; font-size: 13px; }
        dd { margin: 0 0 10px; font-weight: 600; }
        dl > :last-child { margin-bottom: 0; }
        .bar { height: 8px; margin: 24px 0; background: #e5e7eb; border-radius: 4px; overflow: hidden; }
        .bar > div { height: 8px; background: #2563eb; border-radius: 4px; }
        a.button { display: inline-block; margin: 8px 0 16px; padding: 12px 24px; background: #2563eb; color: #ffffff; border-radius: 8px; font-weight: 600; text-decoration: none; }
        .sheet > :last-child { margin-bottom: 0; }
        .small { max-width: 560px; margin: 16px auto 0; padding: 0 32px; font-size: 13px; color: #566070; }
        .small a { color: #566070; }
        @media (prefers-color-scheme: dark) {
          body { background: #111318; color: #d6dae2; }
          .sheet { background: #1b1e26; border-color: #2c313d; }
          .from, dt, .small, .small a { color: #9aa3b2; }
          h1 { color: #f3f5f9; }
          dl { background: #232732; }
          .bar { background: #323846; }
          .bar > div { background: #3b76f0; }
        }
        """;

    /// <param name="unsubscribe">Null: customers cannot unsubscribe from this mail.</param>
    public static string Text(MailLetter letter, MailTemplates templates, Uri? unsubscribe)
    {
        var text = new StringBuilder();
        text.Append(letter.Heading).Append("\n\n");
        foreach (var paragraph in letter.Paragraphs)
        {
            text.Append(paragraph).Append("\n\n");
        }

        foreach (var (name, value) in letter.Facts)
        {
            text.Append(CultureInfo.InvariantCulture, $"{name}: {value}\n");
        }

        if (letter.Button is { } button)
        {
            text.Append(CultureInfo.InvariantCulture, $"\n{button.Text}:\n{button.Link.AbsoluteUri}\n");
        }

        text.Append(CultureInfo.InvariantCulture, $"\n-- \n{templates.Sender}\n");
        if (unsubscribe is not null)
        {
            text.Append(CultureInfo.InvariantCulture, $"{templates.Words.NoMore}: {unsubscribe.AbsoluteUri}\n");
        }

        return text.ToString();
    }

    /// <inheritdoc cref="Text"/>
    public static string Html(MailLetter letter, MailTemplates templates, Uri? unsubscribe)
    {
        var html = new StringBuilder();
        html.Append(
            CultureInfo.InvariantCulture,
            $"<!DOCTYPE html>\n<html lang=\"{Safe(templates.Language)}\">\n<head>\n<meta charset=\"utf-8\">\n");
        html.Append(
            "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta name=\"color-scheme\" content=\"light "
                + "dark\">\n");
        html.Append(
            CultureInfo.InvariantCulture,
            $"<title>{Safe(letter.Subject)}</title>\n<style>\n{Style}\n</style>\n</head>\n<body>\n<div class=\"sheet\" role=\"main\">\n");
        html.Append(CultureInfo.InvariantCulture, $"<p class=\"from\">{Safe(templates.Sender)}</p>\n<h1>{Safe(letter.Heading)}</h1>\n");
        foreach (var paragraph in letter.Paragraphs)
        {
            html.Append(CultureInfo.InvariantCulture, $"<p>{Safe(paragraph)}</p>\n");
        }

        if (letter.Progress is { } percent)
        {
            html.Append(
                CultureInfo.InvariantCulture,
                $"<div class=\"bar\" role=\"img\" aria-label=\"{percent} %\"><div style=\"width: "
                    + $"{Math.Clamp(percent, 0, 100)}%\"></div></div>\n");
        }

        if (letter.Facts.Count > 0)
        {
            html.Append("<dl>\n");
            foreach (var (name, value) in letter.Facts)
            {
                html.Append(CultureInfo.InvariantCulture, $"<dt>{Safe(name)}</dt><dd>{Safe(value)}</dd>\n");
            }

            html.Append("</dl>\n");
        }

        if (letter.Button is { } button)
        {
            html.Append(
                CultureInfo.InvariantCulture, $"<a class=\"button\" href=\"{Safe(button.Link.AbsoluteUri)}\">{Safe(button.Text)}</a>\n");
        }

        html.Append("</div>\n");
        if (unsubscribe is not null)
        {
            html.Append(
                CultureInfo.InvariantCulture,
                $"<div class=\"small\" role=\"contentinfo\"><a href=\"{Safe(unsubscribe.AbsoluteUri)}\">{Safe(templates.Words.NoMore)}</a></div>\n");
        }

        return html.Append("</body>\n</html>\n").ToString();
    }

    private static string Safe(string text) => WebUtility.HtmlEncode(text);
}
