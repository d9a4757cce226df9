using System.Net.Http.Headers;
using Microsoft.AspNetCore.Http.Features;
using Tollgate.Contracts.Http;
using Tollgate.Contracts.SeedDoors;
using Tollgate.Core.Time;
using Tollgate.Engine.Projects;
using Tollgate.Server.Http;
using Tollgate.Server.Projects;

namespace Tollgate.Server.SeedDoors;

/// <summary>
/// C: <c>POST /auth/login</c>: a form with a user name and a password, for a customer token. The app sets both with
/// <c>PUT /v1/customers/{id}/login</c>. Failed attempts count for the address, as wrong keys do, and for the account.
/// </summary>
internal static class ResumeAtsLoginDoor
{
    /// <summary>The most bytes of a form: a user name and a password, with every byte escaped.</summary>
    private const int LongestForm = 4 * 1024;

    private static readonly TimeSpan TokenLife = IssueCustomerToken.DefaultLife;

    private sealed record Deps(
        CustomerLogins Logins, Passwords Passwords, IssueCustomerToken Issue, CountThings Count, Guesses Guesses);

    public static void MapResumeAtsLogin(this WebApplication app)
    {
        var services = app.Services;
        var deps = new Deps(
            services.GetRequiredService<CustomerLogins>(), services.GetRequiredService<Passwords>(),
            services.GetRequiredService<IssueCustomerToken>(), services.GetRequiredService<CountThings>(),
            services.GetRequiredService<Guesses>());
        app.MapPost("/auth/login", (RequestDelegate)(context => LogInAsync(context, deps)))
            .RequireKey(Access.Keyless, Scope.None)
            .OfProduct(ResumeAtsDoor.Product)
            .WithOwnIdempotency()
            .WithLoad(Load.Own)
            .WithSeedErrors()
            .Describe(Login);
    }

    private static async Task LogInAsync(HttpContext context, Deps deps)
    {
        if (deps.Guesses.PauseOf(context) is { } pause)
        {
            await PauseAsync(context, pause);
            return;
        }

        if (await FormAsync(context) is not { } form)
        {
            return;
        }

        string? username = form["username"], password = form["password"];
        var faults = new Faults();
        faults.Id(username, "username");
        if (faults.Required(password, "password") && password!.Length > Passwords.Longest)
        {
            faults.Add("password", FaultCode.OutOfRange, $"At most {Passwords.Longest} characters are expected.");
        }

        if (faults.Any)
        {
            await faults.WriteAsync(context);
            return;
        }

        var project = context.Project();
        if (deps.Passwords.PauseOf(project.Id, username!) is { } rest)
        {
            await PauseAsync(context, rest);
            return;
        }

        var login = await deps.Logins.FindAsync(project, username!, context.RequestAborted);
        switch (await deps.Passwords.IsRightAsync(project.Id, login?.PasswordHash, password!, context.RequestAborted))
        {
            case null:
                await Problems.WriteAsync(context, ErrorCode.ProjectBusy);
                break;
            case true:
                await IssueAsync(context, deps, project, login!);
                break;
            default:
                deps.Passwords.Fail(project.Id, username!);
                await RefuseAsync(context, deps.Guesses.Fail(context, "password"));
                break;
        }
    }

    private static async Task IssueAsync(HttpContext context, Deps deps, ProjectSnapshot project, CustomerLogin login)
    {
        if (await deps.Count.ReachedAsync(project.Id, Thing.Token, login.Customer, context.RequestAborted) is not null)
        {
            await Problems.WriteAsync(context, ErrorCode.LimitReached);
            return;
        }

        var issuer = new Issuer(login.Issuer, null, null, Instant.FarFuture);
        var token = await deps.Issue.RunAsync(project, login.Customer, TokenLife, issuer, context.RequestAborted);
        await Answer.Json(
            context, StatusCodes.Status200OK, new ResumeAtsLogin(token.Text, "bearer", (long)TokenLife.TotalSeconds),
            WireJson.Default.ResumeAtsLogin);
    }

    /// <summary>Null: the body is no form, or too large, and the problem is written.</summary>
    private static async ValueTask<IFormCollection?> FormAsync(HttpContext context)
    {
        var isForm = MediaTypeHeaderValue.TryParse(context.Request.ContentType, out var type)
            && string.Equals(type.MediaType, Form, StringComparison.OrdinalIgnoreCase);
        if (!isForm)
        {
            await Problems.WriteAsync(context, ErrorCode.UnsupportedMediaType, $"{Form} is expected.");
            return null;
        }

        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
        {
            size.MaxRequestBodySize = LongestForm;
        }

        try
        {
            return await context.Request.ReadFormAsync(context.RequestAborted);
        }
        catch (InvalidDataException e)
        {
            await Problems.WriteAsync(context, ErrorCode.MalformedRequest, e.Message);
            return null;
        }
    }

    private static Task PauseAsync(HttpContext context, TimeSpan pause) => Problems.WriteAsync(
        context, ErrorCode.RateLimited, "Too many attempts with a wrong password.", retryAfter: pause);

    private static Task RefuseAsync(HttpContext context, TimeSpan? pause)
    {
        if (pause is { } wait)
        {
            return PauseAsync(context, wait);
        }

        context.Response.Headers.WWWAuthenticate = "Bearer";
        return SeedErrors.WriteAsync(context, StatusCodes.Status401Unauthorized, "Incorrect username or password");
    }

    private const string Form = "application/x-www-form-urlencoded";

    private static readonly Description Login = new(
        "Usage", "Log in",
        "Returns a customer token for a user name and a password, which the app sets with `PUT /v1/customers/{id}/login`. The token is valid "
            + "for an hour. Without a key, the path or the host name selects the project; otherwise it is the server's default project, or "
            + "else this product's. After 10 failed attempts in a minute an account waits, and an address after the limit of failed keys: 429.")
    {
        Request = Example.OfText(Form, "username=test@example.com&password=testpass123"),
        Answers =
        [
            Example.Of<ResumeAtsLogin>(
                200, "The token.", """{"access_token": "tg_ct_…", "token_type": "bearer", "expires_in": 3600}"""),
            Example.Of<SeedError<string>>(
                401, "The user name or the password is wrong.", """{"detail": "Incorrect username or password"}"""),
        ],
        Errors = [ErrorCode.RateLimited, ErrorCode.ValidationFailed, ErrorCode.MalformedRequest, ErrorCode.UnsupportedMediaType],
    };
}
