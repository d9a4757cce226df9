using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.Net.Http.Headers;
using Microsoft.OpenApi;
using Tollgate.Server.Http.Pages;

namespace Tollgate.Server.Http;

/// <summary>
/// <c>/openapi/v1.json</c>. The server generates the document on the first request and keeps it, also compressed: it takes seconds of a
/// core, needs no key, and is the same for everybody. Clients that have it send <c>If-None-Match</c> and get 304.
/// </summary>
internal static class OpenApiFile
{
    public const string Name = "v1";

    private const string AnyJson = "#/components/schemas/JsonElement";

    private static readonly JsonSerializerOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static void Map(WebApplication app)
    {
        var file = new Lazy<Task<Forms>>(() => MakeAsync(app.Services));
        app.MapMethods($"/openapi/{Name}.json", PageFrame.Reading, async context =>
            {
                // A caller that disconnects does not cancel the generation, since others wait for the same document.
                var forms = await file.Value.WaitAsync(context.RequestAborted);
                await WriteAsync(context, forms.For(context.Request.GetTypedHeaders().AcceptEncoding));
            })
            .OpenToAll("It describes the interface and holds no data.")
            .ExcludeFromDescription();
    }

    private static Task WriteAsync(HttpContext context, Form form)
    {
        var (request, response) = (context.Request.GetTypedHeaders(), context.Response);
        response.Headers.CacheControl = AnswerHeaders.Documentation;
        response.Headers.Vary = HeaderNames.AcceptEncoding;
        response.Headers.ETag = form.Tag.ToString();
        if (request.IfNoneMatch.Any(seen => seen.Equals(EntityTagHeaderValue.Any) || seen.Compare(form.Tag, useStrongComparison: false)))
        {
            response.StatusCode = StatusCodes.Status304NotModified;
            return Task.CompletedTask;
        }

        if (form.Encoding is not null)
        {
            response.Headers.ContentEncoding = form.Encoding;
        }

        return Answer.Bytes(context, StatusCodes.Status200OK, form.Bytes, Answer.JsonType);
    }

    private static async Task<Forms> MakeAsync(IServiceProvider services)
    {
        var document = await services.GetRequiredKeyedService<IOpenApiDocumentProvider>(Name).GetOpenApiDocumentAsync();
        var made = (JsonObject)JsonNode.Parse(await document.SerializeAsJsonAsync(OpenApiSpecVersion.OpenApi3_1))!;
        CatalogSchema.AddTo(made);
        Widen(made);
        var plain = Encoding.UTF8.GetBytes(made.ToJsonString(Readable));
        var hash = Convert.ToHexStringLower(SHA256.HashData(plain).AsSpan(0, 8));
        return new(
            new(null, plain, Tag("")),
            new("gzip", Compress(plain, static (to, level) => new GZipStream(to, level)), Tag("-gzip")),
            new("br", Compress(plain, static (to, level) => new BrotliStream(to, level)), Tag("-br")));

        EntityTagHeaderValue Tag(string form) => new($"\"{hash}{form}\"");
    }

    /// <summary>
    /// Simplifies the generator's choice between null and any JSON, because any JSON includes null, which would match twice.
    /// </summary>
    private static void Widen(JsonObject document)
    {
        foreach (var members in ((JsonObject)document["components"]!["schemas"]!).Select(static schema => schema.Value?["properties"])
            .OfType<JsonObject>())
        {
            foreach (var (name, member) in members.ToList())
            {
                if ((member?["oneOf"] as JsonArray)?.OfType<JsonObject>()
                    .FirstOrDefault(static one => one["$ref"]?.GetValue<string>() == AnyJson) is { } any)
                {
                    members[name] = new JsonObject(any.Where(static pair => pair.Key != "$ref")
                        .Select(static pair => KeyValuePair.Create(pair.Key, pair.Value?.DeepClone())));
                }
            }
        }
    }

    private static byte[] Compress(byte[] plain, Func<Stream, CompressionLevel, Stream> open)
    {
        using var bytes = new MemoryStream();
        using (var packed = open(bytes, CompressionLevel.Optimal))
        {
            packed.Write(plain);
        }

        return bytes.ToArray();
    }

    /// <param name="Encoding">Null: uncompressed.</param>
    private sealed record Form(string? Encoding, byte[] Bytes, EntityTagHeaderValue Tag);

    private sealed record Forms(Form Plain, Form Gzip, Form Brotli)
    {
        public Form For(IList<StringWithQualityHeaderValue> accepted) =>
            Accepts(accepted, Brotli) ? Brotli : Accepts(accepted, Gzip) ? Gzip : Plain;

        private static bool Accepts(IList<StringWithQualityHeaderValue> accepted, Form form) =>
            accepted.Any(one => one.Value.Equals(form.Encoding, StringComparison.OrdinalIgnoreCase) && one.Quality is not 0);
    }
}
