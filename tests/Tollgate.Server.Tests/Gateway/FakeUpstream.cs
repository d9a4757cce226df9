using System.Collections.Concurrent;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Tollgate.Server.Tests.Gateway;

/// <summary>A request that the upstream received.</summary>
public sealed record Seen(string Method, string Target, Dictionary<string, string> Headers, byte[] Body)
{
    public string Text => Encoding.UTF8.GetString(Body);
}

/// <summary>A provider on this machine, over real HTTP, with answers that a test sets.</summary>
public sealed class FakeUpstream : IAsyncDisposable
{
    private readonly WebApplication _app;

    private FakeUpstream(WebApplication app) => _app = app;

    public string Url { get; private set; } = "";

    /// <summary>Every call, in the order of their bodies' ends.</summary>
    public ConcurrentQueue<Seen> Calls { get; } = [];

    public Func<HttpContext, Seen, Task> Answer { get; set; } = (context, _) =>
    {
        context.Response.StatusCode = 500;
        return Task.CompletedTask;
    };

    public static async Task<FakeUpstream> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0").ConfigureKestrel(kestrel => kestrel.Limits.MaxRequestBodySize = null);
        var app = builder.Build();
        var upstream = new FakeUpstream(app);
        app.Run(upstream.RunAsync);
        await app.StartAsync();
        upstream.Url = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        return upstream;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    public void AnswersWith(string body, int status = 200, string type = "application/json") => Answer = async (context, _) =>
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = type;
        await context.Response.WriteAsync(body);
    };

    /// <summary>Sends the pieces one by one, each flushed.</summary>
    /// <param name="hangsAfter">The number of pieces after which nothing follows until the gateway gives up.</param>
    /// <returns>Completes when the gateway has given up.</returns>
    public Task Streams(IEnumerable<string> pieces, string type = "text/event-stream", int? hangsAfter = null)
    {
        var givenUp = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Answer = async (context, _) =>
        {
            context.RequestAborted.Register(() => givenUp.TrySetResult());
            context.Response.ContentType = type;
            await context.Response.Body.FlushAsync(context.RequestAborted);
            var sent = 0;
            foreach (var piece in pieces)
            {
                await (sent++ == hangsAfter ? Task.Delay(Timeout.Infinite, context.RequestAborted) : Task.CompletedTask);
                await context.Response.WriteAsync(piece, context.RequestAborted);
                await context.Response.Body.FlushAsync(context.RequestAborted);
            }
        };
        return givenUp.Task;
    }

    private async Task RunAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        var seen = new Seen(context.Request.Method, context.Request.Path + context.Request.QueryString,
            context.Request.Headers.ToDictionary(pair => pair.Key, pair => pair.Value.ToString(), StringComparer.OrdinalIgnoreCase),
            body.ToArray());
        Calls.Enqueue(seen);
        await Answer(context, seen);
    }
}
