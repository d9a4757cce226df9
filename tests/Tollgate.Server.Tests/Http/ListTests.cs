using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using Tollgate.Server.Http;
using Tollgate.Server.Tests.Customers;
using Tollgate.Server.Tests.Subscriptions;

namespace Tollgate.Server.Tests.Http;

/// <summary>Every list of the OpenAPI document, with the same questions to each, and the CSV files of lists.</summary>
public sealed class ListTests(ListHost host) : IClassFixture<ListHost>
{
    /// <summary>Lists whose places are texts of the caller or a provider: any text has a place in their order.</summary>
    private static readonly string[] OrderedByText =
    [
        "/v1/coupons", "/v1/customers", "/v1/customers/{id}/credits", "/v1/customers/{id}/grants", "/v1/customers/{id}/members",
        "/v1/customers/{id}/packs", "/v1/disputes", "/v1/projects", "/v1/provider-invoices", "/v1/subscriptions", "/v1/unmatched-events",
        "/v1/unpriced-models",
    ];

    /// <summary>Lists that need what the sandbox cannot do: failures of Tollgate, late events, subscriptions that Stripe manages.</summary>
    private static readonly string[] WithoutRows = ["/v1/billing/late-usage", "/v1/provider-invoices"];

    [Fact]
    public async Task Every_list_refuses_a_limit_that_is_no_number_from_1_to_100_and_repeats_it()
    {
        List<string> faults = [];
        foreach (var list in host.Lists)
        {
            foreach (var limit in (string[])["0", "101", "-1", "1.5", "ten", "99999999999"])
            {
                var came = await host.GetAsync(list, $"limit={limit}");
                if (came.Status != HttpStatusCode.UnprocessableEntity || FaultOf(came) is not ("limit", var detail)
                    || !detail.Contains($"'{limit}'", StringComparison.Ordinal))
                {
                    faults.Add($"{list.Path}?limit={limit}: {Told(came)}");
                }
            }

            foreach (var limit in (string[])["1", "100"])
            {
                var came = await host.GetAsync(list, $"limit={limit}");
                if (came.Status != HttpStatusCode.OK || came["data"].AsArray().Count > int.Parse(limit, CultureInfo.InvariantCulture))
                {
                    faults.Add($"{list.Path}?limit={limit}: {Told(came)}");
                }
            }
        }

        faults.ShouldBeEmpty();
    }

