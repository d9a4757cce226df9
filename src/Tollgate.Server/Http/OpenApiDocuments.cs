using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;
using Tollgate.Contracts.Http;
using Tollgate.Server.Http.Pages;

namespace Tollgate.Server.Http;

/// <summary>
/// <c>/openapi/v1.json</c>: what the endpoints say of themselves (<see cref="Description"/>, <see cref="KeyRequirement"/>),
/// put into the document.
/// </summary>
internal static class OpenApiDocuments
{
    private const string Bearer = "bearer";
    private const string ApiKey = "api_key";

    /// <summary>The rooms in the order in which a newcomer wants them. Others, such as the seed doors, follow as they were mapped.</summary>
    private static readonly (string Name, string Meaning)[] Rooms =
    [
        ("Quotas", "May this customer do this? Ask, or decide and record in one step."),
        ("Reservations", "Hold before the work; settle with what it took, or release."),
        ("Metering", "Usage events: what has happened."),
        ("LLM", "What calls to models used and what they cost."),
        ("Gateway", "Providers' own APIs, metered and limited on the way."),
        ("Costs", "What calls to models came to."),
        ("Customers", "Plans, balances, grants and overrides of your customers."),
        ("Catalog", "Features, plans, prices and quotas as data."),
        ("Projects", "One for each product."),
        ("Keys", "Who may call, and for what."),
        ("Webhooks", "What happens is sent to you."),
        ("Ledger", "Whether the books are right."),
        ("Health", "For load balancers and monitoring."),
    ];

    public static void Configure(OpenApiOptions options)
    {
        options.OpenApiVersion = OpenApiSpecVersion.OpenApi3_1;
        options.AddDocumentTransformer((document, _, _) =>
        {
            Introduce(document);
            return Task.CompletedTask;
        });
        options.AddOperationTransformer(async (operation, context, cancel) =>
        {
            var problem = await context.GetOrCreateSchemaAsync(typeof(Problem), null, cancel);
            context.Document?.AddComponent("Problem", problem);
            Describe(operation, context);
        });
    }

    private static void Introduce(OpenApiDocument document)
    {
        document.Info = new()
        {
            Title = "Tollgate",
            Version = PageFrame.Version,
            Description =
                "Meters, gates and bills AI products. JSON in snake_case; times are ISO 8601 in UTC; money is an integer of minor units "
                + "beside its currency. Errors are problem+json with a stable `code`; each code has [a page](/docs/errors). "
                + "Unknown fields are refused.",
            License = new() { Name = "Apache-2.0", Identifier = "Apache-2.0" },
        };
        var known = Rooms.Select(room => new OpenApiTag { Name = room.Name, Description = room.Meaning });
        var others = (document.Tags ?? new HashSet<OpenApiTag>()).Where(tag => Rooms.All(room => room.Name != tag.Name));
        document.Tags = new HashSet<OpenApiTag>([.. known, .. others]);
        document.Servers = [new() { Url = "/" }];
        document.Components ??= new();
        document.Components.SecuritySchemes ??= new Dictionary<string, IOpenApiSecurityScheme>();
        document.Components.SecuritySchemes[Bearer] = new OpenApiSecurityScheme
        {
            Type = SecuritySchemeType.Http,
            Scheme = "bearer",
            Description = "Secret key `tg_sk_…`, restricted key `tg_rk_…`, public key `tg_pk_…`, customer token `tg_ct_…`, "
                + "or the server's admin key `tg_ad_…` with the header `X-Project`.",
        };
        document.Components.SecuritySchemes[ApiKey] = new OpenApiSecurityScheme
        {
            Type = SecuritySchemeType.ApiKey,
            In = ParameterLocation.Header,
            Name = "X-Api-Key",
            Description = "The same keys in a header of their own.",
        };
    }

    private static void Describe(OpenApiOperation operation, OpenApiOperationTransformerContext context)
    {
        var metadata = context.Description.ActionDescriptor.EndpointMetadata;
        if (metadata.OfType<Description>().LastOrDefault() is not { } description)
        {
            return;
        }

        var requirement = metadata.OfType<KeyRequirement>().LastOrDefault();
        operation.Summary = description.Summary;
        operation.Description = requirement is null ? description.Details : $"{description.Details}\n\n{Audience(requirement)}";
        operation.OperationId = OperationId(context.Description.HttpMethod!, context.Description.RelativePath!);
        AddParameters(operation, description, context, metadata, requirement);
        AddExamples(operation, description);
        AddErrors(operation, description, context.Document!, requirement, metadata.OfType<ErrorShape>().Any());
        operation.Security = requirement is null ? [] : Security(context.Document!);
    }

    /// <summary><c>POST v1/api-keys/{id}/rotate</c> becomes <c>post_v1_api_keys_id_rotate</c>: stable, and unique by construction.</summary>
    private static string OperationId(string method, string path) =>
        string.Create(CultureInfo.InvariantCulture, $"{method} {path}")
            .ToLowerInvariant()
            .Replace("{", "", StringComparison.Ordinal)
            .Replace("}", "", StringComparison.Ordinal)
            .Replace('/', '_').Replace('-', '_').Replace(' ', '_').Replace('.', '_').TrimEnd('_');

    private static string Audience(KeyRequirement requirement)
    {
        List<string> keys = [];
        void AddWhen(Access access, string name)
        {
            if (requirement.Access.HasFlag(access))
            {
                keys.Add(name);
            }
        }

        AddWhen(Access.Secret, "secret key");
        AddWhen(Access.Public, "public key");
        AddWhen(Access.CustomerToken, "customer token");
        AddWhen(Access.Admin, "admin key");
        AddWhen(Access.Keyless, "no key (the project of the host name, else the default project)");
        var scopes = Engine.Projects.Scopes.ToNames(requirement.Scope);
        return $"Accepts: {string.Join(", ", keys)}."
            + (scopes.Length > 0 ? $" Scope of restricted keys: `{string.Join(" ", scopes)}`." : "");
    }

