using System.Net;
using System.Text.Json.Nodes;
using Microsoft.Playwright;

namespace Tollgate.Web.Tests;

/// <summary>
/// The life of a customer of the career coach, only by the API, the pages and the mails: plans, checkout, quotas, a failed renewal, its
/// notices, and both ends.
/// </summary>
public sealed class CareerCoachStory(Shop shop, Browser browser)
{
    [Fact]
    public async Task From_plans_through_the_checkout_a_failed_renewal_and_its_grace_to_the_default_plan()
    {
        var (door, page, box) = await SubscribedAsync();
        await Declines(door, 9);

        await AdvanceAsync(door, "2027-02-09T23:59:59Z");
        (await NoticesAsync(door)).ShouldBeEmpty();

        // On each day of the grace period the customer keeps the plan, and a mail and the portal report every failure.
        (string Day, string Next, string Severity)[] grace =
            [("10", "We try again on 11 Feb", "warning"), ("11", "We try again on 13 Feb", "warning"),
                ("13", "We try again on 15 Feb", "warning"), ("15", "We try one last time on 17 Feb", "critical")];
        foreach (var (day, next, severity) in grace)
        {
            await AdvanceAsync(door, $"2027-02-{day}T00:00:00Z");
            (await StatusAsync(door)).ShouldBe("past_due");
            (await door.PlanOfAsync("ada")).ShouldBe("pro");
            (await IsAllowedAsync(door, 4)).ShouldBeTrue("Pro is kept in the grace.");
            var notice = (await NoticesAsync(door)).ShouldHaveSingleItem();
            (Text(notice, "code"), Text(notice, "severity")).ShouldBe(("payment_failed", severity));
            Text(notice, "text").ShouldContain(next);
            Text(notice, "text").ShouldEndWith("If you do not pay by 17 Feb 2027, Pro ends and you move to Free.");
            await OpenPortalAsync(door, page);
            await Assertions.Expect(page.GetByRole(AriaRole.Status)).ToContainTextAsync(next);
            await Assertions.Expect(page.Button("Pay $29.99 of invoice")).ToBeVisibleAsync();
        }

        await AdvanceAsync(door, "2027-02-17T00:00:00Z");
        (await StatusAsync(door)).ShouldBe("canceled");
        (await door.PlanOfAsync("ada")).ShouldBe("free");
        (await IsAllowedAsync(door, 4)).ShouldBeFalse("Free has one interview a month.");
        Text((await NoticesAsync(door)).ShouldHaveSingleItem(), "code").ShouldBe("plan_ended");
        await OpenPortalAsync(door, page);
        await Assertions.Expect(page.GetByRole(AriaRole.Status)).ToContainTextAsync("You are now on Free.");

        var owed = Text((await door.ListAsync("/v1/invoices?customer=ada&status=uncollectible")).Single()!, "number");
        (await box.SubjectsAsync(6)).ShouldBe(
        [
            $"01-10 Receipt for invoice {await FirstNumberAsync(door)}",
            $"02-10 Your payment for invoice {owed} did not go through",
            $"02-11 Your payment for invoice {owed} did not go through",
            $"02-13 Your payment for invoice {owed} did not go through",
            $"02-15 Your payment for invoice {owed} did not go through",
            $"02-17 Pro has ended: invoice {owed} was not paid",
        ]);
        var told = await EventsAsync(door, 20);
        told["subscription"].ShouldBe(["created", "renewed", "past_due", "canceled"]);
        told["invoice"].ShouldBe(
            ["finalized", "paid", "finalized", .. Enumerable.Repeat("payment_failed", 4), "marked_uncollectible", "payment_failed"]);
        told["payment"].ShouldBe(["succeeded", .. Enumerable.Repeat("failed", 5)]);
        told["checkout"].ShouldBe(["completed"]);
    }

