using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using Tollgate.Core.Outbound;
using Tollgate.Core.Time;
using Tollgate.Core.Webhooks;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Projects;
using Tollgate.Engine.Webhooks;
using Tollgate.Server.Outbound;

namespace Tollgate.Server.Webhooks;

/// <summary>Makes one attempt of a delivery. It throws no exception for any behaviour of the receiver.</summary>
internal sealed class WebhookSender(WebhookTargets targets, WebhookSecrets secrets, WebhookOptions options, Clock clock)
{
    public const string IdHeader = "webhook-id";
    public const string TimestampHeader = "webhook-timestamp";
    public const string SignatureHeader = "webhook-signature";

    /// <summary>The most characters stored of an error.</summary>
    private const int LongestError = 500;

    /// <summary>Sandbox projects allow local targets for experiments.</summary>
    public bool AllowsLocal(ProjectSnapshot project) => options.AllowLocal || project.Mode == ProjectMode.Sandbox;

    public async Task<(DeliveryAttempt Attempt, AttemptResult Result)> AttemptAsync(ProjectSnapshot project, ClaimedDelivery delivery,
        CancellationToken cancel)
    {
        var (at, started) = (clock.Now(), Stopwatch.GetTimestamp());
        delivery = delivery.Format == WebhookEndpoint.Slack ? delivery with { Payload = SlackMessage.Of(delivery.Payload) } : delivery;
        var signature = SignatureOf(delivery, at);
        var seen = signature is null
            ? new Seen(null, null, null, "The secret cannot be decrypted: rotate it.")
            : await SendAsync(delivery, at, signature, AllowsLocal(project), cancel);
        var attempt = new DeliveryAttempt(
            delivery.Attempts + 1, at, delivery.Url, signature ?? "", seen.Status, seen.Error, seen.Response,
            (int)Stopwatch.GetElapsedTime(started).TotalMilliseconds);
        return (attempt, new(seen.Status, seen.RetryAfter));
    }

    /// <summary>A signature for each valid secret, the newest first.</summary>
    private string? SignatureOf(ClaimedDelivery delivery, Instant at)
    {
        var signatures = new[] { delivery.Sealed, delivery.PreviousSealed }.OfType<byte[]>()
            .Select(closed => secrets.Open(delivery.Endpoint, closed)).OfType<WebhookSecret>()
            .Select(secret => secret.Sign(delivery.Event.ToString("D"), UnixSeconds(at), delivery.Payload)).ToList();
        return signatures.Count == 0 ? null : string.Join(' ', signatures);
    }

    private async Task<Seen> SendAsync(ClaimedDelivery delivery, Instant at, string signature, bool allowLocal, CancellationToken cancel)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(DeliveryRules.Timeout);
        try
        {
            var (sent, keepsText) = await SendAsync(() => MessageOf(delivery, at, signature), allowLocal, limit.Token);
            using var answer = sent;

            // The status is the receiver's decision. A failure of the body does not change it.
            var status = (int)answer.StatusCode;
            return new(
                status, RetryAfterOf(answer.Headers.RetryAfter, at), keepsText ? await TextAsync(answer.Content, limit.Token) : null,
                status is >= 300 and <= 399
                    ? "The receiver redirects, and Tollgate does not follow redirects. Set the endpoint's url to the target."
                    : null);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return new(null, null, null, $"No answer within {DeliveryRules.Timeout.TotalSeconds} seconds.");
        }
        catch (Exception e) when (!cancel.IsCancellationRequested)
        {
            return new(null, null, null, WhyOf(e));
        }
    }

    /// <summary>
    /// A sandbox project may send to the server's own network, but must not read data there that only the server can read. Tollgate stores
    /// only the status of such an answer, unless the operator has listed the network or allows local endpoints to everybody.
    /// </summary>
    private async Task<(HttpResponseMessage Answer, bool KeepsText)> SendAsync(Func<HttpRequestMessage> message, bool allowLocal,
        CancellationToken cancel)
    {
        if (!allowLocal || options.AllowLocal)
        {
            return (await targets.SendAsync(message(), allowLocal, cancel), true);
        }

        if (await targets.SendToListedAsync(message(), cancel) is { } answer)
        {
            return (answer, true);
        }

        try
        {
            return (await targets.SendAsync(message(), allowLocal, cancel), false);
        }
        catch (HttpRequestException e) when (e.HttpRequestError == HttpRequestError.InvalidResponse)
        {
            // The original message quotes the received bytes.
            throw new HttpRequestException("The receiver's answer is not HTTP.");
        }
    }

    private static HttpRequestMessage MessageOf(ClaimedDelivery delivery, Instant at, string signature)
    {
        var message = new HttpRequestMessage(HttpMethod.Post, delivery.Url)
        {
            Content = new ByteArrayContent(Encoding.UTF8.GetBytes(delivery.Payload)),
        };
        message.Options.Set(Dialer.Project, delivery.Project);
        message.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json") { CharSet = "utf-8" };
        foreach (var (name, value) in HeadersOf(delivery.Event, at, signature))
        {
            message.Headers.TryAddWithoutValidation(name, value);
        }

        return message;
    }

    /// <summary>The sent headers, in addition to those of every request with a JSON body.</summary>
    public static IReadOnlyDictionary<string, string> HeadersOf(Guid id, Instant at, string signature) => new Dictionary<string, string>
    {
        ["user-agent"] = "Tollgate-Webhooks/1",
        [IdHeader] = id.ToString("D"),
        [TimestampHeader] = UnixSeconds(at).ToString(CultureInfo.InvariantCulture),
        [SignatureHeader] = signature,
    };

    private static long UnixSeconds(Instant at) => at.UnixMicroseconds / 1_000_000;

    private static TimeSpan? RetryAfterOf(RetryConditionHeaderValue? header, Instant at) => header switch
    {
        { Delta: { } delta } => delta,
        { Date: { } date } when date > at.ToOffset() => date - at.ToOffset(),
        _ => null,
    };

    /// <summary>Reads the beginning of the body, or the part that arrived.</summary>
    private static async Task<string> TextAsync(HttpContent content, CancellationToken cancel)
    {
        var (kept, length) = (new byte[DeliveryRules.KeptBytes], 0);
        try
        {
            await using var body = await content.ReadAsStreamAsync(cancel);
            while (length < kept.Length && await body.ReadAsync(kept.AsMemory(length), cancel) is var read and > 0)
            {
                length += read;
            }
        }
        catch (Exception)
        {
            // The body stopped, stalled or had a wrong length: use the part that arrived.
        }

        return Keepable(Encoding.UTF8.GetString(kept.AsSpan(0, length)));
    }

    private static string WhyOf(Exception e)
    {
        var why = e is HttpRequestException { InnerException: { } inner } && e.Message.Contains("see inner", StringComparison.Ordinal)
            ? inner.Message
            : e.Message;
        return Keepable(why.Length > LongestError ? why[..LongestError] : why);
    }

    /// <summary>
    /// Removes NUL and lone surrogates, which PostgreSQL cannot store. Messages about an answer contain the receiver's bytes unchanged.
    /// </summary>
    private static string Keepable(string text) => string.Concat(text.EnumerateRunes().Where(static rune => rune.Value != 0));

    private sealed record Seen(int? Status, TimeSpan? RetryAfter, string? Response, string? Error);
}
