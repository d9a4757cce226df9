using System.Globalization;
using System.IO.Compression;
using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Npgsql;
using Tollgate.Server.Tests.Catalog;
using Tollgate.Web.Layout;

namespace Tollgate.Server.Tests.Checkouts;

/// <summary>The public pricing page: its project, its weight, its caches, and what hostile texts and addresses cannot do.</summary>
[Collection(nameof(CatalogServer))]
public sealed partial class PricingPageTests(CatalogServer catalogs)
{
    private const string Hostile = "</script><script>alert(1)</script><img src=x onerror=alert(1)>\\\"'&{{x}}";

    private static readonly string Texts =
        $$"""
        code: hostile
        name: Hostile
        default_plan: free
        features:
          - { code: scan, name: '{{Quoted}}', description: '{{Quoted}}' }
        plans:
          - { code: free, name: '{{Quoted}}', tagline: '{{Quoted}}', bullets: ['{{Quoted}}'], prices: [{ interval: monthly, amount: 0 }], entitlements: [{ feature: scan, quota: 1 }] }
          - { code: old, name: Old and gone, active: false, prices: [{ interval: monthly, amount: 12345 }] }
          - { code: pro, name: Pro, prices: [{ interval: monthly, amount: 1000, trial_days: 7 }, { interval: yearly, amount: 10000 }, { interval: monthly, currency: EUR, amount: 900 }], entitlements: [{ feature: scan, quota: 10 }] }
        pricing_page:
          headline: '{{Quoted}}'
          subline: '{{Quoted}}'
          signup_url: 'https://app.example.com/join?plan={plan}&period={period}&currency={currency}'
          tax_note: '{{Quoted}}'
          faq: [{ question: '{{Quoted}}', answer: '{{Quoted}}' }]
          testimonials: [{ quote: '{{Quoted}}', name: '{{Quoted}}', role: '{{Quoted}}' }]
        """;

    private static string Quoted => Hostile.Replace("'", "''", StringComparison.Ordinal);

    private HttpClient Http => catalogs.Server.Http;

    [Theory]
    [InlineData("career-coach", 4)]
    [InlineData("email-assistant", 4)]
    [InlineData("resume-ats", 3)]
    [InlineData("alwrity", 4)]
    [InlineData("trendit", 3)]
    public async Task Page_and_style_of_a_product_weigh_at_most_40_kB(string project, int plans)
    {
        var html = await GetAsync($"/{project}/pricing");
        var style = Regex.Match(html, "<link rel=\"stylesheet\" href=\"([^\"]+)\"").Groups[1].Value;
        (Packed(html) + Packed(await GetAsync(style))).ShouldBeLessThanOrEqualTo(40 * 1024);
        Regex.Count(html, "<article class=\"plan").ShouldBe(plans);
        html.ShouldNotContain("<style");
        Regex.Matches(html, "<script[^>]*>").Select(static one => one.Value)
            .ShouldBe(["<script type=\"application/ld+json\">", $"<script type=\"module\" src=\"{PageAssets.Pricing.Path}\">"]);
    }

    [Fact]
    public async Task The_address_the_host_or_the_default_selects_the_project()
    {
        (await GetAsync("/trendit/pricing")).ShouldContain("https://schema.org");
        TitleOf(await GetAsync("/pricing")).ShouldContain("Career Coach");
        TitleOf(await GetAsync("/trendit/pricing")).ShouldContain("Trendit");
        TitleOf(await GetAsync("/p/trendit/pricing")).ShouldContain("Trendit");
        (await CanonicalAsync("/p/trendit/pricing")).ShouldEndWith("/trendit/pricing");
        (await CanonicalAsync("/pricing?currency=EUR&period=yearly")).ShouldEndWith("/pricing");

        foreach (var none in new[] { "/nobody/pricing", "/p/trendit/trendit/pricing", "/p/trendit/alwrity/pricing", "/مدرب/pricing" })
        {
            using var page = await SendAsync(none, ("Accept", "text/html"));
            (page.StatusCode, page.Content.Headers.ContentType!.MediaType).ShouldBe((HttpStatusCode.NotFound, "text/html"), none);
            (await page.Content.ReadAsStringAsync()).ShouldContain(PageStyle);
            using var problem = await SendAsync(none);
            problem.Content.Headers.ContentType!.MediaType.ShouldBe("application/problem+json", none);
        }
    }