    [Fact]
    public async Task In_the_grace_the_link_of_a_mail_leads_to_a_page_that_pays_and_everything_goes_on()
    {
        var (door, page, box) = await SubscribedAsync();
        await Declines(door, 2);
        await AdvanceAsync(door, "2027-02-12T00:00:00Z");
        (await StatusAsync(door)).ShouldBe("past_due");

        var mail = (await box.ReadAsync(3))[^1];
        await box.OpenAsync(page, mail);
        await Assertions.Expect(page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToHaveTextAsync("Your payment did not go through");
        await page.GetByRole(AriaRole.Link, new() { Name = "Pay the invoice" }).ClickAsync();
        await page.ArriveAsync(new Uri(shop.Server.Url, "/pay/").AbsoluteUri);
        await Assertions.Expect(page.GetByText("$29.99").First).ToBeVisibleAsync();
        await page.PayAsync("pm_sandbox_mastercard");
        await Assertions.Expect(page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToHaveTextAsync("Thank you");

        (await StatusAsync(door)).ShouldBe("active");
        (await NoticesAsync(door)).ShouldBeEmpty();
        var paid = (await door.ListAsync("/v1/invoices?customer=ada&order=asc"))[1]!;
        Text(paid, "status").ShouldBe("paid");
        (await box.SubjectsAsync(4))[3].ShouldBe($"02-12 Receipt for invoice {Text(paid, "number")}");
        var told = await EventsAsync(door, 16);
        told["subscription"].ShouldBe(["created", "renewed", "past_due", "recovered"]);
        told["invoice"].ShouldBe(["finalized", "paid", "finalized", "payment_failed", "payment_failed", "paid"]);
        told["payment"].ShouldBe(["succeeded", "failed", "failed", "succeeded"]);
        told["checkout"].ShouldBe(["completed", "completed"], "The page of the plan, and the one that the mail led to.");

        // The card of the payment pays later renewals.
        await AdvanceAsync(door, "2027-03-10T00:00:00Z");
        (await StatusAsync(door)).ShouldBe("active");
        (await door.ListAsync("/v1/invoices?customer=ada")).Count.ShouldBe(3);
        (await box.ReadAsync(5)).ShouldAllBe(static one => Text(one, "type") == "receipt" || Text(one, "type") == "payment_failed");
        await OpenPortalAsync(door, page);
        await Assertions.Expect(page.GetByRole(AriaRole.Status)).ToHaveCountAsync(0);
    }

    /// <summary>ada has looked at the plans, bought Pro on the page on the 10th of January, and has its quotas immediately.</summary>
    private async Task<(Door Door, IPage Page, MailBox Box)> SubscribedAsync()
    {
        var door = await shop.OpenAsync();
        await AdvanceAsync(door, "2027-01-10T00:00:00Z");
        await door.PostAsync("/v1/webhook-endpoints", new JsonObject { ["url"] = shop.App + "/hooks", ["events"] = new JsonArray("*") });
        await door.PostAsync("/v1/customers", new JsonObject { ["id"] = "ada", ["name"] = "Ada Lovelace", ["email"] = "ada@example.com" });
        var pro = (await door.GetAsync("/v1/plans"))["data"]!.AsArray().Single(static plan => Text(plan!, "name") == "Pro")!;
        (await IsAllowedAsync(door, 15)).ShouldBeFalse();

        var page = await browser.OpenAsync();
        await page.GotoAsync(Text(await door.CheckOutAsync(shop.App, "ada", Text(pro, "code"), new() { ["trial"] = false }), "url"));
        await page.PayAsync("pm_sandbox_visa");
        await page.ArriveAsync(shop.App + "/thanks");

        (await IsAllowedAsync(door, 15)).ShouldBeTrue("Pro has 20 interviews a month.");
        (await door.GetAsync("/v1/customers/ada/usage"))["features"]!["mock_interview"]!["limit"]!.GetValue<decimal>().ShouldBe(20);
        return (door, page, new(shop.Server.Data, door, "ada"));
    }

    private static Task Declines(Door door, int times) =>
        door.PostAsync("/v1/sandbox/payment-behavior", new JsonObject { ["customer"] = "ada", ["outcome"] = "decline", ["times"] = times });

    private static async Task AdvanceAsync(Door door, string to) =>
        (await door.SendAsync(HttpMethod.Post, "/v1/test-clock", new JsonObject { ["advance_to"] = to })).Status.ShouldBe(
            HttpStatusCode.OK);

    private static async Task<bool> IsAllowedAsync(Door door, int interviews) =>
        (await door.PostAsync(
            "/v1/check",
            new JsonObject { ["customer"] = "ada", ["feature"] = "mock_interview", ["amount"] = interviews }))["allowed"]!.GetValue<bool>();

    private static async Task<string> StatusAsync(Door door) =>
        Text((await door.ListAsync("/v1/subscriptions?customer=ada")).Single()!, "status");

    private static async Task<JsonNode[]> NoticesAsync(Door door) =>
        [.. (await door.ListAsync("/v1/customers/ada/notices")).Select(static one => one!)];

    private static async Task<string> FirstNumberAsync(Door door) =>
        Text((await door.ListAsync("/v1/invoices?customer=ada&order=asc"))[0]!, "number");

    private static async Task OpenPortalAsync(Door door, IPage page) =>
        await page.GotoAsync(Text(await door.PostAsync("/v1/portal-sessions", new JsonObject { ["customer"] = "ada" }), "url"));

    /// <summary>
    /// Returns the webhook events by kind of object, in order: once there are <paramref name="count"/>, and those of the following moment.
    /// There is no order between objects.
    /// </summary>
    private static async Task<ILookup<string, string>> EventsAsync(Door door, int count)
    {
        await UntilAsync(async () => (await ReadAsync()).Sum(static kind => kind.Count()) >= count);
        await Task.Delay(1_500);
        return await ReadAsync();

        async Task<ILookup<string, string>> ReadAsync() =>
            (await door.ListAsync("/v1/webhook-events?limit=100")).Select(static one => Text(one!, "type").Split('.'))
                .Where(static parts => parts[0] is "subscription" or "invoice" or "payment" or "checkout")
                .ToLookup(static parts => parts[0], static parts => parts[1]);
    }

    private static string Text(JsonNode from, string member) => from[member]!.GetValue<string>();
}
