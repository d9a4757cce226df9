using Tollgate.Contracts.Http;
using Tollgate.Contracts.Projects;
using Tollgate.Core.Catalog;
using Tollgate.Core.Time;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Projects;
using Tollgate.Server.Http;

namespace Tollgate.Server.Projects;

/// <summary><c>/v1/customers/{id}/tokens</c>: the tokens for one customer's browser; issue, list, revoke.</summary>
internal static class TokensEndpoints
{
    private const string Tag = "Customers";
    private const string PathOfTokens = "/v1/customers/{id}/tokens";
    private const int TokenSegment = 4;

    private static readonly Dictionary<string, string> IdMeaning = new() { ["id"] = "Your own id of the customer." };

    private static readonly Dictionary<string, string> TokenMeaning = new(IdMeaning) { ["token_id"] = "The token's id, not its text." };

    public static void Map(WebApplication app)
    {
        var (issue, revoke) = (app.Services.GetRequiredService<IssueCustomerToken>(), app.Services.GetRequiredService<RevokeTokens>());
        var (queries, clock) = (app.Services.GetRequiredService<ProjectQueries>(), app.Services.GetRequiredService<Clock>());
        app.MapPost(PathOfTokens, app.Counted(Thing.Token, context => IssueAsync(context, issue, clock)))
            .RequireKey(Access.Secret, Scope.CustomersWrite)
            .WithSecretAnswer()
            .Describe(new(Tag, "Issue a customer token", """
                Issues a token that acts for this one customer: its usage, its portal, the seed doors, the gateway. Give the token to the
                customer's browser; never give a browser a key. The token has the scopes and networks of the issuing key, expires no later than
                the key, and is revoked with it. It expires after `ttl_seconds` (60 to 315,360,000, which is ten years; default 3,600). Give a
                token of years to a user who calls your API: it is the user's API key, sent as `Authorization: Bearer` or `X-Api-Key`. The
                customer need not exist yet.
                """)
            {
                Path = IdMeaning,
                Request = Example.Of<CreateTokenRequest>("""{"ttl_seconds": 900}"""),
                BodyMayBeAbsent = true,
                Answers =
                [
                    Example.Of<CreatedToken>(201, "Created. Only this answer shows the token's text.", """
                        {"id": "019aa5a0-3c1e-7a52-9d31-5f0c8a4b7e10", "token": "tg_ct_…", "expires_at": "2026-11-21T08:15:00Z"}
                        """),
                ],
                Errors = [ErrorCode.ExceedsIssuer],
            });
        app.MapGet(PathOfTokens, (RequestDelegate)(context => ListAsync(context, queries, clock)))
            .RequireKey(Access.Secret, Scope.CustomersRead)
            .Describe(new(Tag, "List customer tokens", """
                Lists the customer's tokens, the newest first, revoked ones included, until a day after they expire. Tollgate never shows a
                token's text again.
                """)
            {
                Path = IdMeaning,
                Query = QueryParameter.OfPage,
                Answers =
                [
                    Example.Of<TokenList>(200, "A page of tokens.", """
                        {"data": [{"id": "019aa5a0-3c1e-7a52-9d31-5f0c8a4b7e10", "customer": "acme", "status": "active",
                                   "issued_by": "019aa59f-11d0-7c3a-8e42-7f1b0d9c6a55", "created_at": "2026-11-21T08:00:00Z",
                                   "expires_at": "2026-11-21T08:15:00Z", "revoked_at": null}], "has_more": false}
                        """),
                ],
                Errors = [ErrorCode.ValidationFailed],
            });
        app.MapDelete(PathOfTokens + "/{token_id}", (RequestDelegate)(context => RevokeAsync(context, revoke)))
            .RequireKey(Access.Secret, Scope.CustomersWrite)
            .Describe(new(Tag, "Revoke a customer token", """
                Every server refuses the token from now on, and ends the portal sessions and checkouts that were opened with it. Revoking it again changes nothing.
                """)
            {
                Path = TokenMeaning,
                Answers = [Example.Nothing("Revoked.")],
                Errors = [ErrorCode.TokenNotFound],
            });
    }

