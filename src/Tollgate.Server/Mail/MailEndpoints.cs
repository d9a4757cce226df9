using System.Globalization;
using Tollgate.Contracts.Http;
using Tollgate.Contracts.Mail;
using Tollgate.Core.Catalog;
using Tollgate.Core.Mail;
using Tollgate.Engine.Mail;
using Tollgate.Engine.Projects;
using Tollgate.Server.Http;
using Tollgate.Web.Layout;
using Tollgate.Web.Mail;

namespace Tollgate.Server.Mail;

/// <summary>
/// <c>/v1/mails</c>: the mails to customers. <c>/v1/mail/unsubscribe</c>: the page on which a customer unsubscribes from optional mails.
/// </summary>
internal static class MailEndpoints
{
    private const string Tag = "Mail";

    private const int LongestToken = 2_000;

    private const string Sample =
        """
        {"id": "5f0c8a4b-7e10-4a52-9d31-019aa5a03c1e", "customer": "acme", "type": "payment_failed",
         "subject": "Your payment for invoice CC-000042 did not go through",
         "status": "sent", "reason": null, "to": "a…@example.com", "attempts": 1, "at": "2026-02-28T00:00:00Z", "not_before": null,
         "finished_at": "2026-02-28T00:00:02Z"}
        """;

    private static readonly Description List = new(
        Tag, "List mails to customers",
        "Lists the mails of the last 90 days, the newest first, suppressed ones and their reasons included.")
    {
        Query =
        [
            new("customer", "Only mails to this customer."), new("type", "Only mails of this type.", Words: CatalogWords.All<MailType>()),
            new("status", "Only mails in this status.", Words: CatalogWords.All<MailState>()), .. QueryParameter.OfPage,
        ],
        Answers = [Example.Of<MailList>(200, "A page.", $$"""{"data": [{{Sample}}], "has_more": false}""")],
        Errors = [ErrorCode.ValidationFailed],
    };

    private static readonly Description Show = new(
        Tag, "Show a mail", "Returns the mail with its text. Links that only the customer may use are disabled.")
    {
        Answers = [
            Example.Of<MailDetail>(
                200, "The mail.", $$"""{"mail": {{Sample}}, "text": "Your payment did not go through\n…", "html": "<!DOCTYPE html>…"}""")],
        Errors = [ErrorCode.MailNotFound],
    };

    private static readonly Description Refuse = new(
        Tag, "Unsubscribe from mails",
        "The unsubscribe link of a mail about usage. `GET` shows a page that asks for confirmation; `POST` unsubscribes, "
            + "as mail programs do for one click (RFC 8058).")
    {
        Query = [new("token", "The token of the link in the mail.")],
        Answers = [Example.Nothing("A page.")],
    };

    public static void MapMails(this WebApplication app)
    {
        var queries = app.Services.GetRequiredService<MailQueries>();
        var links = app.Services.GetRequiredService<MailLinks>();

        app.MapGet("/v1/mails", (RequestDelegate)(context => ListAsync(context, queries)))
            .RequireKey(Access.Secret, Scope.BillingRead)
            .Describe(List);
        app.MapGet("/v1/mails/{id}", (RequestDelegate)(context => ShowAsync(context, queries, links)))
            .RequireKey(Access.Secret, Scope.BillingRead)
            .Describe(Show);
        var directory = app.Services.GetRequiredService<ProjectDirectory>();
        var guesses = app.Services.GetRequiredService<Guesses>();
        app.MapGet("/v1/mail/unsubscribe", (RequestDelegate)(context => AskAsync(context, links, queries, directory, guesses)))
            .OpenToAll("The token in the mail is the key.").WithLoad(Load.Ordinary)
            .Describe(Refuse);
        app.MapPost("/v1/mail/unsubscribe", (RequestDelegate)(context => RefuseAsync(context, links, queries, directory, guesses)))
            .OpenToAll("The token in the mail is the key.").WithLoad(Load.Ordinary)
            .Describe(Refuse);
    }

    private static async Task ListAsync(HttpContext context, MailQueries queries)
    {
        var list = ListQuery.Read(context);
        var filter = new MailFilter(list.Id("customer"), list.Word<MailType>("type"), list.Word<MailState>("status"));
        var after = list.UuidAfter();
        if (await list.IsRefusedAsync())
        {
            return;
        }

        var templates = new MailTemplates(context.Project(), await queries.SenderAsync(context.Project(), context.RequestAborted));
        var rows = await queries.ListAsync(context.Project(), filter, after, list.Probe, context.RequestAborted);
        await list.AnswerAsync(rows, mail => ViewOf(mail, templates), static (data, more) => new(data, more), WireJson.Default.MailList);
    }

