using System.Net;
using Tollgate.Contracts.Http;
using Tollgate.Contracts.Projects;
using Tollgate.Core.Time;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Projects;
using Tollgate.Server.Http;

namespace Tollgate.Server.Projects;

/// <summary>
/// <c>/v1/api-keys</c>: create, list, rotate, revoke. With a project's key or the admin key and <c>X-Project</c>: that
/// project's keys. With the admin key alone: the server's admin keys.
/// </summary>
internal static class KeysEndpoints
{
    private const string Tag = "Keys";
    private const int LargestList = 50;

    private const string ViewExample = """
        {
          "id": "019aa5a0-3c1e-7a52-9d31-5f0c8a4b7e10", "kind": "restricted", "name": "importer", "prefix": "tg_rk_4fT9xQ",
          "scopes": ["gate:write"], "networks": ["203.0.113.0/24"], "created_at": "2026-11-21T08:00:00Z",
          "expires_at": null, "revoked_at": null, "last_used_at": "2026-11-21T09:12:00Z",
          "issued_by": "019aa59f-11d0-7c3a-8e42-7f1b0d9c6a55"
        }
        """;

    private const string CreatedExample = """
        {
          "id": "019aa5a0-3c1e-7a52-9d31-5f0c8a4b7e10", "key": "tg_rk_…", "kind": "restricted", "name": "importer",
          "prefix": "tg_rk_4fT9xQ", "scopes": ["gate:write"], "networks": ["203.0.113.0/24"],
          "created_at": "2026-11-21T08:00:00Z", "expires_at": null
        }
        """;

    private static readonly Dictionary<string, string> IdMeaning = new() { ["id"] = "The key's id, not its text." };

    public static void Map(WebApplication app)
    {
        var services = app.Services;
        var queries = services.GetRequiredService<ProjectQueries>();
        var create = services.GetRequiredService<CreateKey>();
        var clock = services.GetRequiredService<Clock>();
        var rotate = services.GetRequiredService<RotateKey>();
        var revoke = services.GetRequiredService<RevokeKey>();
        MapCreate(app, create, clock);
        MapList(app, queries);

        app.MapPost("/v1/api-keys/{id}/rotate", app.Counted(Thing.Key, context => RotateAsync(context, rotate)))
            .RequireKey(Access.Secret | Access.Admin, Scope.KeysWrite)
            .WithSecretAnswer()
            .Describe(new(Tag, "Rotate a key", """
                Creates a key with the same name, scopes, networks and expiry, and revokes the old one, at once or after `grace_seconds` during
                which both are valid. Everything that the old key issued then belongs to the new one. Tollgate refuses a second rotation of
                the same key. A key may rotate itself, and other keys that have no scope, network or lifetime beyond its own.
                """)
            {
                Path = IdMeaning,
                Request = Example.Of<RotateKeyRequest>("""{"grace_seconds": 3600}"""),
                BodyMayBeAbsent = true,
                Answers = [Example.Of<CreatedKey>(201, "The new key. Only this answer shows its text.", CreatedExample)],
                Errors = [ErrorCode.KeyNotFound, ErrorCode.Conflict, ErrorCode.ScopeMissing, ErrorCode.ExceedsIssuer],
            });

        app.MapDelete("/v1/api-keys/{id}", (RequestDelegate)(context => RevokeAsync(context, revoke)))
            .RequireKey(Access.Secret | Access.Admin, Scope.KeysWrite)
            .Describe(new(Tag, "Revoke a key", """
                Ends the key and everything that it issued, directly or through others: keys, customer tokens, portal sessions, checkouts, and
                the projects' keys that an admin key created. This server refuses them at once, other servers within a second. A second
                revocation changes nothing. To replace a key and keep what it issued, rotate it. Tollgate refuses to revoke the last admin key.
                """)
            {
                Path = IdMeaning,
                Answers = [Example.Nothing("Revoked.")],
                Errors = [ErrorCode.KeyNotFound, ErrorCode.LastKey],
            });
    }

