using Tollgate.Contracts.Http;
using Tollgate.Contracts.Invoicing;
using Tollgate.Core.Invoicing;
using Tollgate.Core.Money;
using Tollgate.Engine.Invoicing;
using Tollgate.Engine.Projects;
using Tollgate.Server.Http;

namespace Tollgate.Server.Invoicing;

/// <summary><c>/v1/invoice-settings</c> and <c>/v1/tax-rates</c>: the seller and form of a project's invoices, and their taxes.</summary>
public static class InvoiceSettingsEndpoints
{
    private const int LongestName = 200;
    private const int MostAddressLines = 6;
    private const int LongestPrefix = 20;
    private const int LongestCategory = 63;
    private const int MostDueDays = 365;
    private const int LongestFooter = 500;
    private const int LargestLogo = 262_144;
    private const int MostRates = 500;
    private const decimal SmallestStep = 0.0001m;

    public static void MapInvoiceSettings(this WebApplication app)
    {
        var queries = app.Services.GetRequiredService<InvoiceQueries>();

        app.MapGet("/v1/invoice-settings", (RequestDelegate)(context => ShowAsync(context, queries)))
            .RequireKey(Access.Secret, Scope.BillingRead)
            .Describe(InvoiceSettingsDescriptions.Show);
        app.MapPut("/v1/invoice-settings", (RequestDelegate)(context => SetAsync(context, queries)))
            .RequireKey(Access.Secret, Scope.BillingWrite)
            .Describe(InvoiceSettingsDescriptions.Set);
        app.MapGet("/v1/tax-rates", (RequestDelegate)(context => ShowTaxesAsync(context, queries)))
            .RequireKey(Access.Secret, Scope.BillingRead)
            .Describe(InvoiceSettingsDescriptions.ShowTaxes);
        app.MapPut("/v1/tax-rates", (RequestDelegate)(context => SetTaxesAsync(context, queries)))
            .RequireKey(Access.Secret, Scope.BillingWrite)
            .Describe(InvoiceSettingsDescriptions.SetTaxes);
    }

    private static async Task ShowAsync(HttpContext context, InvoiceQueries queries)
    {
        var settings = await queries.SettingsAsync(context.Project(), context.RequestAborted);
        var hasLogo = await queries.LogoAsync(context.Project(), context.RequestAborted) is not null;
        await Answer.Json(context, StatusCodes.Status200OK, Of(settings, hasLogo), WireJson.Default.InvoiceSettingsBody);
    }

    private static async Task SetAsync(HttpContext context, InvoiceQueries queries)
    {
        if (await Body.ReadAsync(context, WireJson.Default.InvoiceSettingsBody) is not { } body)
        {
            return;
        }

        var faults = new Faults();
        Check(body, faults);
        var logo = LogoOf(body.Logo, faults);
        if (faults.Any)
        {
            await faults.WriteAsync(context);
            return;
        }

        var project = context.Project();
        InvoiceSettings With(IReadOnlyList<TaxRule> rates) => new()
        {
            Seller = new()
            {
                Name = body.Name ?? project.Name, Address = body.Address ?? [], Email = body.Email, Country = body.Country,
                TaxId = body.TaxId,
            },
            Prefix = body.NumberPrefix ?? project.Code.ToUpperInvariant(),
            DueDays = body.DueDays ?? InvoiceSettings.DefaultDueDays,
            LargestTotal = body.LargestTotal,
            Footer = body.Footer,
            Language = body.Language ?? "en",
            TaxRates = rates,
            ReversesWhilePending = body.ReverseChargeWhilePending ?? true,
        };
        await queries.ChangeSettingsAsync(project, current => With(current.TaxRates), body.Logo is not null, logo, context.RequestAborted);
        await ShowAsync(context, queries);
    }

    private static async Task ShowTaxesAsync(HttpContext context, InvoiceQueries queries) =>
        await AnswerAsync(context, (await queries.SettingsAsync(context.Project(), context.RequestAborted)).TaxRates);

    private static async Task SetTaxesAsync(HttpContext context, InvoiceQueries queries)
    {
        if (await Body.ReadAsync(context, WireJson.Default.TaxRates) is not { } body)
        {
            return;
        }

        var faults = new Faults();
        if (faults.Required(body.Rates, "rates"))
        {
            faults.Range(body.Rates!.Count, "rates", 0, MostRates);
            for (var i = 0; i < body.Rates.Count; i++)
            {
                Check(body.Rates[i], $"rates[{i}]", faults);
            }
        }

        if (faults.Any)
        {
            await faults.WriteAsync(context);
            return;
        }

        var rates = body.Rates!.Select(static rate => new TaxRule(
            rate.Country!, rate.Region, rate.Name!, new Percent(rate.Percent!.Value), rate.Inclusive ?? false, rate.ReverseCharge ?? false)
        {
            Category = rate.Category,
        }).ToArray();
        await queries.ChangeSettingsAsync(
            context.Project(), settings => settings with { TaxRates = rates }, false, null, context.RequestAborted);
        await AnswerAsync(context, rates);
    }