    private static async Task ShowAsync(HttpContext context, MailQueries queries, MailLinks links)
    {
        var mail = Guid.TryParse(RawPath.Id(context), out var id)
            ? await queries.FindAsync(context.Project(), id, context.RequestAborted)
            : null;
        if (mail is null)
        {
            await Problems.WriteAsync(context, ErrorCode.MailNotFound);
            return;
        }

        var templates = new MailTemplates(context.Project(), await queries.SenderAsync(context.Project(), context.RequestAborted));
        var usage = await queries.UsageAsync(context.Project(), mail, context.RequestAborted);
        var letter = templates.Write(mail, new(MailLinks.Hidden, links.Upgrade(context.Project(), mail, usage), usage?.ResetsAt));
        var unsubscribe = MailRules.CanBeRefused(mail.Type) ? MailLinks.Hidden : null;
        var detail = new MailDetail(
            ViewOf(mail, templates), MailWriter.Text(letter, templates, unsubscribe), MailWriter.Html(letter, templates, unsubscribe));
        await Answer.Json(context, StatusCodes.Status200OK, detail, WireJson.Default.MailDetail);
    }

    /// <summary>Asks for confirmation with a button, because mail scanners follow links.</summary>
    private static async Task AskAsync(
        HttpContext context, MailLinks links, MailQueries queries, ProjectDirectory directory, Guesses guesses)
    {
        string? token = context.Request.Query["token"];
        if (ReadToken(links, token) is not { } refusal)
        {
            await BadLinkAsync(context, guesses);
            return;
        }

        var house = await HouseAsync(refusal, queries, directory, context.RequestAborted);
        await PageAsync(
            context, StatusCodes.Status200OK, house, (house.Words.RefuseAsk, house.Words.RefuseText),
            "?token=" + Uri.EscapeDataString(token!));
    }

    private static async Task RefuseAsync(
        HttpContext context, MailLinks links, MailQueries queries, ProjectDirectory directory, Guesses guesses)
    {
        if (ReadToken(links, context.Request.Query["token"]) is not { } refusal)
        {
            await BadLinkAsync(context, guesses);
            return;
        }

        await queries.RefuseAsync(refusal.Project, refusal.Customer, refusal.Type, context.RequestAborted);
        var house = await HouseAsync(refusal, queries, directory, context.RequestAborted);
        await PageAsync(context, StatusCodes.Status200OK, house, (house.Words.RefusedHeading, house.Words.RefusedText));
    }

    /// <summary>The project and language of a page.</summary>
    /// <param name="Tag">BCP 47.</param>
    private sealed record House(Seller Seller, string Tag, MailWords Words);

    /// <summary>Returns the same project and language as the mail with the link.</summary>
    private static async Task<House> HouseAsync(Refusal refusal, MailQueries queries, ProjectDirectory directory, CancellationToken cancel)
    {
        if (!directory.Current.ProjectsById.TryGetValue(refusal.Project, out var project))
        {
            return new(Seller.Unknown, "en", MailWords.English);
        }

        var templates = new MailTemplates(project, await queries.SenderAsync(project, cancel));
        return new(Seller.Of(project) with { Name = templates.Sender }, templates.Language, templates.Words);
    }

    /// <summary>Answers an invalid link, whose project is unknown, in the browser's language.</summary>
    private static Task BadLinkAsync(HttpContext context, Guesses guesses)
    {
        var status = StatusCodes.Status400BadRequest;
        if (guesses.Fail(context, "mail_link") is { } pause)
        {
            status = StatusCodes.Status429TooManyRequests;
            context.Response.Headers.RetryAfter = Math.Ceiling(pause.TotalSeconds).ToString(CultureInfo.InvariantCulture);
        }

        var words = MailWords.Of(context.Request.Headers.AcceptLanguage.ToString().Split(',', ';')[0].Trim());
        return PageAsync(context, status, new(Seller.Unknown, words.Tag, words), (words.BadLinkHeading, words.BadLinkText));
    }

    private static Refusal? ReadToken(MailLinks links, string? token) =>
        token is { Length: > 0 and <= LongestToken } ? links.Read(token) : null;

    /// <param name="action">The target of a button; null: no button.</param>
    private static Task PageAsync(
        HttpContext context, int status, House house, (string Heading, string Text) says, string? action = null) =>
        Pages.WriteAsync<RefusePage>(context, status, new Dictionary<string, object?>
        {
            [nameof(RefusePage.Language)] = house.Tag, [nameof(RefusePage.Title)] = says.Heading, [nameof(RefusePage.Text)] = says.Text,
            [nameof(RefusePage.Seller)] = house.Seller,
            [nameof(RefusePage.Action)] = action,
            [nameof(RefusePage.Button)] = house.Words.RefuseButton,
        });

    private static MailView ViewOf(MailRow mail, MailTemplates templates) => new()
    {
        Id = mail.Id.ToString("D"),
        Customer = mail.Customer,
        Type = CatalogWords.Of(mail.Type),
        Subject = templates.Write(mail, MailNow.Nothing).Subject,
        Status = CatalogWords.Of(mail.State),
        Reason = mail.Reason,
        To = mail.Address is { } address ? Masked(address) : null,
        Attempts = mail.Attempts,
        At = mail.At.ToOffset(),
        NotBefore = mail.NotBefore?.ToOffset(),
        FinishedAt = mail.FinishedAt,
    };

    private static string Masked(string address) => address.LastIndexOf('@') is > 0 and var at ? $"{address[0]}…{address[at..]}" : "…";
}
