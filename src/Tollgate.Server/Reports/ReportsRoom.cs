using Tollgate.Engine.Reports;
using Tollgate.Server.Mail;

namespace Tollgate.Server.Reports;

/// <summary>
/// Registers the room Reports. It shows figures of the rooms Analytics, Costs, Quotas and Invoicing; Mail sends its files.
/// </summary>
public static class ReportsRoom
{
    public static IServiceCollection AddReports(this IServiceCollection services) =>
        services.AddSingleton<ReportSchedules>().AddSingleton<SendReports>().AddSingleton<ComposeReport>().AddSingleton<AttachReports>()
            .AddSingleton<AttachReport>(static provider =>
                (project, mail, cancel) => provider.GetRequiredService<AttachReports>().RunAsync(project, mail, cancel))
            .AddHostedService<SendReportsLoop>();

    public static void MapReportsRoom(this WebApplication app)
    {
        app.MapReports();
        app.MapReportSchedules();
    }
}
