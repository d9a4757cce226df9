using Tollgate.Contracts.Http;
using Tollgate.Contracts.Payments;
using Tollgate.Core.Catalog;
using Tollgate.Core.Payments;
using Tollgate.Engine.Payments;
using Tollgate.Engine.Projects;
using Tollgate.Server.Http;

namespace Tollgate.Server.Payments;

/// <summary><c>/v1/payment-settings</c>: the project's payment provider. The API accepts keys and never returns them.</summary>
public static class PaymentSettingsEndpoints
{
    private const int LongestCredential = 8_000;
    private const int MostCredentials = 50;

    public static void MapPaymentSettings(this WebApplication app)
    {
        var settings = app.Services.GetRequiredService<PaymentSettings>();
        var deps = new Deps(app.Services.GetRequiredService<PaymentProviders>(), app.Services.GetRequiredService<ProviderKeys>());

        app.MapGet("/v1/payment-settings", (RequestDelegate)(context => ShowAsync(context, context.Project(), deps)))
            .RequireKey(Access.Secret, Scope.SettingsRead)
            .Describe(PaymentDescriptions.ShowSettings);
        app.MapPut("/v1/payment-settings", (RequestDelegate)(context => SetAsync(context, settings, deps)))
            .RequireKey(Access.Secret, Scope.SettingsWrite)
            .Describe(PaymentDescriptions.SetSettings);
        app.MapDelete("/v1/payment-settings/credentials/{provider}", (RequestDelegate)(context => ForgetAsync(context, settings)))
            .RequireKey(Access.Secret, Scope.SettingsWrite)
            .Describe(PaymentDescriptions.ForgetCredentials);
    }

    private sealed record Deps(PaymentProviders Providers, ProviderKeys Keys);

    private static async Task SetAsync(HttpContext context, PaymentSettings settings, Deps deps)
    {
        if (await Body.ReadAsync(context, WireJson.Default.PaymentSettingsRequest) is not { } body)
        {
            return;
        }

        var (faults, project) = (new Faults(), context.Project());
        if (faults.Required(body.Provider, "provider"))
        {
            faults.OneOf(body.Provider, "provider", [.. CatalogWords.All<PaymentProvider>()]);
        }

        faults.OneOf(body.Subscriptions, "subscriptions", [.. CatalogWords.All<SubscriptionsBy>()]);
        if (faults.Any || !CatalogWords.TryParse<PaymentProvider>(body.Provider!, out var name))
        {
            await faults.WriteAsync(context);
            return;
        }

        SubscriptionsBy? subscriptions = body.Subscriptions is { } word ? CatalogWords.Read<SubscriptionsBy>(word) : null;
        if (subscriptions == SubscriptionsBy.Provider && deps.Providers.Find(name)?.Capabilities.ManagesSubscriptions != true)
        {
            faults.Add("subscriptions", FaultCode.InvalidValue, $"{body.Provider} cannot renew and bill subscriptions; Tollgate does.");
        }

        // A provider that takes no credentials keeps the stored ones: the sandbox has generated a secret, and {} must not delete it.
        var given = body.Credentials is { Count: 0 } && (deps.Providers.Find(name)?.Capabilities.Credentials ?? []).Count == 0
            ? null
            : body.Credentials;
        var stored = given ?? deps.Keys.Open(project, name);
        Check(faults, project, deps.Providers.Find(name), name, given, stored);
        if (faults.Any)
        {
            await faults.WriteAsync(context);
            return;
        }

        await settings.SetAsync(project, name, given, context.RequestAborted, subscriptions);
        await ShowAsync(context, settings.Newest(project), deps);
    }

    private static void Check(
        Faults faults, ProjectSnapshot project, IPaymentProvider? provider, PaymentProvider name,
        IReadOnlyDictionary<string, string>? given,
        IReadOnlyDictionary<string, string>? stored)
    {
        var fields = provider?.Capabilities.Credentials ?? [];
        if (provider is null && PaymentProviders.MovesMoney(name))
        {
            faults.Add("provider", FaultCode.InvalidValue, $"This server does not support {CatalogWords.Of(name)}.");
            return;
        }

        if (given is { Count: > MostCredentials })
        {
            faults.Add("credentials", FaultCode.OutOfRange, $"At most {MostCredentials} credentials are accepted.");
            return;
        }

        foreach (var (key, value) in given ?? new Dictionary<string, string>())
        {
            if (!fields.Any(field => Names(field, key)))
            {
                faults.Add($"credentials.{key}", FaultCode.UnknownField, $"{CatalogWords.Of(name)} accepts {Listed(fields)}.");
            }
            else if (value is null or { Length: 0 or > LongestCredential })
            {
                faults.Add($"credentials.{key}", FaultCode.InvalidValue, $"1 to {LongestCredential} characters are expected.");
            }
        }

        foreach (var field in fields.Where(field => field.IsRequired && stored?.ContainsKey(field.Name) != true))
        {
            faults.Add($"credentials.{field.Name}", FaultCode.Required, field.Meaning);
        }

        if (!faults.Any && provider?.Refuse(project.Mode, stored ?? new Dictionary<string, string>()) is var (at, why))
        {
            faults.Add(at, FaultCode.InvalidValue, why);
        }
    }

    /// <summary>A name that ends in <c>*</c> matches all names with that prefix: <c>price_*</c>.</summary>
    private static bool Names(CredentialField field, string key) => field.Name.EndsWith('*')
        ? key.StartsWith(field.Name[..^1], StringComparison.Ordinal)
        : key == field.Name;

    private static string Listed(IReadOnlyList<CredentialField> fields) =>
        fields.Count == 0 ? "no credentials" : string.Join(", ", fields.Select(static field => field.Name));

    private static async Task ForgetAsync(HttpContext context, PaymentSettings settings)
    {
        var isForgotten = CatalogWords.TryParse<PaymentProvider>(RawPath.Segment(context, ProviderSegment) ?? "", out var name)
            && await settings.ForgetAsync(context.Project(), name, context.RequestAborted);
        await (isForgotten ? Answer.Nothing(context) : Problems.WriteAsync(context, ErrorCode.BillingNotConfigured));
    }

    /// <summary>The index of the segment with the name in <c>/v1/payment-settings/credentials/{provider}</c>.</summary>
    private const int ProviderSegment = 3;

    private static Task ShowAsync(HttpContext context, ProjectSnapshot project, Deps deps)
    {
        var (name, abilities) = (project.Payments.Provider, deps.Providers.CapabilitiesOf(project));
        var stored = deps.Keys.Open(project, name);
        return Answer.Json(context, StatusCodes.Status200OK, new()
        {
            Provider = CatalogWords.Of(name),
            Configured = abilities.Credentials.All(field => !field.IsRequired || stored?.ContainsKey(field.Name) == true),
            Subscriptions = CatalogWords.Of(project.Payments.Subscriptions),
            Capabilities = new(
                abilities.ChargesSavedMethods, abilities.HasCheckout, abilities.HasPortal, abilities.Refunds, abilities.Voids,
                abilities.ManagesSubscriptions,
                abilities.SendsWebhooks),
            Credentials =
            [
                .. abilities.Credentials.Select(field => new CredentialView(
                    field.Name, field.IsRequired, stored?.Keys.Any(key => Names(field, key)) == true, field.Meaning)),
            ],
            WebhookPath = abilities.SendsWebhooks ? $"/v1/webhooks/{CatalogWords.Of(name)}" : null,
        }, WireJson.Default.PaymentSettingsView);
    }
}
