namespace Tollgate.Server.Http;

/// <summary>What the operator can set about HTTP.</summary>
public sealed class HttpOptions
{
    /// <summary>
    /// Code of the project that requests without a key see at the seed doors that allow it (<c>--default-project</c>), unless
    /// their host name is another project's. Null: such requests are refused.
    /// </summary>
    public string? DefaultProject { get; set; }
}
