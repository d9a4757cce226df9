using Tollgate.Contracts.Http;
using Tollgate.Contracts.Projects;
using Tollgate.Engine.Projects;
using Tollgate.Server.Http;

namespace Tollgate.Server.Projects;

/// <summary><c>POST /v1/customers/{id}/tokens</c>: what a SaaS hands to one customer's browser.</summary>
internal static class TokensEndpoints
{
    public static void Map(WebApplication app)
    {
        var issue = app.Services.GetRequiredService<IssueCustomerToken>();
        app.MapPost("/v1/customers/{id}/tokens", app.Counted(Thing.Token, context => IssueAsync(context, issue)))
            .RequireKey(Access.Secret, Scope.CustomersWrite)
            .WithSecretAnswer()
            .Describe(new("Customers", "Issue a customer token", """
                A token that speaks for this one customer: its usage, its portal, the seed doors. Give it to the customer's browser; never
                give it a key. It ends after `ttl_seconds` (60 to 2,592,000; default 3,600). The customer need not exist yet.
                """)
            {
                Path = new Dictionary<string, string> { ["id"] = "Your own id of the customer." },
                Request = Example.Of<CreateTokenRequest>("""{"ttl_seconds": 900}"""),
                BodyMayBeAbsent = true,
                Answers =
                [
                    Example.Of<CreatedToken>(201, "The token; shown this once.", """
                        {"token": "tg_ct_…", "expires_at": "2026-11-21T08:15:00Z"}
                        """),
                ],
            });
    }

    private static async Task IssueAsync(HttpContext context, IssueCustomerToken issue)
    {
        if (await Body.ReadAsync(context, ProjectsJson.Default.CreateTokenRequest, whenEmpty: new()) is not { } body)
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

        var life = body.TtlSeconds is { } seconds ? TimeSpan.FromSeconds(seconds) : IssueCustomerToken.DefaultLife;
        var token = await issue.RunAsync(context.Project(), customer, life, context.RequestAborted);
        await Answer.Json(
            context, StatusCodes.Status201Created, new CreatedToken(token.Text, token.ExpiresAt.ToOffset()),
            ProjectsJson.Default.CreatedToken);
    }
}
