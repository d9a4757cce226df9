using System.Net;
using System.Text.Json.Nodes;
using Tollgate.Server.Tests.Customers;
using Tollgate.Server.Tests.Invoicing;
using Tollgate.Server.Tests.Subscriptions;

namespace Tollgate.Server.Tests.Reports;

/// <summary>Reports as JSON, CSV and PDF, compared with the operations that they name as sources.</summary>
[Collection(RunningServerTests.Invoicing)]
public sealed class ReportApiTests(RunningServer running)
{
    private const string Days = "from=2027-01-01&to=2027-03-31";

    private static readonly string[] Business = ["revenue", "segments", "churn", "growth"];

    [Fact]
    public async Task Each_figure_is_that_of_its_source()
    {
        var sandbox = await QuarterAsync();
        foreach (var kind in Business)
        {
            var report = (await sandbox.Door.GetAsync($"/v1/reports/{kind}?{Days}")).Json!;
            foreach (var section in report["sections"]!.AsArray())
            {
                await CompareAsync(sandbox, section!);
            }
        }

        var churn = (await sandbox.Door.GetAsync("/v1/reports/churn?from=2027-02-01&to=2027-03-31")).Json!;
        Rows(Section(churn, "reasons")).ShouldBe(["too_expensive 1 2900"]);
        var growth = (await sandbox.Door.GetAsync($"/v1/reports/growth?{Days}")).Json!;
        Rows(Section(growth, "growth")).Length.ShouldBeGreaterThan(3, "The projection needs earlier months than those of the report.");
        var revenue = (await sandbox.Door.GetAsync($"/v1/reports/revenue?{Days}")).Json!;
        var margins = (await sandbox.Door.GetAsync($"/v1/analytics/margins?group_by=plan&{Days}")).Json!;
        Section(revenue, "margins")["total"]!.AsArray().Select(static cell => cell?.ToString()).ShouldBe(
            ["Total", Text(margins, "revenue"), Text(margins, "cost"), Text(margins, "profit"), margins["margin"]?.ToString()]);
    }

    [Fact]
    public async Task A_customers_figures_are_those_of_its_usage_and_costs()
    {
        var sandbox = await QuarterAsync();
        const string days = "from=2027-03-01&to=2027-03-31";
        var report = (await sandbox.Door.GetAsync($"/v1/customers/acme/reports/usage?{days}")).Json!;
        var usage = (await sandbox.Door.GetAsync("/v1/customers/acme/usage")).Json!["features"]!;
        Rows(Section(report, "features"), 4).ShouldBe(
            [.. usage.AsObject().OrderBy(static one => one.Key, StringComparer.Ordinal).Select(static one =>
                $"{one.Key} {one.Value!["used"]} {one.Value["limit"]} {one.Value["remaining"]}")]);
        var costs = (await sandbox.Door.GetAsync($"/v1/customers/acme/costs?{days}")).Json!;
        Rows(Section(report, "models")).ShouldBe(
            [.. costs["by_model"]!.AsArray().Select(static one =>
                $"{one!["model"]} {one["provider"]} {one["calls"]} {one["errors"]} {one["input_tokens"]} {one["output_tokens"]} {one["cost_usd"]}")]);
        Section(report, "models")["total"]!.AsArray()[^1]!.ToString().ShouldBe(Text(costs["total"]!, "cost_usd"));

        var adoption = (await sandbox.Door.GetAsync("/v1/customers/acme/reports/adoption")).Json!;
        Rows(Section(adoption, "features")).ShouldBe(["calls yes 7 100", "exports no 0 10"]);
        Section(adoption, "features")["total"]!.AsArray()[0]!.ToString().ShouldBe("1 of 2 in use");

        var file = await (await sandbox.FetchAsync($"/v1/customers/acme/reports/usage.csv?{days}")).Content.ReadAsStringAsync();
        file.ShouldContain("\r\nmodels,'=cmd|'/c calc'!A0,", Case.Sensitive, "A spreadsheet must not run a model's name.");
        file.ShouldContain("section,feature,used,limit,remaining,percent,resets_at\r\nfeatures,calls,7,100,93,7,");
    }

