using System.Buffers;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Tollgate.Bench.Hosting;

/// <summary>
/// A provider that costs next to nothing: every call gets the same completion. A stream gets its first chunk immediately and another every
/// two milliseconds, each with the time at which it was sent, then its usage. The clock is the machine's, so another process can compute
/// the transfer time of a chunk.
/// </summary>
internal static class FakeProvider
{
    /// <summary>The first argument that makes the process this program instead of the bench.</summary>
    public const string Word = "fake-provider";

    /// <summary>Chunks of a stream.</summary>
    public const int Chunks = 50;

    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(2);

    private static readonly byte[] Completion = Encoding.UTF8.GetBytes(
        """{"id":"chatcmpl-1","object":"chat.completion","created":1767225600,"model":"gpt-4o-mini-2024-07-18","choices":[{"index":0,"message":{"role":"assistant","content":"A long stone bridge joins the two towns, and under it the river flows so quietly that one hears the clocks of both."},"finish_reason":"stop"}],"usage":{"prompt_tokens":32,"completion_tokens":27,"total_tokens":59}}""");

    private static readonly byte[] End = Encoding.UTF8.GetBytes(
        "data: {\"id\":\"chatcmpl-1\",\"object\":\"chat.completion.chunk\",\"model\":\"gpt-4o-mini-2024-07-18\",\"choices\":[],\"usage\":{\"prompt_tokens\":32,\"completion_tokens\":50,\"total_tokens\":82}}\n\ndata: [DONE]\n\n");

    /// <param name="arguments">Port.</param>
    public static async Task RunAsync(IReadOnlyList<string> arguments)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:" + arguments[0]);
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.AddServerHeader = false);
        await using var app = builder.Build();
        app.Run(AnswerAsync);
        await app.RunAsync();
    }

    private static async Task AnswerAsync(HttpContext context)
    {
        var read = await context.Request.BodyReader.ReadAsync();
        while (!read.IsCompleted)
        {
            context.Request.BodyReader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
            read = await context.Request.BodyReader.ReadAsync();
        }

        var isStream = Encoding.UTF8.GetString(read.Buffer).Contains("\"stream\":true", StringComparison.Ordinal);
        context.Request.BodyReader.AdvanceTo(read.Buffer.End);
        if (isStream)
        {
            await StreamAsync(context);
            return;
        }

        context.Response.ContentType = "application/json";
        context.Response.ContentLength = Completion.Length;
        context.Response.BodyWriter.Write(Completion);
    }

    private static async Task StreamAsync(HttpContext context)
    {
        context.Response.ContentType = "text/event-stream";
        using var pace = new PeriodicTimer(Pace);
        for (var i = 0; i < Chunks; i++)
        {
            var chunk = string.Create(CultureInfo.InvariantCulture,
                $$$"""data: {"id":"chatcmpl-1","object":"chat.completion.chunk","model":"gpt-4o-mini-2024-07-18","choices":[{"index":0,"delta":{"content":"@{{{Stopwatch.GetTimestamp():D20}}} "},"finish_reason":null}]}""")
                + "\n\n";
            await context.Response.BodyWriter.WriteAsync(Encoding.UTF8.GetBytes(chunk), context.RequestAborted);
            await pace.WaitForNextTickAsync(context.RequestAborted);
        }

        await context.Response.BodyWriter.WriteAsync(End, context.RequestAborted);
    }
}
