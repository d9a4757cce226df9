using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Tollgate.Contracts.Http;
using Tollgate.Engine.Postgres;
using Tollgate.Server.Hosting;
using Tollgate.Server.Http;

namespace Tollgate.Server.Tests.Http;

/// <summary>The document at /openapi/v1.json against the endpoints that the program maps.</summary>
[Collection(FrontDoorTests.Name)]
public sealed class OpenApiTests(RunningServer server)
{
    [Fact]
    public async Task Every_mapped_route_is_in_the_document_and_every_documented_route_is_mapped()
    {
        var documented = (await OperationsAsync()).Select(operation => operation.Name).Order(StringComparer.Ordinal);
        var mapped = await MappedAsync((endpoints, _) => endpoints.SelectMany(Names).Order(StringComparer.Ordinal).ToList());
        documented.ShouldBe(mapped);
    }

    [Fact]
    public async Task Every_operation_is_described_with_an_example_and_its_security()
    {
        List<string> faults = [];
        HashSet<string> ids = [];
        foreach (var (name, operation) in await OperationsAsync())
        {
            void Check(bool good, string fault)
            {
                if (!good)
                {
                    faults.Add($"{name}: {fault}");
                }
            }

            Check(Text(operation, "summary").Length > 0, "no summary");
            Check(Text(operation, "description").Length > 20, "no description");
            Check(ids.Add(Text(operation, "operationId")), "its operationId is not unique");
            Check(operation.TryGetProperty("tags", out var tags) && tags.GetArrayLength() == 1, "not exactly one tag");
            Check(operation.TryGetProperty("security", out _), "says nothing about security");
            Check(HasExample(operation, "requestBody"), "its body has no example");
            foreach (var answer in operation.GetProperty("responses").EnumerateObject())
            {
                Check(HasExample(answer.Value, null), $"its answer {answer.Name} has no example");
            }

            foreach (var part in name.Split('{').Skip(1).Select(part => part[..part.IndexOf('}', StringComparison.Ordinal)]))
            {
                Check(Parameters(operation).Contains(("path", part)), $"the parameter {part} is not described");
            }
        }

        faults.ShouldBeEmpty();
    }

    [Fact]
    public async Task The_documented_answers_are_those_that_were_described()
    {
        var operations = (await OperationsAsync()).ToDictionary(operation => operation.Name, operation => operation.Operation);
        var faults = await MappedAsync((endpoints, _) => endpoints.SelectMany(endpoint =>
        {
            var described = endpoint.Metadata.GetRequiredMetadata<Description>().Answers.Select(answer => answer.Status).Order().ToList();
            return Names(endpoint).Where(name => !Successes(operations[name]).SequenceEqual(described.Where(status => status < 400)))
                .Select(name => $"{name}: {string.Join(", ", Successes(operations[name]))} instead of {string.Join(", ", described)}");
        }).ToList());
        faults.ShouldBeEmpty();
    }

    /// <summary>Examples become wrong when a body changes: each is read strictly with its type.</summary>
    [Fact]
    public async Task Every_example_is_what_it_says()
    {
        var faults = await MappedAsync((endpoints, services) =>
        {
            var options = new JsonSerializerOptions(services.GetRequiredService<IOptions<JsonOptions>>().Value.SerializerOptions)
            {
                UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
                RespectNullableAnnotations = true,
            };
            return endpoints.SelectMany(endpoint =>
            {
                var description = endpoint.Metadata.GetRequiredMetadata<Description>();
                return description.Answers.Append(description.Request).OfType<Example>()
                    .Where(example => example.IsJson && example.Type is not null)
                    .Select(example => Fault(endpoint, example, options));
            }).OfType<string>().ToList();
        });
        faults.ShouldBeEmpty();
    }

    /// <summary>A schema's name is its type's name only: for two types of one name, the document would show one for both.</summary>
    [Fact]
    public void Every_body_has_a_name_of_its_own()
    {
        var shared = typeof(Problem).Assembly.GetExportedTypes().GroupBy(static type => type.Name).Where(static types => types.Count() > 1);
        shared.Select(static types => string.Join(", ", types.Select(static type => type.FullName))).ShouldBeEmpty();
    }

