namespace Tollgate.Server.Http;

/// <summary>What the operator can set about HTTP.</summary>
public sealed class HttpOptions
{
    /// <summary>
    /// Code of the project that requests without a key see at the seed doors that allow it (<c>--default-project</c>), unless
    /// their host name is another project's. Null: such requests are refused.
    /// </summary>
    public string? DefaultProject { get; set; }

    /// <summary>
    /// Where customers reach this server (<c>TOLLGATE_PUBLIC_URL</c>): what links to its pages begin with. Null: as the caller reached it.
    /// </summary>
    public Uri? PublicUrl { get; set; }

    /// <inheritdoc cref="Hosting.Settings.ExportsPerProject"/>
    public int ExportsPerProject { get; set; } = (int)Hosting.Settings.ExportsPerProject.Default;
}
