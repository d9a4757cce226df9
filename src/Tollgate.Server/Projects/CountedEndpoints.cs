using Tollgate.Contracts.Http;
using Tollgate.Engine.Projects;
using Tollgate.Server.Http;

namespace Tollgate.Server.Projects;

/// <summary>Endpoints that create objects with a limit per project.</summary>
internal static class CountedEndpoints
{
    /// <summary>
    /// Runs <paramref name="make"/> if the project is below the limit; otherwise writes a problem that names the limit and its variable.
    /// </summary>
    public static RequestDelegate Counted(this IEndpointRouteBuilder app, Thing thing, RequestDelegate make)
    {
        var count = app.ServiceProvider.GetRequiredService<CountThings>();
        return async context =>
        {
            var customer = thing == Thing.Token ? RawPath.Id(context) : null;
            if (context.Caller().Project is { } project
                && await count.ReachedAsync(project.Id, thing, customer, context.RequestAborted) is { } most)
            {
                await Problems.WriteAsync(context, ErrorCode.LimitReached, Explain(thing, most));
                return;
            }

            await make(context);
        };
    }

    private static string Explain(Thing thing, int most)
    {
        var (what, knob, remedy) = thing switch
        {
            Thing.Key =>
                ("A project has at most {0:N0} API keys, those that ended within 30 days included", "TOLLGATE_MOST_KEYS",
                    "Revoke those that nobody uses."),
            Thing.Coupon =>
                ("A project has at most {0:N0} coupons", "TOLLGATE_MOST_COUPONS", "Use one coupon with max_redemptions instead of many."),
            Thing.Checkout =>
                ("A project has at most {0:N0} open checkouts", "TOLLGATE_MOST_CHECKOUTS",
                    "Expire those that nobody pays, or wait until they end."),
            _ => ("A customer has at most {0:N0} valid tokens", "TOLLGATE_MOST_TOKENS",
                "Reuse a token until it expires, or issue shorter ones."),
        };
        return string.Create(
            System.Globalization.CultureInfo.InvariantCulture,
            $"{string.Format(System.Globalization.CultureInfo.InvariantCulture, what, most)} ({knob}). {remedy}");
    }
}
