using Tollgate.Server.Alerts;
using Tollgate.Server.Analytics;
using Tollgate.Server.Billing;
using Tollgate.Server.Catalog;
using Tollgate.Server.Checkouts;
using Tollgate.Server.Costs;
using Tollgate.Server.Customers;
using Tollgate.Server.Dunning;
using Tollgate.Server.Gateway;
using Tollgate.Server.Grants;
using Tollgate.Server.Hosting.Demo;
using Tollgate.Server.Http;
using Tollgate.Server.Imports;
using Tollgate.Server.Inbox;
using Tollgate.Server.Invoicing;
using Tollgate.Server.Ledger;
using Tollgate.Server.Llm;
using Tollgate.Server.Mail;
using Tollgate.Server.Metering;
using Tollgate.Server.Notices;
using Tollgate.Server.Outbound;
using Tollgate.Server.Payments;
using Tollgate.Server.Privacy;
using Tollgate.Server.Projects;
using Tollgate.Server.Quotas;
using Tollgate.Server.Reports;
using Tollgate.Server.SeedDoors;
using Tollgate.Server.Webhooks;

namespace Tollgate.Server.Hosting;

/// <summary>Registers the services and endpoints of each room, one line per room, in the order of the flow.</summary>
internal static class Rooms
{
    /// <summary>Singletons that need the running database get <see cref="Engine.Postgres.Database"/> from the container.</summary>
    public static void AddServices(IServiceCollection services, ServerOptions options)
    {
        services.AddSingleton(provider => provider.GetRequiredService<Engine.Postgres.Database>().Source);
        services.AddHttpRoom(
            options.Share, options.Guesses,
            options.Requests with { IsExempt = options.TrustedProxies.Contain },
            ClosedSets.Of,
            http => (http.DefaultProject, http.PublicUrl, http.ExportsPerProject, http.AppSecret) =
                (options.DefaultProject, options.PublicUrl, options.ExportsPerProject, options.AppSecret));
        services.AddSingleton(new OwnAddress(new(options.Listen, options.Port), options.PublicUrl));
        services.AddProjects(options.Things);
        services.AddCatalog();
        services.AddMetering();
        services.AddQuotas(options.Ledger);
        services.AddLlm();
        services.AddCosts();
        services.AddGateway(options.Gateway);
        services.AddCustomers(options.Customers, options.Vies);
        services.AddInvoicing();
        services.AddPayments(options.Payments);
        services.AddPaymob(options.Paymob);
        services.AddCheckouts();
        services.AddDunning();
        services.AddInbox(new(options.ProviderEventsMiBADay * 1024 * 1024));
        services.AddSubscriptions();
        services.AddNotices();
        services.AddAlerts();
        services.AddWebhooks(options.Webhooks);
        services.AddMail(options.Mail, new(new(options.Url), Path.Combine(options.Data, "mail")));
        services.AddPrivacy();
        services.AddImports();
        services.AddAnalytics();
        services.AddReports();
        services.AddClocks();
        services.AddHostedService<EventMonthsLoop>();
        services.AddHostedService<ReturnMemoryLoop>();
        services.AddSingleton(options.MasterKey);
        services.AddSingleton<Engine.Secrets.SigningKeys>();
        services.AddHostedService<Engine.Secrets.MasterKeyWatch>();
        services.AddSingleton<DemoData>();
        Telemetry.AddServices(services);
    }

    /// <summary>Adds the middleware before the endpoints: errors, authentication, idempotency.</summary>
    public static void UseMiddleware(WebApplication app)
    {
        app.UseFrontDoor();
    }

    public static void MapEndpoints(WebApplication app)
    {
        HealthEndpoints.Map(app);
        Telemetry.Map(app);
        app.MapProjects();
        app.MapCatalog();
        app.MapMetering();
        app.MapQuotas();
        app.MapVerify();
        app.MapLlm();
        app.MapGateway();
        app.MapCosts();
        app.MapCustomersRoom();
        app.MapGrants();
        app.MapGrantSchedules();
        app.MapReadings();
        app.MapTerms();
        app.MapInvoicingRoom();
        app.MapPaymentsRoom();
        app.MapCheckoutsRoom();
        app.MapDunning();
        app.MapInbox();
        app.MapSubscriptionsRoom();
        app.MapNoticesRoom();
        app.MapAlertsRoom();
        app.MapWebhooksRoom();
        app.MapMailRoom();
        app.MapPrivacyRoom();
        app.MapImports();
        app.MapAnalytics();
        app.MapReportsRoom();
        app.MapClocks();
        app.MapSeedDoors();
        DemoPortal.Map(app);

        // Last: describes the mapped endpoints, and refuses any without a declared access.
        app.MapHttpRoom(app.Services.GetRequiredService<ServerOptions>().Demo);
        app.RefuseUnguardedEndpoints();
    }
}
