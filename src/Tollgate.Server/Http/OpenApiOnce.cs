using System.Collections.Concurrent;
using Microsoft.AspNetCore.Http.Features;

namespace Tollgate.Server.Http;

/// <summary>
/// Makes the API document once. The framework makes it anew for every request, 100 ms of a core for whoever asks without a key; it never changes while
/// the server runs.
/// </summary>
internal static class OpenApiOnce
{
    public static TBuilder MadeOnce<TBuilder>(this TBuilder endpoint)
        where TBuilder : IEndpointConventionBuilder
    {
        endpoint.Add(static builder => builder.RequestDelegate = Once(builder.RequestDelegate!));
        return endpoint;
    }

    private static RequestDelegate Once(RequestDelegate make)
    {
        var documents = new ConcurrentDictionary<string, (byte[] Body, string Type)>(StringComparer.Ordinal);
        return async context =>
        {
            var path = context.Request.Path.Value!;
            if (!documents.TryGetValue(path, out var document))
            {
                document = await MakeAsync(context, make);
                if (context.Response.StatusCode != StatusCodes.Status200OK)
                {
                    await context.Response.Body.WriteAsync(document.Body, context.RequestAborted);
                    return;
                }

                // Only what exists is kept: names of documents are not the caller's to invent.
                documents[path] = document;
            }

            await Answer.Bytes(context, StatusCodes.Status200OK, document.Body, document.Type);
        };
    }

    private static async Task<(byte[] Body, string Type)> MakeAsync(HttpContext context, RequestDelegate make)
    {
        var real = context.Features.GetRequiredFeature<IHttpResponseBodyFeature>();
        using var copy = new MemoryStream();
        var held = new StreamResponseBodyFeature(copy);
        context.Features.Set<IHttpResponseBodyFeature>(held);
        try
        {
            await make(context);
            await held.CompleteAsync();
            return (copy.ToArray(), context.Response.ContentType ?? Answer.JsonType);
        }
        finally
        {
            context.Features.Set(real);
        }
    }
}
