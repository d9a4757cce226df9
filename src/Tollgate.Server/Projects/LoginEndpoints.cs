using Tollgate.Contracts.Http;
using Tollgate.Contracts.Projects;
using Tollgate.Engine.Projects;
using Tollgate.Server.Http;

namespace Tollgate.Server.Projects;

/// <summary><c>/v1/customers/{id}/login</c>: the user name and password with which a customer gets a token at <c>/auth/login</c>.</summary>
internal static class LoginEndpoints
{
    private const string Tag = "Customers";
    private const string PathOfLogin = "/v1/customers/{id}/login";

    private static readonly Dictionary<string, string> IdMeaning = new() { ["id"] = "Your own id of the customer." };

    public static void Map(WebApplication app)
    {
        var (logins, passwords) = (app.Services.GetRequiredService<CustomerLogins>(), app.Services.GetRequiredService<Passwords>());
        app.MapPut(PathOfLogin, (RequestDelegate)(context => SetAsync(context, logins, passwords)))
            .RequireKey(Access.Secret, Scope.CustomersWrite)
            .Describe(new(Tag, "Set a customer's login", """
                Sets the user name and password with which the customer gets a customer token at `POST /auth/login`, for a product without a
                login of its own. It replaces an earlier one; tokens that were issued before stay valid. Tollgate stores a hash of the password,
                and its tokens have the scopes and networks of the key that sets the login. The login ends with that key.
                """)
            {
                Path = IdMeaning,
                Request = Example.Of<SetLoginRequest>("""{"username": "ada@example.com", "password": "correct horse battery"}"""),
                Answers =
                [
                    Example.Of<LoginView>(200, "The login.", """
                        {"customer": "user_42", "username": "ada@example.com", "updated_at": "2026-11-21T08:00:00Z"}
                        """),
                ],
                Errors = [ErrorCode.Conflict, ErrorCode.ValidationFailed],
            });
        app.MapDelete(PathOfLogin, (RequestDelegate)(context => RemoveAsync(context, logins)))
            .RequireKey(Access.Secret, Scope.CustomersWrite)
            .Describe(new(Tag, "Remove a customer's login", """
                The customer cannot log in any more. Tokens that the login issued stay valid for their hour, unless you revoke them. Removing it
                again changes nothing.
                """)
            {
                Path = IdMeaning,
                Answers = [Example.Nothing("Removed, or there was none.")],
                Errors = [ErrorCode.ValidationFailed],
            });
    }

    private static async Task SetAsync(HttpContext context, CustomerLogins logins, Passwords passwords)
    {
        if (await Body.ReadAsync(context, WireJson.Default.SetLoginRequest) is not { } body)
        {
            return;
        }

        var faults = new Faults();
        var customer = RawPath.Id(context);
        faults.Id(customer, "id");
        faults.Id(body.Username, "username", required: false);
        if (faults.Required(body.Password, "password") && body.Password!.Length is < Passwords.Shortest or > Passwords.Longest)
        {
            faults.Add("password", FaultCode.OutOfRange, $"{Passwords.Shortest} to {Passwords.Longest} characters are expected.");
        }

        if (faults.Any)
        {
            await faults.WriteAsync(context);
            return;
        }

        var (username, project) = (body.Username ?? customer, context.Project());
        if (await passwords.HashAsync(project.Id, body.Password!, context.RequestAborted) is not { } hash)
        {
            await Problems.WriteAsync(context, ErrorCode.ProjectBusy, "The project sets and compares too many passwords at one time.");
            return;
        }

        await (await logins.SetAsync(project, customer, username, hash, context.Caller().KeyId, context.RequestAborted) is { } updated
            ? Answer.Json(
                context, StatusCodes.Status200OK, new LoginView(customer, username, updated.ToOffset()), WireJson.Default.LoginView)
            : Problems.WriteAsync(context, ErrorCode.Conflict, $"Another customer has the user name '{username}'.", "username"));
    }

    private static async Task RemoveAsync(HttpContext context, CustomerLogins logins)
    {
        var faults = new Faults();
        var customer = RawPath.Id(context);
        if (!faults.Id(customer, "id"))
        {
            await faults.WriteAsync(context);
            return;
        }

        await logins.RemoveAsync(context.Project(), customer, context.RequestAborted);
        await Answer.Nothing(context);
    }
}
