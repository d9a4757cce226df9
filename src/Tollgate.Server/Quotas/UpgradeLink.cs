using Tollgate.Engine.Projects;

namespace Tollgate.Server.Quotas;

/// <summary>The catalogue's <c>upgrade_url</c> for one customer.</summary>
internal static class UpgradeLink
{
    private const string PricingPage = "/pricing";

    /// <param name="server">The address at which customers reach this server, which completes a path; null: unknown, and a path stays a
    /// path.</param>
    public static string Of(ProjectSnapshot project, Uri? server, string? customer, string feature, string plan)
    {
        var address = project.Catalog.Document.UpgradeUrl
            .Replace("{customer}", Uri.EscapeDataString(customer ?? ""), StringComparison.Ordinal)
            .Replace("{feature}", feature, StringComparison.Ordinal)
            .Replace("{plan}", plan, StringComparison.Ordinal);
        return address.StartsWith('/') && server is not null ? new Uri(server, InProject(address, project)).AbsoluteUri : address;
    }

    /// <summary>Without the project's code, the pricing page of a server with several projects is that of the default project.</summary>
    private static string InProject(string address, ProjectSnapshot project) =>
        address == PricingPage || address.StartsWith(PricingPage + "?", StringComparison.Ordinal) ? $"/{project.Code}{address}" : address;
}
