using System.Text;
using Tollgate.Contracts.Http;
using Tollgate.Contracts.Invoicing;
using Tollgate.Core.Customers;
using Tollgate.Core.Invoicing;
using Tollgate.Core.Money;
using Tollgate.Core.Time;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Customers;
using Tollgate.Engine.Invoicing;
using Tollgate.Engine.Projects;
using Tollgate.Server.Customers;
using Tollgate.Server.Http;

namespace Tollgate.Server.Invoicing;

/// <summary>Invoices and statements as files: PDF, HTML, CSV.</summary>
public static class InvoiceFileEndpoints
{
    internal const string Pdf = "application/pdf", Csv = "text/csv; charset=utf-8";

    private const string Html = "text/html; charset=utf-8";

    /// <summary>The most invoices in one CSV, so that a spreadsheet can open it.</summary>
    private const int MostInCsv = 10_000;

    /// <summary>The most invoices of one customer and currency in a statement: 800 years of months.</summary>
    private const int MostInStatement = 10_000;

    /// <summary>The number of invoices with their lines that an export holds in memory: rarely more than 1 MB.</summary>
    private const int PageOfCsv = 100;

    /// <summary>The index of the segment with the note's id in <c>/v1/invoices/{id}/credit-notes/{note}.pdf</c>.</summary>
    private const int NoteSegment = 4;

    public static void MapInvoiceFiles(this WebApplication app)
    {
        var queries = app.Services.GetRequiredService<InvoiceQueries>();
        var customers = app.Services.GetRequiredService<CustomerQueries>();
        var clock = app.Services.GetRequiredService<Clock>();
        var exports = app.Services.GetRequiredService<Exports>();

        app.MapGet("/v1/invoices.csv", exports.Bounded(context => CsvAsync(context, queries, clock)))
            .RequireKey(Access.Secret, Scope.BillingRead).WithLoad(Load.Own).Describe(InvoiceFileDescriptions.Csv);
        Map("/v1/invoices/{id}.pdf", InvoiceFileDescriptions.InvoicePdf,
            context => InvoiceAsync(context, queries, ".pdf", Pdf, static (invoice, style) => Invoicing.InvoicePdf.Of(invoice, style)));
        Map("/v1/invoices/{id}.html", InvoiceFileDescriptions.InvoiceHtml,
            context =>
                InvoiceAsync(context, queries, ".html", Html, static (invoice, style) => Bytes(Invoicing.InvoiceHtml.Of(invoice, style))));
        Map("/v1/invoices/{id}.csv", InvoiceFileDescriptions.InvoiceCsv,
            context => InvoiceAsync(context, queries, ".csv", Csv, static (invoice, _) => Bytes(Invoicing.InvoiceCsv.Of(invoice))));
        Map("/v1/invoices/{id}/credit-notes/{note}.pdf", InvoiceFileDescriptions.CreditNotePdf,
            context =>
                CreditNoteAsync(
                    context, queries, ".pdf", Pdf, static (invoice, note, style) => Invoicing.InvoicePdf.Of(invoice, note, style)));
        Map("/v1/invoices/{id}/credit-notes/{note}.html", InvoiceFileDescriptions.CreditNoteHtml,
            context =>
                CreditNoteAsync(
                    context, queries, ".html", Html,
                    static (invoice, note, style) => Bytes(Invoicing.InvoiceHtml.Of(invoice, note, style))));
        Map("/v1/customers/{id}/statement", InvoiceFileDescriptions.Statement,
            context => StatementAsync(context, queries, customers, clock, null));
        Map("/v1/customers/{id}/statement.pdf", InvoiceFileDescriptions.StatementPdf,
            context => StatementAsync(context, queries, customers, clock, Pdf));
        Map("/v1/customers/{id}/statement.html", InvoiceFileDescriptions.StatementHtml,
            context => StatementAsync(context, queries, customers, clock, Html));
        Map("/v1/customers/{id}/statement.csv", InvoiceFileDescriptions.StatementCsv,
            context => StatementAsync(context, queries, customers, clock, Csv));

        void Map(string path, Description description, RequestDelegate handle) =>
            app.MapGet(path, handle).RequireKey(Access.Secret, Scope.BillingRead).WithLoad(Load.Heavy).Describe(description);
    }

    private static async Task InvoiceAsync(
        HttpContext context, InvoiceQueries queries, string extension, string type, Func<Invoice, InvoiceStyle, byte[]> draw)
    {
        var name = RawPath.Id(context)[..^extension.Length];
        var row = Guid.TryParse(name, out var id) ? await queries.FindAsync(context.Project(), id, context.RequestAborted) : null;
        if (row is null)
        {
            await Problems.WriteAsync(context, ErrorCode.InvoiceNotFound);
            return;
        }

        var style = await StyleAsync(context.Project(), queries, row.Language, row.Footer, context.RequestAborted);
        await SendAsync(context, draw(row.Invoice, style), type, $"{row.Invoice.Number}{extension}");
    }

