using System.Runtime.CompilerServices;
using System.Text.Json;
using Tollgate.Contracts.Gateway;
using Tollgate.Contracts.Http;
using Tollgate.Core.Llm;
using Tollgate.Engine.Projects;
using Tollgate.Engine.Secrets;

namespace Tollgate.Server.Gateway;

/// <summary>
/// Encrypts the credentials of upstreams for the database, and decrypts them for a call. Decrypted ones stay in memory as long as their
/// upstream.
/// </summary>
internal sealed class UpstreamSecrets(SecretBox box)
{
    private readonly ConditionalWeakTable<Upstream, UpstreamCredentials> _opened = [];

    public byte[] Close(ProjectSnapshot project, string provider, UpstreamCredentials credentials) =>
        box.Close(
            JsonSerializer.SerializeToUtf8Bytes(credentials, WireJson.Default.UpstreamCredentials),
            SecretPlace.Upstream(project.Id, provider));

    /// <summary>Null: no master key of this server decrypts them; the log names the missing key.</summary>
    public UpstreamCredentials? Open(ProjectSnapshot project, Upstream upstream)
    {
        if (_opened.TryGetValue(upstream, out var known))
        {
            return known;
        }

        if (box.Open(upstream.Sealed.Span, SecretPlace.Upstream(project.Id, upstream.Provider)) is not { } text)
        {
            return null;
        }

        var read = JsonSerializer.Deserialize(text, WireJson.Default.UpstreamCredentials)!;
        return _opened.GetValue(
            upstream, _ => read with { Headers = new Dictionary<string, string>(read.Headers, StringComparer.OrdinalIgnoreCase) });
    }
}
