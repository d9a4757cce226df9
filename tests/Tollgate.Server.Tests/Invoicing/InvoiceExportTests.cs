using Tollgate.Server.Tests.Customers;
using Tollgate.Server.Tests.Subscriptions;

namespace Tollgate.Server.Tests.Invoicing;

/// <summary>The file of many invoices is written page by page.</summary>
[Collection(RunningServerTests.Invoicing)]
public sealed class InvoiceExportTests(RunningServer running)
{
    /// <summary>Ten years and a month: more than a page of the export.</summary>
    private const int Months = 121;

    [Fact]
    public async Task An_export_of_several_pages_is_one_file_that_is_never_whole_in_memory()
    {
        var sandbox = await BillingSandbox.StartAsync(running, "2027-04-01T00:00:00Z");
        await sandbox.SubscribeAsync("""{"customer": "long", "plan": "pro", "trial": false}""");
        await sandbox.AdvanceAsync("2037-03-30T00:00:00Z");
        await sandbox.AdvanceAsync("2037-04-02T00:00:00Z");

        using var answer = await sandbox.FetchAsync("/v1/invoices.csv?order=asc");
        var file = await answer.Content.ReadAsStringAsync();

        answer.Headers.TransferEncodingChunked.ShouldBe(true, "It left before its length was known.");
        answer.Content.Headers.ContentType!.ToString().ShouldBe("text/csv; charset=utf-8; header=present");
        answer.Content.Headers.ContentDisposition!.FileName!.Trim('"').ShouldBe("invoices.csv");
        var rows = file.Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        rows.Count(static row => row.StartsWith("invoice_number,", StringComparison.Ordinal)).ShouldBe(1);
        var numbers = rows.Skip(1).Select(static row => row[..row.IndexOf(',', StringComparison.Ordinal)]).Distinct().ToList();
        numbers.Count.ShouldBe(Months);
        numbers.ShouldBeInOrder();
    }
}
