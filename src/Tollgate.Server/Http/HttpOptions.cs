using Tollgate.Server.Limits;

namespace Tollgate.Server.Http;

/// <summary>The operator's options for HTTP.</summary>
public sealed class HttpOptions
{
    /// <summary>
    /// Code of the project of requests without a key to the seed doors that allow them (<c>--default-project</c>), unless their host name
    /// belongs to another project. Null: the server refuses such requests.
    /// </summary>
    public string? DefaultProject { get; set; }

    /// <summary>
    /// The address at which customers reach this server (<c>TOLLGATE_PUBLIC_URL</c>), for links to its pages. Null: the address that the
    /// caller used.
    /// </summary>
    public Uri? PublicUrl { get; set; }

    /// <summary>The key with which the app of the default project signs its users' tokens (<c>SECRET_KEY</c>); null: none.</summary>
    public ReadOnlyMemory<byte>? AppSecret { get; set; }

    /// <inheritdoc cref="Settings.ExportsPerProject"/>
    public int ExportsPerProject { get; set; } = (int)Settings.ExportsPerProject.Default;
}
