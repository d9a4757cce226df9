namespace Tollgate.Engine.Projects;

/// <summary>The catalogue's <c>upgrade_url</c> for one customer.</summary>
public static class UpgradeLink
{
    private const string PricingPage = "/pricing";

    /// <param name="server">The address at which customers reach this server, which completes a path; null: unknown, and a path stays a
    /// path.</param>
    public static string Of(ProjectSnapshot project, Uri? server, string? customer, string feature, string plan)
    {
        var address = Fill(project, customer, feature, plan);
        return address.StartsWith('/') && server is not null ? new Uri(server, InProject(address, project)).AbsoluteUri : address;
    }

    /// <summary>Returns the link as a page of this server has it: a path stays a path, and leads to the project's own pages.</summary>
    public static string OnPage(ProjectSnapshot project, string customer, string feature, string plan) =>
        InProject(Fill(project, customer, feature, plan), project);

    private static string Fill(ProjectSnapshot project, string? customer, string feature, string plan) =>
        project.Catalog.Document.UpgradeUrl
            .Replace("{customer}", Uri.EscapeDataString(customer ?? ""), StringComparison.Ordinal)
            .Replace("{feature}", feature, StringComparison.Ordinal)
            .Replace("{plan}", plan, StringComparison.Ordinal);

    /// <summary>Without the project's code, the pricing page of a server with several projects is that of the default project.</summary>
    private static string InProject(string address, ProjectSnapshot project) =>
        address == PricingPage || address.StartsWith(PricingPage + "?", StringComparison.Ordinal) ? $"/{project.Code}{address}" : address;
}