    private static void AddParameters(
        OpenApiOperation operation,
        Description description,
        OpenApiOperationTransformerContext context,
        IList<object> metadata,
        KeyRequirement? requirement)
    {
        operation.Parameters ??= [];
        foreach (var name in PathParameters(context.Description.RelativePath!))
        {
            var meaning = description.Path.GetValueOrDefault(name) ?? $"The {name} of the {description.Tag.ToLowerInvariant()} item.";
            Add(operation, name, ParameterLocation.Path, meaning, "string", required: true);
        }

        foreach (var parameter in description.Query)
        {
            Add(operation, parameter.Name, ParameterLocation.Query, parameter.Meaning, parameter.Type, parameter.Required);
        }

        if (requirement is not null && requirement.Access != Access.Admin)
        {
            Add(operation, "X-Project", ParameterLocation.Header, "With the admin key: the project's code.", "string", required: false);
        }

        if (context.Description.HttpMethod is "POST" or "PATCH" && !IsReadOnly(metadata))
        {
            Add(
                operation, Idempotency.Header, ParameterLocation.Header,
                "1 to 255 characters. A repeat of the same request with the same key has no second effect.", "string", required: false);
        }
    }

    private static bool IsReadOnly(IList<object> metadata) => metadata.OfType<OwnIdempotency>().Any(own => own.ReadsOnly);

    private static IEnumerable<string> PathParameters(string path) =>
        from part in path.Split('{').Skip(1)
        select part[..part.IndexOf('}', StringComparison.Ordinal)].TrimStart('*').Split(':', '=', '?')[0];

    private static void Add(
        OpenApiOperation operation, string name, ParameterLocation location, string meaning, string type, bool required)
    {
        if (operation.Parameters!.Any(parameter => parameter.Name == name && parameter.In == location))
        {
            return;
        }

        operation.Parameters!.Add(new OpenApiParameter
        {
            Name = name,
            In = location,
            Description = meaning,
            Required = required,
            Schema = new OpenApiSchema
            {
                Type = type switch
                {
                    "integer" => JsonSchemaType.Integer,
                    "boolean" => JsonSchemaType.Boolean,
                    _ => JsonSchemaType.String,
                },
            },
        });
    }

    private static void AddExamples(OpenApiOperation operation, Description description)
    {
        if (description.Request is { Text: not null } request
            && operation.RequestBody?.Content is { } bodies
            && bodies.TryGetValue(request.ContentType, out var body))
        {
            body.Example = NodeOf(request);
        }

        foreach (var answer in description.Answers)
        {
            if (operation.Responses?.GetValueOrDefault(Text(answer.Status)) is not OpenApiResponse response)
            {
                continue;
            }

            response.Description = answer.Meaning;
            if (answer.Text is not null && response.Content?.TryGetValue(answer.ContentType, out var content) == true)
            {
                content.Example = NodeOf(answer);
            }
        }
    }

    private static JsonNode NodeOf(Example example) =>
        example.IsJson ? JsonNode.Parse(example.Text!)! : JsonValue.Create(example.Text!);

    private static void AddErrors(
        OpenApiOperation operation, Description description, OpenApiDocument document, KeyRequirement? requirement, bool ownShape)
    {
        var errors = description.Errors.ToList();
        if (requirement is not null)
        {
            errors.AddRange([ErrorCode.KeyMissing, ErrorCode.KeyInvalid, ErrorCode.KeyNotAllowed, ErrorCode.ScopeMissing]);
            errors.Add(ErrorCode.StorageUnavailable);
            if (!requirement.Access.HasFlag(Access.Admin))
            {
                errors.Add(ErrorCode.ProjectRequired);
            }
        }

        if (description.Request is not null)
        {
            errors.AddRange([ErrorCode.MalformedJson, ErrorCode.PayloadTooLarge, ErrorCode.UnsupportedMediaType, ErrorCode.ValidationFailed]);
        }

        operation.Responses ??= [];
        foreach (var group in errors.Distinct().GroupBy(error => error.Status).OrderBy(group => group.Key))
        {
            // What a seed door answers with a status of its own is described already.
            if (ownShape && operation.Responses.ContainsKey(Text(group.Key)))
            {
                continue;
            }

            operation.Responses[Text(group.Key)] = new OpenApiResponse
            {
                Description = string.Join(", ", group.Select(error => $"[{error.Code}]({error.Page})")),
                Content = new Dictionary<string, OpenApiMediaType>
                {
                    [ownShape ? Answer.JsonType : Problems.ContentType] = ownShape
                        ? new() { Example = new JsonObject { ["detail"] = group.First().Description } }
                        : new() { Schema = new OpenApiSchemaReference("Problem", document), Example = ExampleOf(group.First()) },
                },
            };
        }
    }

    private static JsonObject ExampleOf(ErrorCode error) => new()
    {
        ["type"] = error.Page,
        ["title"] = error.Title,
        ["status"] = error.Status,
        ["detail"] = error.Description,
        ["code"] = error.Code,
        ["request_id"] = "0HNA1B2C3D4E5:00000001",
    };

    private static List<OpenApiSecurityRequirement> Security(OpenApiDocument document) =>
    [
        new() { [new OpenApiSecuritySchemeReference(Bearer, document)] = [] },
        new() { [new OpenApiSecuritySchemeReference(ApiKey, document)] = [] },
    ];

    private static string Text(int status) => status.ToString(CultureInfo.InvariantCulture);
}
