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
/// <c>/v1/mails</c>: what customers were written. <c>/v1/mail/unsubscribe</c>: where a customer refuses the mails that can be refused.
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
        var faults = new Faults();
        var (paging, query) = (Paging.Read(context, faults), context.Request.Query);
        string? customer = query["customer"], type = query["type"], status = query["status"];
        faults.Id(customer, "customer", required: false);
        faults.OneOf(type, "type", [.. CatalogWords.All<MailType>()]);
        faults.OneOf(status, "status", [.. CatalogWords.All<MailState>()]);
        Guid? after = Guid.TryParse(paging.StartingAfter, out var id) ? id : null;
        if (paging.StartingAfter is not null && after is null)
        {
            faults.Add("starting_after", FaultCode.InvalidFormat, "An id that an answer returned is expected.");
        }

        if (faults.Any)
        {
            await faults.WriteAsync(context);
            return;
        }

        var filter = new MailFilter(
            customer, type is null ? null : CatalogWords.Read<MailType>(type),
            status is null ? null : CatalogWords.Read<MailState>(status));
        var templates = new MailTemplates(context.Project(), await queries.SenderAsync(context.Project(), context.RequestAborted));
        var (page, hasMore) = paging.Cut(await queries.ListAsync(context.Project(), filter, after, paging.Probe, context.RequestAborted));
        await Answer.Json(
            context, StatusCodes.Status200OK, new MailList([.. page.Select(mail => ViewOf(mail, templates))], hasMore),
            WireJson.Default.MailList);
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

    /// <summary>Mail scanners follow links: only a button does it.</summary>
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

    /// <summary>Whose page it is, and in which language it speaks.</summary>
    /// <param name="Tag">BCP 47.</param>
    private sealed record House(string Name, bool IsSandbox, string Tag, MailWords Words);

    /// <summary>As the mail which had the link.</summary>
    private static async Task<House> HouseAsync(Refusal refusal, MailQueries queries, ProjectDirectory directory, CancellationToken cancel)
    {
        if (!directory.Current.ProjectsById.TryGetValue(refusal.Project, out var project))
        {
            return new("Tollgate", false, "en", MailWords.English);
        }

        var templates = new MailTemplates(project, await queries.SenderAsync(project, cancel));
        return new(templates.Sender, project.Mode == ProjectMode.Sandbox, templates.Language, templates.Words);
    }

    /// <summary>Of whom it was is not known: it speaks as the browser does.</summary>
    private static Task BadLinkAsync(HttpContext context, Guesses guesses)
    {
        var status = StatusCodes.Status400BadRequest;
        if (guesses.Fail(context, "mail_link") is { } pause)
        {
            status = StatusCodes.Status429TooManyRequests;
            context.Response.Headers.RetryAfter = Math.Ceiling(pause.TotalSeconds).ToString(CultureInfo.InvariantCulture);
        }

        var words = MailWords.Of(context.Request.Headers.AcceptLanguage.ToString().Split(',', ';')[0].Trim());
        return PageAsync(context, status, new("Tollgate", false, words.Tag, words), (words.BadLinkHeading, words.BadLinkText));
    }

    private static Refusal? ReadToken(MailLinks links, string? token) =>
        token is { Length: > 0 and <= LongestToken } ? links.Read(token) : null;

    /// <param name="action">Where a button leads; null: there is none.</param>
    private static Task PageAsync(
        HttpContext context, int status, House house, (string Heading, string Text) says, string? action = null) =>
        Pages.WriteAsync<RefusePage>(context, status, new Dictionary<string, object?>
        {
            [nameof(RefusePage.Language)] = house.Tag, [nameof(RefusePage.Title)] = says.Heading, [nameof(RefusePage.Text)] = says.Text,
            [nameof(RefusePage.Seller)] = house.Name, [nameof(RefusePage.IsSandbox)] = house.IsSandbox,
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
