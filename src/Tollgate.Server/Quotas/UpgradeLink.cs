using Tollgate.Engine.Projects;

namespace Tollgate.Server.Quotas;

/// <summary>The catalogue's <c>upgrade_url</c> for one customer.</summary>
internal static class UpgradeLink
{
    /// <param name="server">The address at which customers reach this server, which completes a path; null: unknown, and a path stays a
    /// path.</param>
    public static string Of(ProjectSnapshot project, Uri? server, string? customer, string feature, string plan)
    {
        var address = project.Catalog.Document.UpgradeUrl
            .Replace("{customer}", Uri.EscapeDataString(customer ?? ""), StringComparison.Ordinal)
            .Replace("{feature}", feature, StringComparison.Ordinal)
            .Replace("{plan}", plan, StringComparison.Ordinal);
        return address.StartsWith('/') && server is not null ? new Uri(server, address).AbsoluteUri : address;
    }
}