    [Fact]
    public async Task The_value_of_a_customer_is_that_of_its_signals()
    {
        var sandbox = await QuarterAsync();
        foreach (var (id, value) in ((string, string)[])[("v1", "1.5"), ("v2", "2.25")])
        {
            await OkAsync(sandbox.Door.PostAsync(
                "/v1/events",
                $$"""{"id": "{{id}}", "customer": "acme", "type": "value_metric", "properties": {"name": "hours_saved", "unit": "hours", "value": {{value}}} }"""));
        }

        const string days = "from=2027-03-01&to=2027-04-30";
        var report = (await sandbox.Door.GetAsync($"/v1/customers/acme/reports/value?{days}")).Json!;
        var success = (await sandbox.Door.GetAsync($"/v1/customers/acme/success?{days}")).Json!;
        var months = success["months"]!.AsArray().Append(success["total"]).SelectMany(static month =>
            month!["values"]!.AsArray().Select(value =>
                $"{month["month"] ?? "total"} {value!["name"]} {value["unit"]} {value["events"]} {value["total"]}"));
        Rows(Section(report, "values")).ShouldBe([.. months]);
        Rows(Section(report, "values"))[^1].ShouldBe("total hours_saved hours 2 3.75");
        Rows(Section(report, "success"), 2).ShouldBe(["2027-03 0", "2027-04 0"]);
    }

    [Fact]
    public async Task A_report_is_a_pdf_with_its_title_span_figures_and_pages()
    {
        var sandbox = await QuarterAsync();
        foreach (var kind in Business)
        {
            var file = await FileAsync(sandbox, $"/v1/reports/{kind}.pdf?{Days}");
            await KeepAsync(kind, file);
            var text = await Poppler.TextAsync(file);
            text.ShouldContain("Billing");
            text.ShouldContain("Page 1 of ");
            text.ShouldContain("Jan 1, 2027");
            text.ShouldContain("Mar 31, 2027");
        }

        var revenue = await Poppler.TextAsync(await FileAsync(sandbox, $"/v1/reports/revenue.pdf?{Days}"));
        var mrr = (await sandbox.Door.GetAsync($"/v1/analytics/mrr?{Days}")).Json!["mrr"]!.GetValue<long>();
        revenue.ShouldContain(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"${mrr / 100m:N2}"));