    private static void MapCreate(WebApplication app, CreateKey create, Clock clock) =>
        app.MapPost("/v1/api-keys", app.Counted(Thing.Key, context => CreateAsync(context, create, clock)))
            .RequireKey(Access.Secret | Access.Admin, Scope.KeysWrite)
            .WithSecretAnswer()
            .Describe(new(Tag, "Create a key", $"""
                A `secret` key may do everything in the project, a `public` key reads what browsers may see, and a `restricted` key has the
                rights of its `scopes`. Each works only from its `networks` and until `expires_at`. Omitted values are those of the requesting
                key. Tollgate refuses a key that exceeds the requesting key, and revokes the new key together with it. With the admin key and
                without `X-Project`, the only kind is `admin`.

                Scopes:

                {string.Join("\n", Scopes.Table.Select(static row => $"- `{row.Name}`: {row.Meaning}."))}
                """)
            {
                Request = Example.Of<CreateKeyRequest>("""
                    {"kind": "restricted", "name": "importer", "scopes": ["gate:write"], "networks": ["203.0.113.0/24"]}
                    """),
                Answers = [Example.Of<CreatedKey>(201, "Created. Only this answer shows the key's text.", CreatedExample)],
                Errors = [ErrorCode.ScopeMissing, ErrorCode.ExceedsIssuer],
            });

    private static void MapList(WebApplication app, ProjectQueries queries) =>
        app.MapGet("/v1/api-keys", (RequestDelegate)(context => ListAsync(context, queries)))
            .RequireKey(Access.Secret | Access.Admin, Scope.KeysRead)
            .Describe(
                new(Tag, "List keys",
                    "Lists keys, the newest first, revoked ones included. Tollgate never shows a key's text again; "
                        + "`prefix` is its beginning.")
            {
                Query = QueryParameter.OfPage,
                Answers = [Example.Of<KeyList>(200, "A page of keys.", $$"""{"data": [{{ViewExample}}], "has_more": false}""")],
                Errors = [ErrorCode.ValidationFailed],
            });

    private static async Task CreateAsync(HttpContext context, CreateKey create, Clock clock)
    {
        if (await Body.ReadAsync(context, WireJson.Default.CreateKeyRequest) is not { } body)
        {
            return;
        }

        var caller = context.Caller();
        var faults = new Faults();
        var order = Check(body, caller, clock.Now(), faults);
        if (order is null)
        {
            await faults.WriteAsync(context);
            return;
        }

        var (key, excess) = await create.IssueAsync(caller.Project?.Id, order, caller.KeyId, context.RequestAborted);
        await (key is not null ? Answer.Json(context, StatusCodes.Status201Created, View(key), WireJson.Default.CreatedKey)
            : excess.Count > 0 ? RefuseAsync(context, excess)
            : Problems.WriteAsync(context, ErrorCode.KeyRevoked));
    }

    /// <summary>Reports everything at once. A missing scope sets the error code, whatever else is missing.</summary>
    private static Task RefuseAsync(HttpContext context, IReadOnlyList<Excess> excess) => Problems.WriteAsync(
        context,
        [.. excess.Select(static one => new Fault(one.Param, ErrorCode.ExceedsIssuer.Code, one.Detail))],
        excess.Any(static one => one.Param == "scopes") ? ErrorCode.ScopeMissing : ErrorCode.ExceedsIssuer);

    private static async Task ListAsync(HttpContext context, ProjectQueries queries)
    {
        var list = ListQuery.Read(context);
        var after = list.UuidAfter();
        if (await list.IsRefusedAsync())
        {
            return;
        }

        var rows = await queries.ListKeysAsync(context.Caller().Project?.Id, list.Probe, after, context.RequestAborted);
        await list.AnswerAsync(rows, View, static (data, more) => new(data, more), WireJson.Default.KeyList);
    }

    private static async Task RotateAsync(HttpContext context, RotateKey rotate)
    {
        if (await Body.ReadAsync(context, WireJson.Default.RotateKeyRequest, whenEmpty: new()) is not { } body)
        {
            return;
        }

        var faults = new Faults();
        if (!faults.Range(body.GraceSeconds, "grace_seconds", 0, (long)RotateKey.LongestGrace.TotalSeconds))
        {
            await faults.WriteAsync(context);
            return;
        }

        var caller = context.Caller();
        var grace = TimeSpan.FromSeconds(body.GraceSeconds ?? 0);
        var answer = ReadId(context) is { } id
            ? await rotate.RunAsync(caller.Project?.Id, id, caller.KeyId, grace, context.RequestAborted)
            : new(RotateFault.NotFound, null, []);
        await (answer.Fault switch
        {
            RotateFault.NotFound => Problems.WriteAsync(context, ErrorCode.KeyNotFound),
            RotateFault.Revoked => Problems.WriteAsync(context, ErrorCode.Conflict, "The key is revoked. Create a new one."),
            RotateFault.MoreThanCaller => RefuseAsync(context, answer.Excess),
            RotateFault.CallerEnded => Problems.WriteAsync(context, ErrorCode.KeyRevoked),
            _ => Answer.Json(context, StatusCodes.Status201Created, View(answer.Key!), WireJson.Default.CreatedKey),
        });
    }

