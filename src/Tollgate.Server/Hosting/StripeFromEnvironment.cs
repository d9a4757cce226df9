using Tollgate.Core.Payments;
using Tollgate.Engine.Payments;
using Tollgate.Engine.Projects;

namespace Tollgate.Server.Hosting;

/// <summary>
/// Gives the default project the keys of Stripe in <c>STRIPE_SECRET_KEY</c> and <c>STRIPE_WEBHOOK_SECRET</c>, where a product that moves
/// over has them. It does so only for a project that the operator names with <c>--default-project</c> and that has chosen no provider: a
/// later choice with <c>PUT /v1/payment-settings</c> stays.
/// </summary>
internal static class StripeFromEnvironment
{
    public const string SecretVariable = "STRIPE_SECRET_KEY", WebhookVariable = "STRIPE_WEBHOOK_SECRET";

    public static async Task EnsureAsync(IServiceProvider services, ServerOptions options, ILogger logger, CancellationToken cancel)
    {
        if (options.StripeKeys is not { } keys || options.DefaultProject is not { } code
            || services.GetRequiredService<ProjectDirectory>().Find(code) is not { Payments: { Version: 0, Credentials.Count: 0 } } project
            || services.GetRequiredService<PaymentProviders>().Find(PaymentProvider.Stripe) is not { } provider)
        {
            return;
        }

        var missing = provider.Capabilities.Credentials.FirstOrDefault(field => field.IsRequired && !keys.ContainsKey(field.Name));
        if ((missing?.Meaning ?? provider.Refuse(project.Mode, keys)?.Fault) is { } fault)
        {
            logger.LogWarning(
                "The keys of Stripe in the environment were not given to {Project}: {Fault} ({Secret}, {Webhook})", code, fault,
                SecretVariable, WebhookVariable);
            return;
        }

        await services.GetRequiredService<PaymentSettings>().SetAsync(project, PaymentProvider.Stripe, keys, cancel);
        logger.LogInformation("{Project} takes payments with Stripe, with the keys in {Secret} and {Webhook}.", code, SecretVariable,
            WebhookVariable);
    }

    /// <summary>Returns null if there is no secret key.</summary>
    public static IReadOnlyDictionary<string, string>? Read(Func<string, string?> environment)
    {
        if (string.IsNullOrWhiteSpace(environment(SecretVariable)))
        {
            return null;
        }

        var keys = new Dictionary<string, string> { ["secret_key"] = environment(SecretVariable)!.Trim() };
        if (environment(WebhookVariable) is { } webhook && !string.IsNullOrWhiteSpace(webhook))
        {
            keys["webhook_secret"] = webhook.Trim();
        }

        return keys;
    }
}
