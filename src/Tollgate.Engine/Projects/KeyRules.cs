using System.Net;
using Tollgate.Core.Time;

namespace Tollgate.Engine.Projects;

/// <summary>The rights of a key, the networks that may use it, and its expiry.</summary>
/// <param name="Networks">Empty: from everywhere.</param>
/// <param name="ExpiresAt">Null: it does not expire.</param>
public sealed record KeyLimits(Scope Rights, IReadOnlyList<string> Networks, Instant? ExpiresAt);

/// <summary>A requested right that the issuer does not have.</summary>
public readonly record struct Excess(string Param, string Detail);

/// <summary>A key can issue only keys with at most its own rights, networks and lifetime.</summary>
public static class KeyRules
{
    /// <summary>Returns the scopes of a key. A public key has <c>catalog:read</c>.</summary>
    public static Scope RightsOf(KeyKind kind, Scope scopes) => kind switch
    {
        KeyKind.Restricted => scopes,
        KeyKind.Public => Scope.CatalogRead,
        _ => Scope.All,
    };

    public static KeyLimits LimitsOf(KeyOrder order) => new(RightsOf(order.Kind, order.Scopes), order.Networks, order.ExpiresAt);

    /// <summary>Fills the networks and expiry that the order leaves out with the issuer's.</summary>
    public static KeyOrder Inherit(KeyLimits issuer, KeyOrder order) => order with
    {
        Networks = order.Networks.Count == 0 ? issuer.Networks : order.Networks,
        ExpiresAt = order.ExpiresAt ?? issuer.ExpiresAt,
    };

    /// <summary>Returns everything in which <paramref name="asked"/> exceeds the issuer.</summary>
    public static IReadOnlyList<Excess> Exceeding(KeyLimits issuer, KeyLimits asked)
    {
        List<Excess> found = [];
        if ((asked.Rights & ~issuer.Rights) is var more && more != Scope.None)
        {
            found.Add(new("scopes", $"The key that issues it lacks {string.Join(", ", Scopes.ToNames(more))}."));
        }

        if (issuer.Networks.Count > 0 && asked.Networks.Count == 0)
        {
            found.Add(new("networks", $"The key that issues it works from {string.Join(", ", issuer.Networks)} only."));
        }

        for (var i = 0; issuer.Networks.Count > 0 && i < asked.Networks.Count; i++)
        {
            if (!IsInside(asked.Networks[i], issuer.Networks))
            {
                found.Add(
                    new($"networks[{i}]",
                        $"{asked.Networks[i]} is not inside {string.Join(", ", issuer.Networks)}, "
                            + "from which the key that issues it works."));
            }
        }

        if (issuer.ExpiresAt is { } end && (asked.ExpiresAt is not { } wanted || wanted > end))
        {
            found.Add(new("expires_at", $"The key that issues it expires at {end}."));
        }

        return found;
    }

    /// <summary>True if the address lies in one of a key's networks, or if the key has none.</summary>
    public static bool Allows(IReadOnlyList<IPNetwork> networks, IPAddress? address)
    {
        if (networks.Count == 0)
        {
            return true;
        }

        var plain = address is { IsIPv4MappedToIPv6: true } ? address.MapToIPv4() : address;
        return plain is not null && networks.Any(network => network.Contains(plain));
    }

    /// <remarks>A network that only two others together contain counts as outside and is refused.</remarks>
    private static bool IsInside(string network, IReadOnlyList<string> others)
    {
        var inner = IPNetwork.Parse(network);
        return others.Select(static other => IPNetwork.Parse(other))
            .Any(outer => outer.BaseAddress.AddressFamily == inner.BaseAddress.AddressFamily && outer.PrefixLength <= inner.PrefixLength
                && outer.Contains(inner.BaseAddress));
    }
}
