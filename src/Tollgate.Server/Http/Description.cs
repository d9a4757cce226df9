using System.Reflection;
using System.Text.Json;
using Microsoft.AspNetCore.Http.Metadata;
using Tollgate.Contracts.Http;

namespace Tollgate.Server.Http;

/// <summary>
/// The OpenAPI description of an operation. A test checks that every mapped endpoint has one, and another parses every example with its
/// type.
/// <code>
/// app.MapPost("/v1/things", ctx => …)
///    .RequireKey(Access.Secret, Scope.CatalogWrite)
///    .Describe(new("Things", "Create a thing", "Creates it. Repeating the call …")
///    {
///        Request = Example.Of&lt;CreateThing&gt;("""{"code": "a"}"""),
///        Answers = [Example.Of&lt;ThingView&gt;(201, "Created", """{"code": "a", "name": null}""")],
///        Errors = [ErrorCode.Conflict],
///    });
/// </code>
/// Path parameters come from the route; the generator adds the errors that every operation shares (401, 403, 503 …), the headers
/// <c>X-Project</c> and <c>Idempotency-Key</c>, and the security.
/// </summary>
/// <param name="Tag">The room, by which Swagger UI groups operations.</param>
/// <param name="Summary">A few words in the imperative.</param>
/// <param name="Details">Markdown: the effect of the operation, its limits, and the effect of a repeat.</param>
public sealed record Description(string Tag, string Summary, string Details)
{
    public Example? Request { get; init; }

    /// <summary>True: the body has no required member.</summary>
    public bool BodyMayBeAbsent { get; init; }

    /// <summary>Accepted content types in addition to that of <see cref="Request"/>; routing answers 415 to all others.</summary>
    public IReadOnlyList<string> AlsoAccepts { get; init; } = [];

    /// <summary>True: the body may also be an array of <see cref="Request"/>.</summary>
    public bool OrArray { get; init; }

    /// <summary>The type of the answer to an array or a stream, if it differs from the answer to one element.</summary>
    public Type? AnswerToMany { get; init; }

    /// <summary>Examples of the same bodies in other content types.</summary>
    public IReadOnlyList<Example> AlsoWritten { get; init; } = [];

    public required IReadOnlyList<Example> Answers { get; init; }

    public IReadOnlyList<QueryParameter> Query { get; init; } = [];

    /// <summary>The errors of the operation, in addition to those that every operation shares.</summary>
    public IReadOnlyList<ErrorCode> Errors { get; init; } = [];

    /// <summary>A list as a CSV file.</summary>
    /// <param name="what">The rows, in the plural.</param>
    /// <param name="order">Their order.</param>
    internal static Description OfFile(
        string tag, string summary, string what, string order, string[] columns, IReadOnlyList<QueryParameter> filters) => new(
        tag, summary,
        $"Returns all {what} that match the filter as CSV (RFC 4180), {order}. Texts that a spreadsheet would run as a formula begin with an "
            + "apostrophe.")
    {
        Query = filters,
        Answers = [Example.OfText(StatusCodes.Status200OK, "The file.", "text/csv", string.Join(',', columns) + "\r\n")],
        Errors = [ErrorCode.ValidationFailed, ErrorCode.RateLimited],
    };

    /// <summary>The meaning of the placeholders of the path, if <c>id</c> alone does not express it.</summary>
    public IReadOnlyDictionary<string, string> Path { get; init; } = new Dictionary<string, string>();
}

/// <summary>An example body.</summary>
/// <param name="Status">The status of an answer; 0 for a request.</param>
/// <param name="Type">Null for a body that is not JSON, or none.</param>
/// <param name="Text">The body as sent; null: no body.</param>
public sealed record Example(int Status, string Meaning, Type? Type, string? Text, string ContentType = Answer.JsonType)
{
    /// <summary>The name of a schema of the document without a type.</summary>
    public string? Schema { get; init; }

    public static Example Of<T>(string json) => new(0, "", typeof(T), json);

    public static Example Of<T>(int status, string meaning, string json) => new(status, meaning, typeof(T), json);

    /// <summary>An answer without a body.</summary>
    public static Example Nothing(string meaning) => new(StatusCodes.Status204NoContent, meaning, null, null);

    public static Example OfText(int status, string meaning, string contentType, string text) =>
        new(status, meaning, null, text, contentType);

    /// <summary>A request body that is not JSON.</summary>
    public static Example OfText(string contentType, string text) => new(0, "", null, text, contentType);

    public bool IsJson => Text is not null && ContentType.EndsWith("json", StringComparison.Ordinal) && IsOneValue(Text);

    private static bool IsOneValue(string text)
    {
        try
        {
            using var document = JsonDocument.Parse(text);
            return true;
        }
        catch (JsonException)
        {
            return false; // NDJSON and the like
        }
    }
}

/// <param name="Type">JSON Schema: string, integer, boolean.</param>
/// <param name="Words">The only allowed values, if they are a closed set.</param>
public sealed record QueryParameter(
    string Name, string Meaning, string Type = "string", bool Required = false, IReadOnlyList<string>? Words = null)
{
    public static IReadOnlyList<QueryParameter> OfPage { get; } =
    [
        new("limit", $"Items of the page: 1 to {WireLimits.LargestPageItems}, default {WireLimits.PageItems}.", "integer"),
        new("starting_after", "The id (or code) of the last item of the previous page."),
    ];
}

public static class DescriptionExtensions
{
    // The document's generator lists only endpoints with a method; Tollgate's are plain request delegates.
    private static readonly MethodInfo Marker =
        typeof(DescriptionExtensions).GetMethod(nameof(Described), BindingFlags.NonPublic | BindingFlags.Static)!;

    public static TBuilder Describe<TBuilder>(this TBuilder endpoint, Description description)
        where TBuilder : IEndpointConventionBuilder
    {
        endpoint.Add(builder =>
        {
            if (!builder.Metadata.OfType<MethodInfo>().Any())
            {
                builder.Metadata.Add(Marker);
            }

            if (description.Request is { } request)
            {
                string[] types = [request.ContentType, .. description.AlsoAccepts];
                builder.Metadata.Add(new AcceptsMetadata(types, request.Type ?? typeof(string), description.BodyMayBeAbsent));
            }

            if (IsOurs(builder))
            {
                builder.Metadata.Add(new KnownQuery([.. description.Query.Select(static one => one.Name)]));
            }

            if (description.Request is null && TakesNothing(builder))
            {
                builder.Metadata.Add(new NoBody());
            }

            foreach (var answer in description.Answers)
            {
                builder.Metadata.Add(new ProducesResponseTypeMetadata(
                    answer.Status, answer.Type ?? typeof(void), answer.Text is null ? [] : [answer.ContentType]));
            }

            builder.Metadata.Add(new TagsAttribute(description.Tag));
            builder.Metadata.Add(description);
        });
        return endpoint;
    }

    /// <summary>True for a POST of <c>/v1</c>. The bodies of seed doors are those of their products.</summary>
    private static bool TakesNothing(EndpointBuilder builder) =>
        IsOurs(builder)
        && builder.Metadata.OfType<IHttpMethodMetadata>().Any(static methods => methods.HttpMethods.Contains(HttpMethods.Post));

    private static bool IsOurs(EndpointBuilder builder) =>
        builder is RouteEndpointBuilder { RoutePattern.RawText: { } route } && route.StartsWith("/v1/", StringComparison.Ordinal);

    private static Task Described(HttpContext context) => Task.CompletedTask;
}
