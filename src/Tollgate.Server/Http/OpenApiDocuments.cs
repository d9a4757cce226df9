using System.ComponentModel.DataAnnotations;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Reflection;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;
using Tollgate.Contracts.Http;
using Tollgate.Contracts.SeedDoors;
using Tollgate.Server.Http.Pages;

namespace Tollgate.Server.Http;

/// <summary>
/// <c>/openapi/v1.json</c>: adds the metadata of the endpoints (<see cref="Description"/>, <see cref="KeyRequirement"/>) to the document.
/// </summary>
internal static class OpenApiDocuments
{
    private const string Bearer = "bearer";
    private const string ApiKey = "api_key";

    /// <summary>The schemas of errors: Tollgate's own, and those of the seed doors.</summary>
    private static readonly (string Name, Type Type)[] Errors = [("Problem", typeof(Problem)),
        ("SeedErrorOfstring", typeof(SeedError<string>))];

    /// <summary>The groups of operations, in the order in which a new user needs them.</summary>
    private static readonly (string Name, string Meaning)[] Tags =
    [
        ("Quotas", "Check whether a customer may use a feature, or decide and record the use in one step."),
        ("Reservations", "Hold an amount before the work; settle it with the true amount, or release it."),
        ("Imports", "Import the history of a running product as closed facts."),
        ("Metering", "Send usage events and read them back."),
        ("LLM", "Record model calls, keep the price book, and list calls with their costs."),
        ("Gateway", "Call model providers through Tollgate, which meters and limits each call."),
        ("Analytics", "Recurring revenue, key figures, cohorts and segments, and the facts behind them."),
        ("Costs", "Costs, revenue and margins by model, provider, feature, plan and customer."),
        ("Customers", "Customers with their plans, balances, grants, overrides and terms."),
        ("Members", "The users of a team, who share the plan and the balances of one customer."),
        ("Catalog", "Features, plans, prices and quotas as data."),
        ("Subscriptions", "Start, change, pause and cancel subscriptions, and preview each step."),
        ("Invoices", "Invoices, credit notes, statements, credit packs and account credits; the seller's details and tax rates."),
        ("Coupons", "Create coupons and redeem them on subscriptions."),
        ("Payments", "Checkout pages, the customer portal, payments, refunds, disputes, and the payment provider of a project."),
        ("Dunning", "Invoices that Tollgate could not collect, and the policy by which it retries them."),
        ("Billing", "Run due billing work now, and list what it could not bill; the billing routes of the resume and ATS product."),
        ("Privacy", "Exports and erasures of a customer's data."),
        ("Alerts", "Rules that turn facts into alerts, and the list of alerts."),
        ("Mail", "Mails to customers and operators, sent and suppressed, with the reasons."),
        ("Projects", "One project for each product, with its own customers, catalog and keys."),
        ("Keys", "API keys and customer tokens, with their kinds and scopes."),
        ("Webhooks", "Endpoints to which Tollgate sends events, and the deliveries to each."),
        ("Reports", "Figures of other operations as JSON, CSV and PDF, on request and by mail."),
        ("Parked work", "Background work that failed and waits, with the error and advice."),
        ("Test clock", "Read and advance the clock of a sandbox project."),
        ("Ledger", "Verify that balances, events and reservations agree."),
        ("Health", "Probes for load balancers, and metrics for monitoring."),
        ("Seed door: ALwrity", "The routes of the ALwrity product, answered in its own shapes."),
        ("Seed door: Trendit", "The routes of the Trendit product, answered in its own shapes."),
        ("Seed door: career coach", "The routes of the career coach product, answered in its own shapes."),
        ("Seed door: email assistant", "The routes of the email assistant product, answered in its own shapes."),
        ("AI", "Guards of the metered routes of the resume and ATS product, answered in its own shapes."),
        ("Usage", "The usage of a user of the resume and ATS product, in its own shape."),
        ("Billing Webhook", "Stripe's webhooks at the path of the resume and ATS product."),
    ];