    [Fact]
    public async Task Texts_of_a_catalogue_are_text_and_archived_plans_are_not_shown()
    {
        using var client = await catalogs.CreateProjectAsync("hostile-page", Texts);
        var html = await GetAsync("/hostile-page/pricing");

        html.ShouldNotContain("<script>alert");
        html.ShouldNotContain("<img src=x");
        html.ShouldNotContain("Old and gone");
        html.ShouldNotContain("123.45");
        html.ShouldContain("https://app.example.com/join?plan=pro&amp;period=yearly&amp;currency=USD");
        var data = JsonElement.Parse(Data().Match(html).Groups[1].Value).GetProperty("@graph");
        data[1].GetProperty("mainEntity")[0].GetProperty("acceptedAnswer").GetProperty("text").GetString().ShouldBe(Hostile);
        data[0].GetProperty("offers").EnumerateArray()
            .Select(static one => (one.GetProperty("price").GetString(), one.GetProperty("priceCurrency").GetString()))
            .ShouldBe([("0.00", "USD"), ("10.00", "USD"), ("100.00", "USD")]);
    }

    [Fact]
    public async Task A_currency_shows_its_own_prices_and_says_what_it_does_not_sell()
    {
        using var client = await catalogs.CreateProjectAsync("euro-page", Texts);
        var html = await GetAsync("/euro-page/pricing?currency=EUR");
        WebUtility.HtmlDecode(html).ShouldContain("<strong>€9</strong>");
        html.ShouldNotContain("<strong>$10</strong>");
        (await GetAsync("/euro-page/pricing?currency=EGP")).ShouldContain("<strong>$10</strong>");
    }

    [Fact]
    public async Task A_project_without_a_plan_on_offer_says_so()
    {
        using var client = await catalogs.CreateProjectAsync(
            "empty-page", "{ code: none, name: None, default_plan: free, plans: [{ code: free, name: Gone, active: false }] }");
        var html = await GetAsync("/empty-page/pricing");
        html.ShouldContain("No plans are available at the moment");
        html.ShouldNotContain("Gone");
    }

