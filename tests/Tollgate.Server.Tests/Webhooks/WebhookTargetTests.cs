using System.Net;
using Tollgate.Server.Tests.Gateway;
using Tollgate.Server.Outbound;
using Tollgate.Server.Webhooks;

namespace Tollgate.Server.Tests.Webhooks;

/// <summary>The addresses of a name, checked at the moment of the connection.</summary>
public sealed class WebhookTargetTests
{
    private static readonly OwnAddress Elsewhere = new(new(IPAddress.Loopback, 1), null);

    private static readonly IPAddress Public = IPAddress.Parse("93.184.216.34");

    [Fact]
    public async Task A_name_that_was_public_when_it_was_looked_at_and_is_private_when_it_is_used_is_not_reached()
    {
        await using var inside = await FakeUpstream.StartAsync();
        inside.AnswersWith("secret");
        var asked = 0;
        using var targets = new WebhookTargets(
            Elsewhere, (_, _, _) => Task.FromResult(new[] { asked++ == 0 ? Public : IPAddress.Loopback }));
        var url = UrlOf(inside, "rebinding.example");
        (await targets.LeadsAstrayAsync(1, url, allowLocal: false, TestContext.Current.CancellationToken)).ShouldBeFalse();
        var refused = await Should.ThrowAsync<HttpRequestException>(() => SendAsync(targets, url, allowLocal: false));
        refused.Message.ShouldContain("public internet");
        inside.Calls.ShouldBeEmpty();
        (await targets.LeadsAstrayAsync(1, url, allowLocal: false, TestContext.Current.CancellationToken)).ShouldBeTrue();
    }

    [Fact]
    public async Task A_name_with_one_private_address_among_public_ones_is_not_reached()
    {
        await using var inside = await FakeUpstream.StartAsync();
        using var targets = new WebhookTargets(Elsewhere, (_, _, _) => Task.FromResult(new[] { IPAddress.Loopback, Public }));
        await Should.ThrowAsync<HttpRequestException>(() => SendAsync(targets, UrlOf(inside, "mixed.example"), allowLocal: false));
        inside.Calls.ShouldBeEmpty();
    }

    [Fact]
    public async Task The_name_is_resolved_once_and_the_connection_goes_to_that_address()
    {
        await using var receiver = await FakeUpstream.StartAsync();
        receiver.AnswersWith("taken");
        var asked = 0;
        using var targets = new WebhookTargets(
            Elsewhere, (_, _, _) => Task.FromResult(asked++ == 0 ? [IPAddress.Loopback] : Array.Empty<IPAddress>()));
        using var answer = await SendAsync(targets, UrlOf(receiver, "receiver.example"), allowLocal: true);
        ((int)answer.StatusCode, asked, receiver.Calls.Count).ShouldBe((200, 1, 1));
    }

    [Fact]
    public async Task A_connection_of_a_project_that_may_reach_its_own_network_serves_no_other()
    {
        await using var inside = await FakeUpstream.StartAsync();
        inside.AnswersWith("taken");
        using var targets = new WebhookTargets(Elsewhere, (_, _, _) => Task.FromResult(new[] { IPAddress.Loopback }));
        var url = UrlOf(inside, "inside.example");
        (await SendAsync(targets, url, allowLocal: true)).Dispose();
        await Should.ThrowAsync<HttpRequestException>(() => SendAsync(targets, url, allowLocal: false));
        inside.Calls.Count.ShouldBe(1);
    }

    [Theory]
    [InlineData("127.0.0.0/8", true)]
    [InlineData("127.0.0.2/32", false)]
    [InlineData(null, false)]
    public async Task Only_listed_networks_count_as_listed(string? network, bool isSent)
    {
        await using var inside = await FakeUpstream.StartAsync();
        inside.AnswersWith("taken");
        using var targets = new WebhookTargets(Elsewhere, networks: network is null ? null : [IPNetwork.Parse(network)]);
        using var answer = await targets.SendToListedAsync(new(HttpMethod.Post, inside.Url), TestContext.Current.CancellationToken);
        (answer is not null, inside.Calls.Count).ShouldBe((isSent, isSent ? 1 : 0));
    }

    [Fact]
    public async Task A_redirect_is_not_followed()
    {
        await using var inside = await FakeUpstream.StartAsync();
        inside.Answer = (context, _) =>
        {
            context.Response.StatusCode = 302;
            context.Response.Headers.Location = inside.Url + "/elsewhere";
            return Task.CompletedTask;
        };
        using var targets = new WebhookTargets(Elsewhere);
        using var answer = await SendAsync(targets, inside.Url, allowLocal: true);
        ((int)answer.StatusCode, inside.Calls.Count).ShouldBe((302, 1));
    }

    [Theory]
    [InlineData("127.0.0.1", null)]
    [InlineData("own.example", null)]
    [InlineData("billing.example.com", "https://billing.example.com")]
    public async Task The_server_does_not_send_to_itself(string host, string? known)
    {
        await using var self = await FakeUpstream.StartAsync();
        var url = UrlOf(self, host);
        var own = new OwnAddress(
            new(known is null ? IPAddress.Any : IPAddress.Broadcast, new Uri(url).Port),
            known is null ? null : new UriBuilder(url) { Scheme = "http" }.Uri);
        using var targets = new WebhookTargets(own, (_, _, _) => Task.FromResult(new[] { IPAddress.Loopback }));
        (await targets.LeadsAstrayAsync(1, url, allowLocal: true, TestContext.Current.CancellationToken)).ShouldBeTrue();
        await Should.ThrowAsync<HttpRequestException>(() => SendAsync(targets, url, allowLocal: true));
        self.Calls.ShouldBeEmpty();
    }

    private static string UrlOf(FakeUpstream receiver, string host) => new UriBuilder(receiver.Url) { Host = host }.Uri.ToString();

    private static Task<HttpResponseMessage> SendAsync(WebhookTargets targets, string url, bool allowLocal) =>
        targets.SendAsync(new HttpRequestMessage(HttpMethod.Post, url), allowLocal, TestContext.Current.CancellationToken);
}
