using Tollgate.Engine.Mail;
using Tollgate.Server.Http;

namespace Tollgate.Server.Mail;

/// <summary>Registers the room Mail. Needs the room Payments.</summary>
public static class MailRoom
{
    public static IServiceCollection AddMail(this IServiceCollection services, MailOptions options, MailHome home)
    {
        services.AddSingleton(options);
        services.AddSingleton(home);
        services.AddSingleton<DeriveMails>();
        services.AddSingleton<MailQueue>();
        services.AddSingleton<MailQueries>();
        services.AddSingleton<MailLinks>();
        services.AddSingleton<MailSender>();
        services.AddHostedService<DeriveMailsLoop>();
        services.AddSingleton<SendMails>();
        services.AddHostedService<SendMailsLoop>();
        services.AddHostedService<SendReportMailsLoop>();
        return services;
    }

    public static void MapMailRoom(this WebApplication app) => app.MapMails();
}