    private static Task AnswerAsync(HttpContext context, IReadOnlyList<TaxRule> rates) => Answer.Json(
        context,
        StatusCodes.Status200OK,
        new TaxRates
        {
            Rates =
            [
                .. rates.Select(static rate => new TaxRateBody
                {
                    Country = rate.Country, Region = rate.Region, Name = rate.Name, Percent = rate.Rate.Value, Inclusive = rate.IsInclusive,
                    ReverseCharge = rate.ReverseCharge, Category = rate.Category,
                }),
            ],
        },
        WireJson.Default.TaxRates);

    private static InvoiceSettingsBody Of(InvoiceSettings settings, bool hasLogo) => new()
    {
        Name = settings.Seller.Name,
        Address = settings.Seller.Address,
        Email = settings.Seller.Email,
        Country = settings.Seller.Country,
        TaxId = settings.Seller.TaxId,
        NumberPrefix = settings.Prefix,
        DueDays = settings.DueDays,
        LargestTotal = settings.LargestTotal,
        ReverseChargeWhilePending = settings.ReversesWhilePending,
        Footer = settings.Footer,
        Language = settings.Language,
        HasLogo = hasLogo,
    };

    private static void Check(InvoiceSettingsBody body, Faults faults)
    {
        faults.Text(body.Name, "name", LongestName);
        faults.Range(body.Address?.Count, "address", 0, MostAddressLines);
        foreach (var line in body.Address ?? [])
        {
            faults.Required(line, "address");
            faults.Text(line, "address", LongestName);
        }

        faults.Text(body.Email, "email", LongestName);
        faults.Country(body.Country, "country");
        faults.Text(body.TaxId, "tax_id", LongestName);
        if (body.NumberPrefix is { } prefix
            && (prefix.Length is 0 or > LongestPrefix
                || prefix.Any(static c => !char.IsAsciiLetterUpper(c) && !char.IsAsciiDigit(c) && c != '-')))
        {
            faults.Add("number_prefix", FaultCode.InvalidFormat, $"1 to {LongestPrefix} of A–Z, 0–9 and - are expected.");
        }

        faults.Range(body.DueDays, "due_days", 0, MostDueDays);
        faults.Range(body.LargestTotal, "largest_total", 1, long.MaxValue);
        faults.Text(body.Footer, "footer", LongestFooter);
        faults.OneOf(body.Language, "language", [.. InvoiceLocale.All.Select(static locale => locale.Tag)]);
    }

    private static void Check(TaxRateBody? rate, string path, Faults faults)
    {
        if (!faults.Required(rate, path) || rate is null)
        {
            return;
        }

        if (faults.Required(rate.Country, $"{path}.country"))
        {
            faults.Country(rate.Country, $"{path}.country");
        }

        faults.Text(rate.Region, $"{path}.region", LongestPrefix);
        faults.Text(rate.Category, $"{path}.category", LongestCategory);
        faults.Required(rate.Name, $"{path}.name");
        faults.Text(rate.Name, $"{path}.name", LongestName);
        if (faults.Required(rate.Percent, $"{path}.percent") && (rate.Percent is < 0 or > 100 || rate.Percent % SmallestStep != 0))
        {
            faults.Add($"{path}.percent", FaultCode.OutOfRange, "0 to 100 with at most 4 decimals is expected.");
        }
    }

    /// <summary>Null: none. Accepts only pictures that a page and a PDF can show.</summary>
    private static byte[]? LogoOf(string? base64, Faults faults)
    {
        if (string.IsNullOrEmpty(base64))
        {
            return null;
        }

        var bytes = new byte[base64.Length];
        if (!Convert.TryFromBase64String(base64, bytes, out var length) || length > LargestLogo)
        {
            faults.Add("logo", FaultCode.InvalidFormat, $"A picture in base64 of at most {LargestLogo} bytes is expected.");
            return null;
        }

        ReadOnlySpan<byte> picture = bytes.AsSpan(0, length);
        if (!picture.StartsWith<byte>([0x89, (byte)'P', (byte)'N', (byte)'G']) && !picture.StartsWith<byte>([0xFF, 0xD8, 0xFF]))
        {
            faults.Add("logo", FaultCode.InvalidFormat, "A PNG or a JPEG is expected.");
        }

        return picture.ToArray();
    }
}