    [Fact]
    public async Task A_new_price_is_on_the_next_page()
    {
        var catalog = "{ code: news, name: News, default_plan: pro, plans: [{ code: pro, name: Pro, prices: [{ interval: monthly, amount: 700 }] }] }";
        using var client = await catalogs.CreateProjectAsync("news-page", catalog);
        (await GetAsync("/news-page/pricing")).ShouldContain("<strong>$7</strong>");
        using var put = await client.PutCatalogAsync(catalog.Replace("700", "800", StringComparison.Ordinal));
        put.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await GetAsync("/news-page/pricing")).ShouldContain("<strong>$8</strong>");
        using var brand = await client.PutAsync(
            new Uri("/v1/branding", UriKind.Relative), new StringContent("""{"name": "Newer"}""", Encoding.UTF8, "application/json"));
        TitleOf(await GetAsync("/news-page/pricing")).ShouldContain("Newer");
    }

    [Fact]
    public async Task Caches_may_keep_it_for_a_minute_and_nothing_of_another_site_runs_in_it()
    {
        using var first = await SendAsync("/career-coach/pricing", ("Accept-Encoding", "gzip"));
        first.Content.Headers.ContentEncoding.ShouldBe(["gzip"]);
        first.Headers.CacheControl!.ToString().ShouldBe("public, max-age=60");
        first.Headers.GetValues("Content-Security-Policy").Single().ShouldStartWith("default-src 'none'; script-src 'self';");
        first.Headers.GetValues("Content-Security-Policy").Single().ShouldNotContain("unsafe");
        first.Headers.GetValues("X-Frame-Options").ShouldBe(["DENY"]);
        first.Headers.GetValues("X-Content-Type-Options").ShouldBe(["nosniff"]);

        using var again = await SendAsync("/career-coach/pricing", ("If-None-Match", first.Headers.ETag!.ToString()));
        again.StatusCode.ShouldBe(HttpStatusCode.NotModified);
        using var request = new HttpRequestMessage(HttpMethod.Head, "/career-coach/pricing");
        using var head = await Http.SendAsync(request);
        (head.StatusCode, (await head.Content.ReadAsByteArrayAsync()).Length).ShouldBe((HttpStatusCode.OK, 0));
        head.Content.Headers.ContentLength!.Value.ShouldBeGreaterThan(10_000);
    }

    [Theory]
    [InlineData("use_cv_generate=-1", "Enter a number")]
    [InlineData("use_cv_generate=1e9", "Enter a number")]
    [InlineData("use_cv_generate=99999999999999", "Enter at most 1,000,000,000,000")]
    [InlineData("use_cv_generate=999999999999999999999999999999999999", "Enter a number")]
    [InlineData("use_cv_generate=%3Cscript%3Ealert(1)%3C/script%3E", "&lt;script&gt;")]
    [InlineData("hours=1489", "Enter at most 1,488")]
    [InlineData("rate=%00", "Enter a number")]
    [InlineData("rate=29,90", "Write decimals with a point")]
    [InlineData("rate=1.000,50", "Write decimals with a point")]
    [InlineData("rate=,1", "Write decimals with a point")]
    [InlineData("use_cv_generate=1,234,567.5", "value=\"1234567.5\"")]
    [InlineData("use_cv_generate=1&use_cv_generate=x", "Enter a number")]
    [InlineData("use_nothing=7&period=daily&currency=%F0%9F%92%B6", "Most popular")]
    public async Task Bad_input_of_a_visitor_is_at_worst_a_note_at_its_field(string query, string said)
    {
        using var page = await SendAsync("/career-coach/pricing?" + query);
        var html = await page.Content.ReadAsStringAsync();
        page.StatusCode.ShouldBe(HttpStatusCode.OK);
        html.ShouldContain(said);
        html.ShouldNotContain("<script>");
    }

    /// <summary>The names of a query have no case, so a page for everybody must not read one that only looks unknown.</summary>
    [Theory]
    [InlineData("?Use_scan=123&HOURS=77&Seats=9")]
    [InlineData("?USE_SCAN=123&Rate=5&Hours=77")]
    public async Task A_page_shows_no_number_that_another_visitor_entered(string query)
    {
        var code = "mine-" + Guid.NewGuid().ToString("N")[..8];
        using var client = await catalogs.CreateProjectAsync(code, Texts);
        var mine = await GetAsync($"/{code}/pricing{query}");
        mine.ShouldContain("value=\"123\"");
        mine.ShouldContain("value=\"77\"");
        var all = await GetAsync($"/{code}/pricing");
        all.ShouldNotContain("value=\"123\"");
        all.ShouldNotContain("value=\"77\"");
        WebUtility.HtmlDecode(await GetAsync($"/{code}/pricing?Currency=EUR&PERIOD=yearly")).ShouldContain("<strong>€9</strong>");
    }

    /// <summary>The calculator knows the same free plans as the cards.</summary>
    [Theory]
    [InlineData("prices: [{ interval: monthly, amount: 0 }]", "?currency=EUR", "€0")]
    [InlineData("prices: []", "", "$0")]
    [InlineData("prices: [{ interval: yearly, amount: 0 }]", "", "$0")]
    [InlineData("prices: [{ interval: monthly, amount: 0 }]", "", "$0")]
    public async Task A_free_plan_costs_nothing_in_the_calculator_too(string prices, string query, string amount)
    {
        var code = "gratis-" + Guid.NewGuid().ToString("N")[..8];
        using var client = await catalogs.CreateProjectAsync(
            code,
            $$"""
            code: gratis
            name: Gratis
            default_plan: free
            features: [{ code: scan, name: Scans }]
            plans:
              - { code: free, name: Nothing, {{prices}}, entitlements: [{ feature: scan, quota: 5 }] }
              - { code: pro, name: Pro, prices: [{ interval: monthly, amount: 1000 }, { interval: monthly, currency: EUR, amount: 900 }, { interval: yearly, amount: 9000 }], entitlements: [{ feature: scan, quota: 10 }] }
            """);
        var html = await GetAsync($"/{code}/pricing{query}{(query.Length == 0 ? "?" : "&")}use_scan=5");
        html.ShouldContain("Free of charge");
        var bill = Regex.Matches(html, "<li class=\"[a-z]*\">.*?</li>", RegexOptions.Singleline).Select(static one => one.Value)
            .First(static one => one.Contains("Nothing", StringComparison.Ordinal));
        WebUtility.HtmlDecode(bill).ShouldContain($"<strong>{amount}</strong>");
        bill.ShouldContain("Cheapest");
    }

    /// <summary>A tenant's page runs in a moment, however large its catalogue: strangers choose how often.</summary>
    [Fact]
    public async Task A_catalogue_at_its_limits_makes_a_page_of_bounded_size_in_a_moment()
    {
        var features = string.Join(",", Enumerable.Range(0, 500).Select(static i => $"{{code: f{i}, name: Feature {i}}}"));
        var gives = string.Join(",", Enumerable.Range(0, 500).Select(static i => $"{{feature: f{i}, quota: {i + 1}}}"));
        var plans = string.Join(
            ",", Enumerable.Range(0, 25).Select(i => $"{{code: p{i}, name: Plan {i}, prices: [{{interval: monthly, amount: {i}}}], entitlements: [{gives}]}}"));
        using var client = await catalogs.CreateProjectAsync(
            "large-page", $"{{code: large, name: Large, default_plan: p0, features: [{features}], plans: [{plans}]}}");
        await GetAsync("/large-page/pricing");
        var started = System.Diagnostics.Stopwatch.GetTimestamp();
        var html = await GetAsync("/large-page/pricing?use_f1=3");
        System.Diagnostics.Stopwatch.GetElapsedTime(started).ShouldBeLessThan(TimeSpan.FromSeconds(2));
        html.Length.ShouldBeLessThan(2_000_000);
    }

    [Fact]
    public async Task Hits_cost_no_query()
    {
        await GetAsync("/career-coach/pricing");
        await using var connection = new NpgsqlConnection(catalogs.Database.ConnectionString);
        await connection.OpenAsync();
        var before = await TransactionsAsync(connection);
        for (var i = 0; i < 1_000; i++)
        {
            (await GetAsync(i % 2 == 0 ? "/career-coach/pricing" : string.Create(CultureInfo.InvariantCulture, $"/pricing?use_cv_generate={i}")))
                .Length.ShouldBeGreaterThan(10_000);
        }

        await Task.Delay(TimeSpan.FromSeconds(2), TestContext.Current.CancellationToken);
        (await TransactionsAsync(connection) - before).ShouldBeLessThan(900, "Loops of the server query the database too, but not once for each hit.");
    }

    private static string PageStyle => "<link rel=\"stylesheet\" href=\"/assets/tollgate.";

    private static async Task<long> TransactionsAsync(NpgsqlConnection connection)
    {
        await using var command = new NpgsqlCommand(
            "SELECT xact_commit + xact_rollback FROM pg_stat_database WHERE datname = current_database()", connection);
        return (long)(await command.ExecuteScalarAsync())!;
    }

    private static int Packed(string text)
    {
        using var bytes = new MemoryStream();
        using (var pack = new GZipStream(bytes, CompressionLevel.Optimal))
        {
            pack.Write(Encoding.UTF8.GetBytes(text));
        }

        return (int)bytes.ToArray().Length;
    }

    private static string TitleOf(string html) => Regex.Match(html, "<title>(.*?)</title>").Groups[1].Value;

    private async Task<string> CanonicalAsync(string path) =>
        Regex.Match(await GetAsync(path), "<link rel=\"canonical\" href=\"([^\"]+)\"").Groups[1].Value;

    private async Task<string> GetAsync(string path)
    {
        using var page = await SendAsync(path);
        var text = await page.Content.ReadAsStringAsync();
        page.StatusCode.ShouldBe(HttpStatusCode.OK, text);
        return text;
    }

    private async Task<HttpResponseMessage> SendAsync(string path, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        return await Http.SendAsync(request);
    }

    [GeneratedRegex("<script type=\"application/ld\\+json\">(.*?)</script>", RegexOptions.Singleline)]
    private static partial Regex Data();
}
