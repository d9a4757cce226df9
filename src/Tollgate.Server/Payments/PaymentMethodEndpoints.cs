using Tollgate.Contracts.Http;
using Tollgate.Contracts.Payments;
using Tollgate.Core.Catalog;
using Tollgate.Core.Payments;
using Tollgate.Core.Payments.Sandbox;
using Tollgate.Engine.Billing;
using Tollgate.Engine.Payments;
using Tollgate.Engine.Projects;
using Tollgate.Server.Customers;
using Tollgate.Server.Http;

namespace Tollgate.Server.Payments;

/// <summary><c>/v1/customers/{id}/payment-methods</c>: a customer's payment methods.</summary>
public static class PaymentMethodEndpoints
{
    private const int LongestToken = 255;

    /// <summary>The index of the segment with the method's id in <c>/v1/customers/{id}/payment-methods/{method}</c>.</summary>
    private const int MethodSegment = 4;

    public static void MapPaymentMethods(this WebApplication app)
    {
        var methods = app.Services.GetRequiredService<PaymentMethods>();
        var keep = app.Services.GetRequiredService<KeepPaymentMethod>();

        app.MapPost("/v1/customers/{id}/payment-methods", (RequestDelegate)(context => AddAsync(context, keep)))
            .RequireKey(Access.Secret, Scope.BillingWrite)
            .Describe(PaymentDescriptions.AddMethod);
        app.MapGet("/v1/customers/{id}/payment-methods", (RequestDelegate)(context => ListAsync(context, methods)))
            .RequireKey(Access.Secret, Scope.BillingRead)
            .Describe(PaymentDescriptions.ListMethods);
        app.MapDelete("/v1/customers/{id}/payment-methods/{method}", (RequestDelegate)(context => RemoveAsync(context, keep)))
            .RequireKey(Access.Secret, Scope.BillingWrite)
            .Describe(PaymentDescriptions.RemoveMethod);
    }

    private static async Task AddAsync(HttpContext context, KeepPaymentMethod keep)
    {
        if (await CustomersEndpoints.IdAsync(context) is not { } customer
            || await Body.ReadAsync(context, WireJson.Default.AddPaymentMethodRequest) is not { } body)
        {
            return;
        }

        if (context.Project().Mode != ProjectMode.Sandbox)
        {
            await Problems.WriteAsync(
                context, ErrorCode.BillingNotConfigured,
                $"Customers of a live project save their cards on the provider's page. {PaymentEndpoints.HowToBePaid}");
            return;
        }

        var faults = new Faults();
        var card = body.Token is { Length: <= LongestToken } token ? SandboxCards.Find(token) : null;
        if (faults.Required(body.Token, "token") && card is null)
        {
            faults.Add(
                "token", FaultCode.InvalidValue,
                $"The sandbox knows {string.Join(", ", SandboxCards.All.Select(static one => one.Token))}.");
        }

        if (faults.Any)
        {
            await faults.WriteAsync(context);
            return;
        }

        var added = await keep.AddAsync(context.Project(), customer, card!, context.RequestAborted);
        await (added.Outcome switch
        {
            AddMethodOutcome.IsMember => Problems.WriteAsync(context, ErrorCode.CustomerIsMember),
            AddMethodOutcome.TooMany => Problems.WriteAsync(
                context, ErrorCode.LimitReached,
                $"The customer has {PaymentMethods.Most} payment methods, which is the limit. Remove those that you no longer charge."),
            _ => Answer.Json(context, StatusCodes.Status201Created, ViewOf(added.Method!), WireJson.Default.PaymentMethodView),
        });
    }

    private static async Task ListAsync(HttpContext context, PaymentMethods methods)
    {
        if (await CustomersEndpoints.IdAsync(context) is not { } customer)
        {
            return;
        }

        var found = await methods.ListAsync(context.Project(), customer, context.RequestAborted);
        await (found is null
            ? Problems.WriteAsync(context, ErrorCode.CustomerNotFound)
            : Answer.Json(
                context, StatusCodes.Status200OK, new PaymentMethodList([.. found.Select(ViewOf)]),
                WireJson.Default.PaymentMethodList));
    }

    private static async Task RemoveAsync(HttpContext context, KeepPaymentMethod keep)
    {
        if (await CustomersEndpoints.IdAsync(context) is not { } customer)
        {
            return;
        }

        var isRemoved = Guid.TryParse(RawPath.Segment(context, MethodSegment), out var id)
            && await keep.RemoveAsync(context.Project(), customer, id, context.RequestAborted);
        await (isRemoved ? Answer.Nothing(context) : Problems.WriteAsync(context, ErrorCode.PaymentMethodNotFound));
    }

    private static PaymentMethodView ViewOf(PaymentMethod method) => new(
        method.Id.ToString("D"), CatalogWords.Of(method.Provider), method.Brand, method.Last4, method.IsDefault, method.AddedAt.ToOffset());
}