    [Fact]
    public async Task An_endpoint_that_says_nothing_about_its_callers_ends_the_start()
    {
        await using var database = new Database(server.Database.ConnectionString, new DatabaseOptions());
        await using var app = HttpHost.Build(MappedEndpoints.Options(), database, MappedEndpoints.Secrets, NullLoggerFactory.Instance);
        app.MapGet("/v1/forgotten", (Microsoft.AspNetCore.Http.RequestDelegate)(_ => Task.CompletedTask));
        Should.Throw<InvalidOperationException>(app.RefuseUnguardedEndpoints).Message.ShouldContain("/v1/forgotten");
    }

    [Fact]
    public async Task Every_tag_is_introduced_and_used()
    {
        var document = (await server.SendAsync("GET", "/openapi/v1.json", null)).ShouldBe(200).Json;
        var used = (await OperationsAsync()).SelectMany(operation => operation.Operation.GetProperty("tags").EnumerateArray()
            .Select(tag => tag.GetString())).Distinct();
        var listed = document.GetProperty("tags").EnumerateArray().Select(tag => tag.GetProperty("name").GetString()).ToList();
        listed.ShouldBe(used, ignoreOrder: true);
        listed[0].ShouldBe("Quotas");
    }

    private async Task<List<(string Name, JsonElement Operation)>> OperationsAsync()
    {
        var document = (await server.SendAsync("GET", "/openapi/v1.json", null)).ShouldBe(200).Json;
        return
        [
            .. from path in document.GetProperty("paths").EnumerateObject()
               from method in path.Value.EnumerateObject()
               select ($"{method.Name.ToUpperInvariant()} {path.Name}", method.Value),
        ];
    }

    /// <summary>Leaves out pages.</summary>
    private Task<T> MappedAsync<T>(Func<IReadOnlyList<RouteEndpoint>, IServiceProvider, T> look) =>
        MappedEndpoints.LookAsync(server, (endpoints, services) => look(
            [.. endpoints.Where(endpoint => endpoint.Metadata.GetMetadata<IExcludeFromDescriptionMetadata>() is null)], services));

    private static IEnumerable<string> Names(RouteEndpoint endpoint) =>
        from method in endpoint.Metadata.GetRequiredMetadata<IHttpMethodMetadata>().HttpMethods
        select $"{method} /{endpoint.RoutePattern.RawText!.TrimStart('/').Replace("**", "", StringComparison.Ordinal)}";

    private static string? Fault(RouteEndpoint endpoint, Example example, JsonSerializerOptions options)
    {
        try
        {
            return JsonSerializer.Deserialize(example.Text!, options.GetTypeInfo(example.Type!)) is null ? $"{endpoint}: null" : null;
        }
        catch (Exception e) when (e is JsonException or NotSupportedException)
        {
            return $"{endpoint.DisplayName}: {example.Type!.Name}: {e.Message}";
        }
    }

    private static IEnumerable<int> Successes(JsonElement operation) => operation.GetProperty("responses").EnumerateObject()
        .Select(answer => int.Parse(answer.Name, System.Globalization.CultureInfo.InvariantCulture)).Where(status => status < 400).Order();

    private static HashSet<(string, string)> Parameters(JsonElement operation) =>
        operation.TryGetProperty("parameters", out var parameters)
            ? [.. parameters.EnumerateArray().Select(parameter => (Text(parameter, "in"), Text(parameter, "name")))]
            : [];

    /// <summary>One of the media types suffices: if YAML has an example, JSON needs none.</summary>
    private static bool HasExample(JsonElement element, string? part)
    {
        if (part is not null && !element.TryGetProperty(part, out element))
        {
            return true;
        }

        return !element.TryGetProperty("content", out var content)
            || content.EnumerateObject().Any(media => media.Value.TryGetProperty("example", out _));
    }

    private static string Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) ? value.GetString() ?? "" : "";
}