    [Fact]
    public async Task Every_list_refuses_a_place_that_it_does_not_have()
    {
        List<string> faults = [];
        foreach (var list in host.Lists)
        {
            var came = await host.GetAsync(list, "starting_after=nonsense");
            var isRight = OrderedByText.Contains(list.Path)
                ? came.Status == HttpStatusCode.OK
                : came.Status is HttpStatusCode.UnprocessableEntity or HttpStatusCode.NotFound
                    && Told(came).Contains("starting_after", StringComparison.Ordinal);
            if (!isRight)
            {
                faults.Add($"{list.Path}: {Told(came)}");
            }
        }

        faults.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_place_of_another_project_shows_nothing_of_it()
    {
        List<string> faults = [];
        foreach (var list in host.Lists.Where(static one => one.Path != "/v1/projects"))
        {
            var own = (await host.AllAsync(list, host.First)).ToHashSet(StringComparer.Ordinal);
            foreach (var place in (await host.AllAsync(list, host.Second)).Take(2))
            {
                var came = await host.GetAsync(list, $"limit=100&starting_after={Uri.EscapeDataString(place)}");
                if (came.Status != HttpStatusCode.OK
                    ? (int)came.Status is < 400 or >= 500
                    : !came["data"].AsArray().Select(list.PlaceOf).All(own.Contains))
                {
                    faults.Add($"{list.Path}: {Told(came)}");
                }
            }
        }

        faults.ShouldBeEmpty();
    }

    [Fact]
    public async Task Every_list_refuses_an_unknown_word_of_a_filter_and_names_the_nearest()
    {
        List<string> faults = [];
        var asked = 0;
        foreach (var list in host.Lists)
        {
            foreach (var (name, word) in list.Words)
            {
                var came = await host.GetAsync(list, $"{name}={word}x");
                asked++;
                if (came.Status != HttpStatusCode.UnprocessableEntity || FaultOf(came) is not (var param, var detail) || param != name
                    || !detail.Contains($"'{word}x'. Did you mean '", StringComparison.Ordinal))
                {
                    faults.Add($"{list.Path}?{name}={word}x: {Told(came)}");
                }
            }
        }

        faults.ShouldBeEmpty();
        asked.ShouldBeGreaterThan(12);
    }

    [Fact]
    public async Task Pages_of_one_row_have_each_row_of_every_list_once()
    {
        List<string> faults = [];
        foreach (var list in host.Lists)
        {
            var all = await host.AllAsync(list, host.First);
            List<string> walked = [];
            for (var (more, after) = (true, ""); more && walked.Count <= all.Count;)
            {
                var page = await host.GetAsync(list, $"limit=1{after}");
                page.Status.ShouldBe(HttpStatusCode.OK, $"{list.Path}: {Told(page)}");
                walked.AddRange(page["data"].AsArray().Select(list.PlaceOf));
                more = page["has_more"].GetValue<bool>();
                after = more ? $"&starting_after={Uri.EscapeDataString(walked[^1])}" : "";
            }

            if (!walked.SequenceEqual(all) || walked.Distinct().Count() != walked.Count)
            {
                faults.Add($"{list.Path}: {string.Join(' ', walked)} instead of {string.Join(' ', all)}");
            }

            if (all.Count < 2 && !WithoutRows.Contains(list.Path))
            {
                faults.Add($"{list.Path} has {all.Count} rows: nothing to page through.");
            }
        }

        faults.ShouldBeEmpty();
        host.Lists.Count.ShouldBe(41);
    }

    [Theory]
    [InlineData("/v1/customers.csv", "/v1/customers?limit=100", "id", "id,name,email,currency,time_zone,country,tax_id,vat_status,plan,")]
    [InlineData("/v1/payments.csv", "/v1/payments?limit=100", "id", "id,customer,invoice,provider_invoice,checkout,provider,")]
    [InlineData("/v1/payments.csv?status=failed", "/v1/payments?limit=100&status=failed", "id", "id,customer,invoice,")]
    [InlineData("/v1/subscriptions.csv", "/v1/subscriptions?limit=100", "id", "id,customer,plan,plan_version,period,status,")]
    [InlineData("/v1/subscriptions.csv?customer=c-1", "/v1/subscriptions?limit=100&customer=c-1", "id", "id,customer,plan,")]
    [InlineData("/v1/llm-calls.csv", "/v1/llm-calls?limit=100", "id", "id,customer,member,plan,feature,attribute_to,provider,model,")]
    [InlineData("/v1/events.csv", "/v1/events?limit=100", "id", "id,customer,type,feature,quantity,occurred_at,")]
    public async Task A_file_has_the_rows_of_its_list_in_their_order(string file, string list, string id, string header)
    {
        var rows = (await host.First.Door.GetAsync(list))["data"].AsArray().Select(row => row![id]!.GetValue<string>()).ToArray();
        using var answer = await host.First.FetchAsync(file);
        var lines = (await answer.Content.ReadAsStringAsync()).Split("\r\n");
        answer.StatusCode.ShouldBe(HttpStatusCode.OK, lines[0]);
        answer.Content.Headers.ContentType!.MediaType.ShouldBe("text/csv");
        answer.Content.Headers.ContentDisposition!.FileName!.ShouldContain(".csv");
        lines[0].ShouldStartWith(header);
        lines[1..^1].Select(static line => line.Split(',')[0]).ShouldBe(rows);
        lines[^1].ShouldBeEmpty();
        rows.ShouldNotBeEmpty();
    }

    [Fact]
    public async Task A_file_shows_amounts_in_minor_and_major_units_and_times_in_UTC()
    {
        using var answer = await host.First.FetchAsync("/v1/payments.csv?customer=c-1");
        var (names, cells) = await TableOfAsync(answer);
        cells.ShouldNotBeEmpty();
        (At("currency"), At("amount_minor"), At("amount")).ShouldBe(("USD", "2900", "29.00"));
        At("created_at").ShouldBe("2027-01-31T00:00:00Z");

        string At(string column) => cells[^1][Array.IndexOf(names, column)];
    }

    [Fact]
    public async Task A_file_refuses_what_its_list_refuses_and_takes_no_pages()
    {
        (await host.First.Door.GetAsync("/v1/payments.csv?status=x")).Status.ShouldBe(HttpStatusCode.UnprocessableEntity);
        (await host.First.Door.GetAsync("/v1/customers.csv?limit=1")).Status.ShouldBe(HttpStatusCode.UnprocessableEntity);
    }

    [Theory]
    [InlineData(0, 10, int.MaxValue, 0)]
    [InlineData(9, 10, int.MaxValue, 9)]
    [InlineData(10, 10, int.MaxValue, 10)]
    [InlineData(31, 10, int.MaxValue, 31)]
    [InlineData(31, 10, 20, 20)]
    public async Task An_export_reads_every_row_once(int rows, int size, int most, int expected)
    {
        string[] all = [.. Enumerable.Range(0, rows).Select(static n => n.ToString("D4", CultureInfo.InvariantCulture))];
        List<string> read = [];
        await foreach (var page in CsvExport.PagesAsync<string>(
            last => Task.FromResult<IReadOnlyList<string>>(
                [.. all.Where(row => last is null || string.CompareOrdinal(row, last) > 0).Take(size)]), size, most))
        {
            page.Count.ShouldBeLessThanOrEqualTo(size);
            read.AddRange(page);
        }

        read.ShouldBe(all[..expected]);
    }

    private static async Task<(string[] Names, string[][] Cells)> TableOfAsync(HttpResponseMessage answer)
    {
        var lines = (await answer.Content.ReadAsStringAsync()).Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        return (lines[0].Split(','), [.. lines[1..].Select(static line => line.Split(','))]);
    }

    private static (string Param, string Detail)? FaultOf(Came came) => came.Json?["errors"]?.AsArray() is [{ } fault]
        ? (fault["param"]!.GetValue<string>(), fault["detail"]!.GetValue<string>())
        : null;

    private static string Told(Came came) => $"{(int)came.Status} {came.Json?.ToJsonString()}";
}

/// <summary>A list of the document.</summary>
/// <param name="Words">Each parameter with a closed set, and the longest word of it.</param>
public sealed record ListOperation(string Path, IReadOnlyList<(string Name, string Word)> Words)
{
    /// <summary>The value of <c>starting_after</c> for the rows after this one.</summary>
    public string PlaceOf(JsonNode? row)
    {
        return Path switch
        {
            "/v1/coupons" or "/v1/projects" => Text("code"),
            "/v1/dunning" => Text("invoice"),
            "/v1/unmatched-events" => Text("type"),
            "/v1/unpriced-models" => row!["provider"] is null ? Text("model") : $"{Text("provider")}/{Text("model")}",
            "/v1/subscriptions/{id}/events" => row!["sequence"]!.ToJsonString(),
            _ => Text("id"),
        };

        string Text(string member) => row![member]!.GetValue<string>();
    }
}