    /// <param name="words">The values of members with a closed set of values; null for any other.</param>
    public static void Configure(OpenApiOptions options, Func<PropertyInfo, IReadOnlyList<string>?> words)
    {
        options.OpenApiVersion = OpenApiSpecVersion.OpenApi3_1;
        options.AddDocumentTransformer((document, _, _) =>
        {
            Introduce(document);
            return Task.CompletedTask;
        });
        options.AddSchemaTransformer((schema, context, _) =>
        {
            Refine(schema, context.JsonTypeInfo, context.JsonPropertyInfo?.AttributeProvider as PropertyInfo, words);
            return Task.CompletedTask;
        });
        options.AddOperationTransformer(async (operation, context, cancel) =>
        {
            foreach (var (name, type) in Errors)
            {
                context.Document?.AddComponent(name, await context.GetOrCreateSchemaAsync(type, null, cancel));
            }

            Describe(operation, context);
            if (context.Description.ActionDescriptor.EndpointMetadata.OfType<Description>().LastOrDefault()?.AnswerToMany is { } many
                && operation.Responses?["200"].Content?[Answer.JsonType] is { } answer)
            {
                answer.Schema = new OpenApiSchema { OneOf = [answer.Schema!, await context.GetOrCreateSchemaAsync(many, null, cancel)] };
            }
        });
    }

    /// <summary>
    /// Completes a schema with facts that the generator does not know. A nullable member is optional, since some answers omit it. A
    /// required member of a request is nullable only in the code, so that Tollgate can report all faults of a body at once.
    /// </summary>
    /// <param name="member">The member that the schema describes; null: the schema of a type.</param>
    private static void Refine(
        OpenApiSchema schema, JsonTypeInfo type, PropertyInfo? member, Func<PropertyInfo, IReadOnlyList<string>?> wordsOf)
    {
        var needed = type.Properties.Where(static one => IsNeeded(one.AttributeProvider)).Select(static one => one.Name).ToList();
        schema.Required?.ExceptWith(type.Properties.Where(static one => one.IsGetNullable).Select(static one => one.Name));
        if (needed.Count > 0)
        {
            schema.Required = new SortedSet<string>([.. schema.Required ?? new HashSet<string>(), .. needed], StringComparer.Ordinal);
        }

        if (IsNeeded(member) && !member.IsDefined(typeof(AllowNullAttribute), inherit: false))
        {
            schema.Type &= ~JsonSchemaType.Null;
        }

        if (member is not null && wordsOf(member) is { } words)
        {
            Close(schema, words);
        }

        if (member is not null && schema.AdditionalProperties is OpenApiSchema values
            && new NullabilityInfoContext().Create(member).GenericTypeArguments is [.., { ReadState: NullabilityState.Nullable }])
        {
            values.Type |= JsonSchemaType.Null;
        }
    }

    private static bool IsNeeded([NotNullWhen(true)] ICustomAttributeProvider? member) =>
        member?.IsDefined(typeof(RequiredAttribute), inherit: false) == true;

    /// <summary>Lists the values of a closed set; for a list, those of its items.</summary>
    private static void Close(OpenApiSchema schema, IReadOnlyList<string> words)
    {
        var closed = schema.Items as OpenApiSchema ?? schema;
        closed.Enum = [.. words.Select(static word => JsonValue.Create(word))];
        if (closed.Type?.HasFlag(JsonSchemaType.Null) == true)
        {
            closed.Enum.Add(JsonNullSentinel.JsonNull);
        }
    }

