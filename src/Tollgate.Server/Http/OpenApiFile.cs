using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace Tollgate.Server.Http;

/// <summary>
/// <c>/openapi/v1.json</c>. The document is made with the first request and kept: it takes seconds of a core, needs no key, and is the same for everybody.
/// </summary>
internal static class OpenApiFile
{
    public const string Name = "v1";

    public static void Map(WebApplication app)
    {
        var file = new Lazy<Task<byte[]>>(() => MakeAsync(app.Services));
        app.MapGet($"/openapi/{Name}.json", async (HttpContext context) =>
            {
                // Nobody's hanging up ends it: others wait for the same one.
                var bytes = await file.Value.WaitAsync(context.RequestAborted);
                context.Response.Headers.CacheControl = AnswerHeaders.Documentation;
                await Answer.Bytes(context, StatusCodes.Status200OK, bytes, Answer.JsonType);
            })
            .OpenToAll("It describes the interface and holds no data.")
            .ExcludeFromDescription();
    }

    private static async Task<byte[]> MakeAsync(IServiceProvider services)
    {
        var document = await services.GetRequiredKeyedService<IOpenApiDocumentProvider>(Name).GetOpenApiDocumentAsync();
        using var bytes = new MemoryStream();
        await document.SerializeAsJsonAsync(bytes, OpenApiSpecVersion.OpenApi3_1);
        return bytes.ToArray();
    }
}
