using System.Net;
using System.Text;
using Tollgate.Core.Outbound;
using Tollgate.Server.Tests.Customers;

namespace Tollgate.Server.Tests.Webhooks;

/// <summary>The receivers of docs/guides/webhooks.md, run unchanged: with a server's deliveries, and with forged messages.</summary>
[Collection(RunningServerTests.Webhooks)]
public sealed class WebhookGuideTests(RunningServer running)
{
    private const string Body = """{"type": "forged"}""";

    [Fact]
    public void The_guide_shows_the_receiver_that_is_compiled_here()
    {
        GuideReceiver.Compiled().Length.ShouldBeGreaterThan(500);
        GuideReceiver.Block("csharp").Trim().ShouldBe(GuideReceiver.Compiled().Trim());
    }

    [Theory]
    [InlineData("javascript")]
    [InlineData("python")]
    [InlineData("csharp")]
    public async Task A_receiver_of_the_guide_takes_what_is_sent_once_and_nothing_that_is_forged(string language)
    {
        await using var host = await WebhookHost.StartAsync(running, "quota.*");
        await using var receiver = GuideReceiver.Take();
        var made = await WebhookHost.AddAsync(host.Sandbox, receiver.Url, "subscription.*");
        var secret = made["secret"].GetValue<string>();
        await receiver.RunAsync(language, secret);

        await host.SubscribeAsync(1);
        await UntilAsync(async () => await DeliveredAsync() == 1, static () => "It was not taken.");
        var delivery = (await host.DeliveriesAsync("?status=delivered")).ShouldHaveSingleItem()!;
        delivery["last_status"]!.GetValue<int>().ShouldBe(204);
        (await host.Door.PostAsync($"/v1/deliveries/{delivery["id"]}/redeliver")).Status.ShouldBe(HttpStatusCode.Created);
        await UntilAsync(async () => await DeliveredAsync() == 2, static () => "The repeat was not taken.");

        foreach (var (what, headers, body) in Forged(WebhookSecret.Parse(secret)!))
        {
            (await PostAsync(receiver, headers, body)).ShouldBe(HttpStatusCode.BadRequest, $"{language}: {what}");
        }

        var (id, now) = ("msg_rotated", DateTimeOffset.UtcNow.ToUnixTimeSeconds());
        var both = $"{Other.Sign(id, now, Body)} {WebhookSecret.Parse(secret)!.Sign(id, now, Body)}";
        (await PostAsync(receiver, (id, $"{now}", both), Body)).ShouldBe(HttpStatusCode.NoContent);
        await UntilAsync(() => Task.FromResult(receiver.Handled.Count >= 2), () => $"{receiver.Handled.Count} of 2 were handled.");
        receiver.Handled.ShouldBe(["subscription.created", "forged"]);

        async Task<int> DeliveredAsync() => (await host.DeliveriesAsync($"?status=delivered&endpoint={made["id"]}")).Count;
    }

    private static WebhookSecret Other { get; } = WebhookSecret.Of(new byte[32]);

    /// <summary>Messages that a stranger can send who has seen a message, but not the secret.</summary>
    private static IEnumerable<(string What, (string Id, string Timestamp, string Signature) Headers,
        string Body)> Forged(WebhookSecret secret)
    {
        var now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        var good = secret.Sign("msg_1", now, Body);
        yield return ("another body", ("msg_1", $"{now}", good), """{"type": "forgery"}""");
        yield return ("another id", ("msg_2", $"{now}", good), Body);
        yield return ("another time", ("msg_1", $"{now - 1}", good), Body);
        yield return ("another secret", ("msg_1", $"{now}", Other.Sign("msg_1", now, Body)), Body);
        yield return ("an old message", ("msg_1", $"{now - 600}", secret.Sign("msg_1", now - 600, Body)), Body);
        yield return ("one of the future", ("msg_1", $"{now + 600}", secret.Sign("msg_1", now + 600, Body)), Body);
        yield return ("no time", ("msg_1", "soon", good), Body);
        yield return ("no base64", ("msg_1", $"{now}", "v1,%%%"), Body);
        yield return ("no version", ("msg_1", $"{now}", good["v1,".Length..]), Body);
        yield return ("an unknown version", ("msg_1", $"{now}", "v9" + good[2..]), Body);
        yield return ("no signature", ("msg_1", $"{now}", "v1"), Body);
    }

    private static async Task<HttpStatusCode> PostAsync(
        GuideReceiver receiver, (string Id, string Timestamp, string Signature) headers, string body)
    {
        using var http = new HttpClient();
        using var message = new HttpRequestMessage(HttpMethod.Post, receiver.Url)
        {
            Content = new StringContent(body, Encoding.UTF8, "application/json"),
        };
        message.Headers.Add("webhook-id", headers.Id);
        message.Headers.Add("webhook-timestamp", headers.Timestamp);
        message.Headers.Add("webhook-signature", headers.Signature);
        using var answer = await http.SendAsync(message);
        return answer.StatusCode;
    }
}