    private static async Task CreditNoteAsync(
        HttpContext context, InvoiceQueries queries, string extension, string type, Func<Invoice, CreditNote, InvoiceStyle, byte[]> draw)
    {
        var row = Guid.TryParse(RawPath.Id(context), out var id)
            ? await queries.FindAsync(context.Project(), id, context.RequestAborted)
            : null;
        var name = RawPath.Segment(context, NoteSegment)[..^extension.Length];
        if (row?.Invoice.CreditNotes.FirstOrDefault(one => Guid.TryParse(name, out var wanted) && one.Id == wanted) is not { } note)
        {
            await Problems.WriteAsync(
                context, ErrorCode.InvoiceNotFound, row is null ? null : "The invoice has no such credit note.",
                row is null ? null : "note");
            return;
        }

        var style = await StyleAsync(context.Project(), queries, row.Language, row.Footer, context.RequestAborted);
        await SendAsync(context, draw(row.Invoice, note, style), type, $"{note.Number}{extension}");
    }

    /// <summary>Reads page by page, and holds no connection of the pool between pages, while the client reads.</summary>
    private static async Task CsvAsync(HttpContext context, InvoiceQueries queries, Clock clock)
    {
        var list = ListQuery.OfFile(context);
        var filter = InvoiceEndpoints.FilterOf(list, clock);
        if (await list.IsRefusedAsync())
        {
            return;
        }

        var (project, cancel) = (context.Project(), context.RequestAborted);
        await CsvExport.WriteAsync(
            context, "invoices", Invoicing.InvoiceCsv.Columns,
            CsvExport.PagesAsync<InvoiceRow>(
                last => queries.ListAsync(project, filter, last?.Invoice.Id, PageOfCsv, cancel), PageOfCsv, MostInCsv),
            static (csv, row) => Invoicing.InvoiceCsv.Lines(csv, row.Invoice));
    }

    private static async Task StatementAsync(
        HttpContext context, InvoiceQueries queries, CustomerQueries customers, Clock clock, string? type)
    {
        if (await CustomersEndpoints.IdAsync(context) is not { } id)
        {
            return;
        }

        var (project, faults) = (context.Project(), new Faults());
        if (await customers.FindAsync(project, id, context.RequestAborted) is not { } customer)
        {
            await Problems.WriteAsync(context, ErrorCode.CustomerNotFound);
            return;
        }

        string? code = context.Request.Query["currency"];
        var (from, to) = RangeOf(context, clock.Now(project), faults);
        var currency = faults.Currency(code ?? customer.Customer.Profile.Currency ?? project.Currency, "currency");
        if (faults.Any)
        {
            await faults.WriteAsync(context);
            return;
        }

        var statement = await StatementOfAsync(queries, project, id, currency!, from, to, context.RequestAborted);
        if (type is null)
        {
            await Answer.Json(context, StatusCodes.Status200OK, InvoiceAnswers.Of(statement), WireJson.Default.StatementView);
            return;
        }

        var (start, end) = (statement.Period.Start.ToUtc(), statement.Period.End.ToUtc());
        await SendAsync(
            context, await StatementFileAsync(queries, project, customer.Customer, statement, type, context.RequestAborted), type,
            $"statement-{start:yyyy-MM-dd}-{end:yyyy-MM-dd}.{(type == Pdf ? "pdf" : type == Html ? "html" : "csv")}");
    }

    /// <param name="from">Null: the first invoice.</param>
    internal static async Task<Statement> StatementOfAsync(
        InvoiceQueries queries, ProjectSnapshot project, string customer, Currency currency, Instant? from, Instant to,
        CancellationToken cancel)
    {
        var (invoices, payments) = await queries.AccountAsync(project, customer, currency, MostInStatement, cancel);
        return StatementRules.Of(customer, currency, new(from ?? FirstOf(invoices, to), to), invoices, payments);
    }

    /// <param name="type">The media type: <see cref="Pdf"/>, <see cref="Html"/> or <see cref="Csv"/>.</param>
    internal static async Task<byte[]> StatementFileAsync(
        InvoiceQueries queries, ProjectSnapshot project, Customer customer, Statement statement, string type, CancellationToken cancel)
    {
        var settings = await queries.SettingsAsync(project, cancel);
        var style = await StyleAsync(project, queries, settings.Language, settings.Footer, cancel);
        var parties = new StatementParties(settings.Seller, Parties.Of(customer, statement.Period.End));
        return type == Pdf ? StatementFiles.Pdf(statement, parties, style)
            : Bytes(type == Html ? StatementFiles.Html(statement, parties, style) : StatementFiles.Csv(statement));
    }

    /// <summary>Default: from the first invoice until now.</summary>
    private static (Instant? From, Instant To) RangeOf(HttpContext context, Instant now, Faults faults)
    {
        var (from, to) =
            (faults.Moment(context.Request.Query["from"], "from"),
                faults.Moment(context.Request.Query["to"], "to") ?? now.Plus(TimeSpan.FromSeconds(1)));
        if (from >= to)
        {
            faults.Add("to", FaultCode.OutOfRange, "A time after 'from' is expected.");
        }

        return (from, to);
    }