    private static async Task RevokeAsync(HttpContext context, RevokeKey revoke)
    {
        var outcome = ReadId(context) is { } id
            ? await revoke.RunAsync(context.Caller().Project?.Id, id, context.RequestAborted)
            : RevokeOutcome.NotFound;
        await (outcome switch
        {
            RevokeOutcome.Revoked => Answer.Nothing(context),
            RevokeOutcome.LastAdminKey => Problems.WriteAsync(context, ErrorCode.LastKey),
            _ => Problems.WriteAsync(context, ErrorCode.KeyNotFound),
        });
    }

    /// <summary>Null: the body has faults.</summary>
    private static KeyOrder? Check(CreateKeyRequest body, Caller caller, Instant now, Faults faults)
    {
        if (faults.Required(body.Kind, "kind"))
        {
            faults.OneOf(body.Kind, "kind", caller.Project is null ? ["admin"] : ["secret", "public", "restricted"]);
        }

        faults.Text(body.Name, "name", WireLimits.NameCharacters);
        var scopes = CheckScopes(body, faults);
        var networks = CheckNetworks(body.Networks ?? [], faults);
        Instant? expiresAt = body.ExpiresAt is { } moment ? Instant.From(moment) : null;
        if (expiresAt <= now)
        {
            faults.Add("expires_at", FaultCode.OutOfRange, "A time in the future is expected.");
        }

        return faults.Any ? null : new(ProjectQueries.KindOf(body.Kind!), body.Name, scopes, networks, expiresAt);
    }

    private static Scope CheckScopes(CreateKeyRequest body, Faults faults)
    {
        var names = body.Scopes ?? [];
        if (body.Kind == "restricted" && names.Count == 0)
        {
            faults.Add("scopes", FaultCode.Required, $"A restricted key has at least one of {string.Join(", ", Scopes.Names)}.");
        }

        if (body.Kind != "restricted" && names.Count > 0)
        {
            faults.Add("scopes", FaultCode.InvalidValue, "Only restricted keys have scopes.");
        }

        for (var i = 0; i < names.Count && i < LargestList; i++)
        {
            faults.OneOf(names[i], $"scopes[{i}]", [.. Scopes.Names]);
        }

        return Scopes.Parse(names);
    }

    private static List<string> CheckNetworks(IReadOnlyList<string> texts, Faults faults)
    {
        List<string> networks = [];
        if (texts.Count > LargestList)
        {
            faults.Add("networks", FaultCode.TooMany, $"At most {LargestList} networks are accepted.");
            return networks;
        }

        for (var i = 0; i < texts.Count; i++)
        {
            // The framework's reader passes over U+0000 at the end.
            if (texts[i].EndsWith('\0'))
            {
                faults.Add($"networks[{i}]", FaultCode.InvalidFormat, Faults.NotALine);
            }
            else if (IPNetwork.TryParse(texts[i], out var network))
            {
                networks.Add(network.ToString());
            }
            else if (IPAddress.TryParse(texts[i], out var address))
            {
                networks.Add(new IPNetwork(address, address.GetAddressBytes().Length * 8).ToString());
            }
            else
            {
                faults.Add(
                    $"networks[{i}]", FaultCode.InvalidFormat, "An address (203.0.113.7) or a network (203.0.113.0/24) is expected.");
            }
        }

        return networks;
    }

    private static Guid? ReadId(HttpContext context) =>
        Guid.TryParseExact((string)context.Request.RouteValues["id"]!, "D", out var id) ? id : null;

    private static CreatedKey View(NewKey key) => new()
    {
        Id = key.Id.ToString(),
        Key = key.Text,
        Kind = ProjectQueries.NameOf(key.Order.Kind),
        Name = key.Order.Name,
        Prefix = key.Prefix,
        Scopes = Scopes.ToNames(key.Order.Scopes),
        Networks = key.Order.Networks,
        CreatedAt = key.CreatedAt.ToOffset(),
        ExpiresAt = key.Order.ExpiresAt?.ToOffset(),
    };

    private static KeyView View(KeyRow key) => new()
    {
        Id = key.Id.ToString(),
        Kind = ProjectQueries.NameOf(key.Kind),
        Name = key.Name,
        Prefix = key.Prefix,
        Scopes = key.Scopes,
        Networks = key.Networks,
        CreatedAt = key.CreatedAt.ToOffset(),
        ExpiresAt = key.ExpiresAt?.ToOffset(),
        RevokedAt = key.RevokedAt?.ToOffset(),
        LastUsedAt = key.LastUsedAt?.ToOffset(),
        IssuedBy = key.IssuedBy?.ToString("D"),
    };
}
