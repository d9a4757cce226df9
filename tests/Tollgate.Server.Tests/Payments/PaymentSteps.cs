using System.Net;
using Tollgate.Server.Tests.Customers;
using Tollgate.Server.Tests.Subscriptions;

namespace Tollgate.Server.Tests.Payments;

/// <summary>Steps that many tests of payments share.</summary>
internal static class PaymentSteps
{
    /// <summary>A customer with an open invoice over $29.</summary>
    public static async Task<(BillingSandbox Sandbox, string Invoice)> OwingAsync(RunningServer running, string? card)
    {
        var sandbox = await BillingSandbox.StartAsync(running, "2027-01-31T00:00:00Z");
        await sandbox.SubscribeAsync("""{"customer": "acme", "plan": "pro", "trial": false}""");
        if (card is not null)
        {
            await AddCardAsync(sandbox, card);
        }

        return (sandbox, (await sandbox.Door.GetAsync("/v1/invoices?customer=acme"))["data"][0]!["id"]!.GetValue<string>());
    }

    public static string Body(string invoice) => $$"""{"invoice": "{{invoice}}"}""";

    public static string Word(Came came, string member) => came[member].GetValue<string>();

    public static async Task<Came> ChargeAsync(BillingSandbox sandbox, string invoice)
    {
        var came = await sandbox.Door.PostAsync("/v1/payments", Body(invoice));
        came.Status.ShouldBe(HttpStatusCode.Created, came.Json?.ToJsonString());
        return came;
    }

    public static async Task<string> AddCardAsync(BillingSandbox sandbox, string token)
    {
        var came = await sandbox.Door.PostAsync("/v1/customers/acme/payment-methods", $$"""{"token": "{{token}}"}""");
        came.Status.ShouldBe(HttpStatusCode.Created, came.Json?.ToJsonString());
        return Word(came, "id");
    }

    public static async Task<(string Status, long Paid, long Due)> InvoiceAsync(BillingSandbox sandbox, string id)
    {
        var invoice = await sandbox.Door.GetAsync("/v1/invoices/" + id);
        return (Word(invoice, "status"), invoice["amount_paid"].GetValue<long>(), invoice["amount_due"].GetValue<long>());
    }

    public static async Task RefusedAsync(BillingSandbox sandbox, string path, string body, HttpStatusCode status, string code)
    {
        var came = await sandbox.Door.PostAsync(path, body);
        (came.Status, Word(came, "code")).ShouldBe((status, code), came.Json!.ToJsonString());
    }

    /// <summary>Triggers an event at the sandbox's bank.</summary>
    public static async Task HappenAsync(BillingSandbox sandbox, string type, string payment, string more = "")
    {
        var came = await sandbox.Door.PostAsync("/v1/sandbox/events", $$"""{"type": "{{type}}", "payment": "{{payment}}"{{more}}}""");
        came.Status.ShouldBe(HttpStatusCode.NoContent, came.Json?.ToJsonString());
    }

    /// <summary>The checks of verify that find something.</summary>
    public static async Task<string[]> FoundAsync(RunningServer running, BillingSandbox sandbox)
    {
        var report = await running.DoorWith(running.Server.AdminKey)
            .SendAsync(HttpMethod.Post, "/v1/verify", null, ("X-Project", sandbox.Code));
        return [.. report["checks"].AsArray().Where(static one => one!["count"]!.GetValue<long>() > 0 && one["break"]!.GetValue<bool>())
            .Select(static one => one!["kind"]!.GetValue<string>())];
    }
}