        var usage = await FileAsync(sandbox, "/v1/customers/acme/reports/usage.pdf?from=2027-03-01&to=2027-03-31");
        await KeepAsync("usage", usage);
        var drawn = await Poppler.TextAsync(usage);
        drawn.ShouldContain("Usage summary");
        drawn.ShouldContain("\"Ada\" & Söhne", Case.Sensitive, drawn);
        drawn.ShouldContain("=cmd|'/c calc'!A0");
    }

    [Fact]
    public async Task A_table_of_more_than_a_thousand_lines_is_cut_and_says_so()
    {
        var sandbox = await BillingSandbox.StartAsync(running, "2027-03-15T00:00:00Z");
        await OkAsync(sandbox.Door.PostAsync("/v1/customers", """{"id": "acme"}"""));
        var calls = Enumerable.Range(1, 1_100).Select(static n =>
            $$"""{"customer": "acme", "provider": "house", "model": "m-{{n}}", "input_tokens": {{n}}, "output_tokens": 0}""");
        foreach (var batch in calls.Chunk(500))
        {
            await OkAsync(sandbox.Door.PostAsync("/v1/llm-calls", $"[{string.Join(',', batch)}]"));
        }

        var report = (await sandbox.Door.GetAsync("/v1/customers/acme/reports/usage")).Json!;
        Section(report, "models")["rows"]!.AsArray().Count.ShouldBe(1_000);
        Section(report, "models")["has_more"]!.GetValue<bool>().ShouldBeTrue();
        Section(report, "models")["total"]!.AsArray()[2]!.ToString().ShouldBe("1100", "The sum is that of all.");
        Section(report, "features")["has_more"]!.GetValue<bool>().ShouldBeFalse();
        var pages = await Poppler.PagesAsync(await FileAsync(sandbox, "/v1/customers/acme/reports/usage.pdf"));
        pages[0].ShouldContain("Tables have their first 1,000 lines: Calls to models.");
        pages.Length.ShouldBeLessThan(50);
        pages[^1].ShouldContain($"Page {pages.Length} of {pages.Length}");
    }

    [Fact]
    public async Task Unknown_reports_days_and_customers_are_refused()
    {
        var sandbox = await BillingSandbox.StartAsync(running, "2027-01-01T00:00:00Z");
        var unknown = await sandbox.Door.GetAsync("/v1/reports/revenu.pdf");
        unknown.Status.ShouldBe(HttpStatusCode.NotFound);
        unknown["detail"].GetValue<string>().ShouldContain("'revenu'");
        unknown["detail"].GetValue<string>().ShouldContain("'revenue'");
        (await sandbox.Door.GetAsync("/v1/reports/usage")).Status.ShouldBe(HttpStatusCode.NotFound, "It is a customer's.");
        (await sandbox.Door.GetAsync("/v1/customers/nobody/reports/usage")).Status.ShouldBe(HttpStatusCode.NotFound);
        (await sandbox.Door.GetAsync("/v1/reports/revenue?from=2027-02-01&to=2027-01-01")).Status.ShouldBe(
            HttpStatusCode.UnprocessableEntity);
        (await sandbox.Door.GetAsync("/v1/reports/revenue.csv?from=yesterday")).Status.ShouldBe(HttpStatusCode.UnprocessableEntity);
    }

    /// <summary>A quarter in Cairo: acme and ben pay, ben leaves, gus begins.</summary>
    private async Task<BillingSandbox> QuarterAsync()
    {
        var sandbox = await BillingSandbox.StartAsync(running, "2027-01-01T00:00:00Z", zone: "Africa/Cairo");
        await OkAsync(sandbox.Door.PostAsync(
            "/v1/customers", """{"id": "acme", "name": "\"Ada\" & Söhne – شركة النور", "country": "EG"}"""));
        await sandbox.SubscribeAsync("""{"customer": "acme", "plan": "pro", "trial": false}""");
        var ben = await sandbox.SubscribeAsync("""{"customer": "ben", "plan": "pro", "trial": false}""");
        await sandbox.AdvanceAsync("2027-02-10T00:00:00Z");
        await OkAsync(sandbox.Door.PostAsync($"/v1/subscriptions/{ben}/cancel", """{"at": "now", "reason": "too_expensive"}"""));
        await sandbox.SubscribeAsync("""{"customer": "gus", "plan": "team", "quantity": 5, "trial": false}""");
        await sandbox.AdvanceAsync("2027-03-31T22:30:00Z");
        await OkAsync(sandbox.Door.PostAsync(
            "/v1/llm-calls",
            """
            [{"customer": "acme", "provider": "openai", "model": "gpt-4o", "input_tokens": 1000000, "output_tokens": 0},
             {"customer": "acme", "provider": "house", "model": "=cmd|'/c calc'!A0", "input_tokens": 10, "output_tokens": 0}]
            """));
        await sandbox.UseAsync("acme", "calls", 7);
        return sandbox;
    }

    /// <summary>Each row of the section is in the file of its source, in its columns and order.</summary>
    private static async Task CompareAsync(BillingSandbox sandbox, JsonNode section)
    {
        if (Text(section, "name") == "reasons")
        {
            return; // The test compares them itself: the file of the key figures has none.
        }

        var source = Text(section, "source").Replace("?", ".csv?", StringComparison.Ordinal);
        var file = await (await sandbox.FetchAsync(source)).Content.ReadAsStringAsync();
        var lines = file.Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        var names = lines[0].Split(',').ToList();
        int[] columns = [.. section["columns"]!.AsArray().Select(column => names.IndexOf(Text(column!, "name")))];
        columns.ShouldAllBe(static at => at >= 0, source);
        var all = lines.Skip(1).Select(static line => line.Split(','))
            .Select(cells => string.Join(' ', columns.Select(at => cells[at]))).ToList();
        var rows = Rows(section);
        var isPart = Text(section, "name") == "key_figures";
        rows.ShouldBe(isPart ? [.. all.Where(line => rows.Contains(line, StringComparer.Ordinal))] : [.. all], source);
        (rows.Length > 0).ShouldBeTrue(source);
    }

    private static JsonNode Section(JsonNode report, string name) =>
        report["sections"]!.AsArray().Single(section => Text(section!, "name") == name)!;

    private static string[] Rows(JsonNode section, int columns = 99) =>
        [.. section["rows"]!.AsArray().Select(row =>
            string.Join(' ', row!.AsArray().Take(columns).Select(static cell => cell?.ToString())))];

    private static async Task<byte[]> FileAsync(BillingSandbox sandbox, string path)
    {
        var answer = await sandbox.FetchAsync(path);
        answer.StatusCode.ShouldBe(HttpStatusCode.OK, path);
        answer.Content.Headers.ContentType!.ToString().ShouldBe("application/pdf");
        return await answer.Content.ReadAsByteArrayAsync();
    }

    /// <summary>TOLLGATE_KEEP_REPORTS: a folder for the files, to look at them.</summary>
    private static Task KeepAsync(string name, byte[] file) =>
        Environment.GetEnvironmentVariable("TOLLGATE_KEEP_REPORTS") is { } folder
            ? File.WriteAllBytesAsync(Path.Combine(folder, name + ".pdf"), file)
            : Task.CompletedTask;

    private static string Text(JsonNode from, string member) => from[member]!.GetValue<string>();

    private static async Task OkAsync(Task<Came> call)
    {
        var came = await call;
        ((int)came.Status).ShouldBeLessThan(300, came.Json?.ToJsonString());
    }
}