    private static void Introduce(OpenApiDocument document)
    {
        document.Info = new()
        {
            Title = "Tollgate",
            Version = PageFrame.Version,
            Description =
                "Meters, gates and bills AI products. JSON in snake_case; times are ISO 8601 in UTC; money is an integer of minor units "
                + "with its currency. Errors are problem+json with a stable `code`; each code has [a page](/docs/errors). "
                + "Tollgate refuses unknown fields.",
            License = new() { Name = "Apache-2.0", Identifier = "Apache-2.0" },
        };
        var known = Tags.Select(tag => new OpenApiTag { Name = tag.Name, Description = tag.Meaning });
        var others = (document.Tags ?? new HashSet<OpenApiTag>()).Where(tag => Tags.All(one => one.Name != tag.Name));
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
        operation.OperationId = OperationNames.Of(
            context.Description.HttpMethod!, $"/{context.Description.RelativePath!.TrimStart('/')}",
            description.Answers is [{ Type: { } first }, ..] && first.GetProperty("Data") is not null);
        AddParameters(operation, description, context, metadata, requirement);
        AddExamples(operation, description, context.Document!);
        AddErrors(
            operation, description, context.Document!, requirement, metadata.OfType<ErrorShape>().Any(),
            metadata.OfType<KnownQuery>().Any());
        operation.Security = requirement is null ? [] : Security(context.Document!);
    }

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
        AddWhen(Access.Keyless, "no key (the project of the path or host name, else the default project, else the product's own)");
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
            Add(operation, parameter.Name, ParameterLocation.Query, parameter.Meaning, parameter.Type, parameter.Required, parameter.Words);
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
        OpenApiOperation operation, string name, ParameterLocation location, string meaning, string type, bool required,
        IReadOnlyList<string>? words = null)
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
                Enum = words?.Select(static JsonNode (word) => JsonValue.Create(word)).ToList(),
            },
        });
    }

    private static void AddExamples(OpenApiOperation operation, Description description, OpenApiDocument document)
    {
        foreach (var example in description.AlsoWritten.Append(description.Request).OfType<Example>()
            .Where(static one => one is { Status: 0, Text: not null }))
        {
            if (operation.RequestBody?.Content is { } bodies && bodies.TryGetValue(example.ContentType, out var body))
            {
                Show(body, example, document);
                if (description.OrArray && example == description.Request)
                {
                    body.Schema =
                        new OpenApiSchema
                        {
                            OneOf = [body.Schema!, new OpenApiSchema { Type = JsonSchemaType.Array, Items = body.Schema }],
                        };
                }
            }
        }

        foreach (var answer in description.Answers.Concat(description.AlsoWritten.Where(static one => one.Status != 0)))
        {
            if (operation.Responses?.GetValueOrDefault(Text(answer.Status)) is not OpenApiResponse response)
            {
                continue;
            }

            response.Description = answer.Meaning;
            if (answer.Text is not null)
            {
                response.Content ??= new Dictionary<string, OpenApiMediaType>();
                response.Content.TryAdd(answer.ContentType, new());
                Show(response.Content[answer.ContentType], answer, document);
            }
        }
    }

    private static void Show(OpenApiMediaType body, Example example, OpenApiDocument document)
    {
        var node = NodeOf(example);
        body.Example = node;
        if (example.Schema is { } name)
        {
            body.Schema = new OpenApiSchemaReference(name, document);
        }
        else if (example.Type is null)
        {
            var map = new OpenApiSchema { Type = JsonSchemaType.Object, AdditionalProperties = new OpenApiSchema() };
            body.Schema = node switch
            {
                JsonObject => map,
                JsonArray => new OpenApiSchema { Type = JsonSchemaType.Array, Items = map },
                _ => new OpenApiSchema { Type = JsonSchemaType.String },
            };
        }
    }

    private static JsonNode NodeOf(Example example) =>
        example.IsJson ? JsonNode.Parse(example.Text!)! : JsonValue.Create(example.Text!);

    private static void AddErrors(
        OpenApiOperation operation, Description description, OpenApiDocument document, KeyRequirement? requirement, bool ownShape,
        bool knowsQuery)
    {
        var errors = description.Errors.ToList();
        if (requirement is not null)
        {
            errors.AddRange([ErrorCode.KeyMissing, ErrorCode.KeyInvalid, ErrorCode.KeyNotAllowed, ErrorCode.ScopeMissing]);
            errors.AddRange([ErrorCode.ProjectBusy, ErrorCode.RateLimited, ErrorCode.StorageUnavailable]);
            if (!requirement.Access.HasFlag(Access.Admin))
            {
                errors.Add(ErrorCode.ProjectRequired);
            }
        }
        else
        {
            errors.Add(ErrorCode.MalformedRequest);
        }

        if (requirement is not null && knowsQuery)
        {
            errors.Add(ErrorCode.UnknownParameter);
        }

        if (description.Request is not null)
        {
            errors.AddRange(
                [ErrorCode.MalformedJson, ErrorCode.PayloadTooLarge, ErrorCode.UnsupportedMediaType, ErrorCode.ValidationFailed]);
        }

        operation.Responses ??= [];
        foreach (var group in errors.Distinct().GroupBy(error => error.Status).OrderBy(group => group.Key))
        {
            // The seed door's own description of this status takes precedence.
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
                        ? new()
                        {
                            Schema = new OpenApiSchemaReference("SeedErrorOfstring", document),
                            Example = new JsonObject { ["detail"] = group.First().Description },
                        }
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