    private static async Task IssueAsync(HttpContext context, IssueCustomerToken issue, Clock clock)
    {
        if (await Body.ReadAsync(context, WireJson.Default.CreateTokenRequest, whenEmpty: new()) is not { } body)
        {
            return;
        }

        var faults = new Faults();
        var customer = RawPath.Id(context);
        faults.Id(customer, "id");
        faults.Range(
            body.TtlSeconds, "ttl_seconds",
            (long)IssueCustomerToken.ShortestLife.TotalSeconds, (long)IssueCustomerToken.LongestLife.TotalSeconds);
        if (faults.Any)
        {
            await faults.WriteAsync(context);
            return;
        }

        var (caller, now) = (context.Caller(), clock.Now());
        if (body.TtlSeconds is { } asked && now.Plus(TimeSpan.FromSeconds(asked)) > caller.ExpiresAt)
        {
            await Problems.WriteAsync(
                context, ErrorCode.ExceedsIssuer,
                $"A token of {asked} seconds would outlive the key that issues it, which expires at {caller.ExpiresAt}.", "ttl_seconds");
            return;
        }

        var life = body.TtlSeconds is { } seconds ? TimeSpan.FromSeconds(seconds) : IssueCustomerToken.DefaultLife;
        var token = await issue.RunAsync(context.Project(), customer, life, Issuer.Of(caller), context.RequestAborted);
        await Answer.Json(
            context, StatusCodes.Status201Created, new CreatedToken(token.Id.ToString("D"), token.Text, token.ExpiresAt.ToOffset()),
            WireJson.Default.CreatedToken);
    }

    private static async Task ListAsync(HttpContext context, ProjectQueries queries, Clock clock)
    {
        var (list, customer) = (ListQuery.Read(context), RawPath.Id(context));
        list.Faults.Id(customer, "id");
        var after = list.UuidAfter();
        if (await list.IsRefusedAsync())
        {
            return;
        }

        var rows = await queries.ListTokensAsync(context.Project(), customer, after, list.Probe, context.RequestAborted);
        var now = clock.Now();
        await list.AnswerAsync(
            rows, row => View(row, customer, now), static (data, more) => new(data, more), WireJson.Default.TokenList);
    }

    private static async Task RevokeAsync(HttpContext context, RevokeTokens revoke)
    {
        var isRevoked = Guid.TryParseExact(RawPath.Segment(context, TokenSegment), "D", out var token)
            && await revoke.RunAsync(context.Project(), RawPath.Id(context), token, context.RequestAborted);
        await (isRevoked ? Answer.Nothing(context) : Problems.WriteAsync(context, ErrorCode.TokenNotFound));
    }

    private static TokenView View(TokenRow row, string customer, Instant now) => new()
    {
        Id = row.Id.ToString("D"),
        Customer = customer,
        Status = StatusOf(row.RevokedAt, row.ExpiresAt, now),
        IssuedBy = row.IssuedBy?.ToString("D"),
        CreatedAt = row.CreatedAt.ToOffset(),
        ExpiresAt = row.ExpiresAt.ToOffset(),
        RevokedAt = row.RevokedAt?.ToOffset(),
    };

    /// <summary>The status of a customer token or a portal session.</summary>
    internal static string StatusOf(Instant? revokedAt, Instant expiresAt, Instant now) =>
        CatalogWords.Of(revokedAt is not null ? TokenStatus.Revoked : expiresAt <= now ? TokenStatus.Expired : TokenStatus.Active);
}

/// <summary>The status of a customer token or a portal session, as in its view.</summary>
internal enum TokenStatus
{
    Active,
    Expired,
    Revoked,
}