    private static Instant FirstOf(IReadOnlyList<Invoice> invoices, Instant to) =>
        invoices.Count > 0 && invoices[0].IssuedAt is { } issued && issued < to ? issued : to.Minus(TimeSpan.FromSeconds(1));

    private static async Task<InvoiceStyle> StyleAsync(
        ProjectSnapshot project, InvoiceQueries queries, string language, string? footer, CancellationToken cancel) => new()
    {
        Locale = language,
        Zone = project.Zone,
        Logo = await queries.LogoAsync(project, cancel),
        Footer = footer,
        IsSandbox = project.Mode == ProjectMode.Sandbox,
    };

    private static Task SendAsync(HttpContext context, byte[] file, string type, string name)
    {
        if (type == Html)
        {
            context.Response.Headers.ContentSecurityPolicy = DocumentHtml.ContentPolicy;
        }
        else
        {
            context.Response.Headers.ContentDisposition = $"attachment; filename=\"{name}\"";
        }

        return Answer.Bytes(context, StatusCodes.Status200OK, file, type);
    }

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);
}

/// <summary>The OpenAPI descriptions of <see cref="InvoiceFileEndpoints"/>.</summary>
internal static class InvoiceFileDescriptions
{
    private const string Tag = "Invoices";

    private static readonly IReadOnlyList<QueryParameter> Range =
    [
        new("from", "Entries at this time or later; earlier ones make the opening balance. Default: the first invoice."),
        new("to", "Entries before this time. Default: now."), new("currency", "Default: the customer's."),
    ];

    public static readonly Description InvoicePdf = OfInvoice("Download an invoice as PDF", "application/pdf", "%PDF-1.7 …");

    public static readonly Description InvoiceHtml = OfInvoice("Show an invoice as a page", "text/html", "<!doctype html> …");

    public static readonly Description InvoiceCsv = OfInvoice("Download an invoice as CSV", "text/csv", "invoice,status,customer …");

    public static readonly Description CreditNotePdf = OfCreditNote("Download a credit note as PDF", "application/pdf", "%PDF-1.7 …");

    public static readonly Description CreditNoteHtml = OfCreditNote("Show a credit note as a page", "text/html", "<!doctype html> …");

    public static readonly Description Csv = new(
        Tag, "Export invoices", "Returns a row for each line of at most the first 10,000 invoices, with the filters of the list.")
    {
        Query = [.. InvoiceDescriptions.Filters, InvoiceDescriptions.Order],
        Answers = [Example.OfText(200, "The file.", "text/csv", "invoice,status,customer …")],
        Errors = [ErrorCode.ValidationFailed, ErrorCode.RateLimited],
    };

    public static readonly Description Statement = OfStatement("Show a customer's statement", null, null) with
    {
        Answers =
        [
            Example.Of<StatementView>(
                200, "The account.",
                """
                {"customer": "acme", "currency": "USD", "from": "2026-01-01T00:00:00Z", "to": "2026-02-01T00:00:00Z", "opening": 0,
                 "entries": [{"kind": "invoice", "at": "2026-01-31T00:00:00Z", "number": "TRENDIT-000001",
                  "amount": 2900, "balance": 2900}],
                 "closing": 2900}
                """),
        ],
    };

    public static readonly Description StatementPdf = OfStatement(
        "Download a customer's statement as PDF", "application/pdf", "%PDF-1.7 …");

    public static readonly Description StatementHtml = OfStatement(
        "Show a customer's statement as a page", "text/html", "<!doctype html> …");

    public static readonly Description StatementCsv = OfStatement(
        "Download a customer's statement as CSV", "text/csv", "customer,currency,kind …");

    private static Description OfInvoice(string summary, string type, string text) =>
        new(Tag, summary, "Returns the invoice with its exact totals, in the language of the invoice settings.")
    {
        Answers = [Example.OfText(200, "The file.", type, text)],
        Errors = [ErrorCode.InvoiceNotFound],
    };

    private static Description OfCreditNote(string summary, string type, string text) =>
        new(Tag, summary, "Returns the credit note, which names the invoice that it corrects.")
    {
        Path = new Dictionary<string, string> { ["note"] = "The credit note's id, as the invoice lists it." },
        Answers = [Example.OfText(200, "The file.", type, text)],
        Errors = [ErrorCode.InvoiceNotFound],
    };

    private static Description OfStatement(string summary, string? type, string? text) => new(
        Tag, summary,
        "Lists invoices, credit notes, payments, and voided or uncollectible invoices, with the balance after each. "
            + "The closing balance of a statement is the opening balance of the next one.")
    {
        Query = Range,
        Answers = type is null ? [] : [Example.OfText(200, "The file.", type, text!)],
        Errors = [ErrorCode.CustomerNotFound, ErrorCode.ValidationFailed],
    };
}
