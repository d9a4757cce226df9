using Microsoft.Extensions.Logging.Abstractions;
using Tollgate.Engine.Secrets;

namespace Tollgate.Testing;

/// <summary>Encrypts what a test writes into the database of servers that have <see cref="TestServer.SharedMasterKey"/>.</summary>
public static class TestSecrets
{
    public static SecretBox Box { get; } =
        new(MasterKeyRing.OfOne(MasterKey.Parse(TestServer.SharedMasterKey)!), NullLogger.Instance);

    public static string Seal(string text, SecretPlace place) => Box.CloseText(text, place);
}
