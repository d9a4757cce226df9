using System.Net;
using Tollgate.Core.Time;

namespace Tollgate.Engine.Projects;

/// <summary>What a key may do, from where, and until when.</summary>
/// <param name="Networks">Empty: from everywhere.</param>
/// <param name="ExpiresAt">Null: it does not expire.</param>
public sealed record KeyLimits(Scope Rights, IReadOnlyList<string> Networks, Instant? ExpiresAt);

/// <summary>Something that was asked for and that the issuer does not have itself.</summary>
public readonly record struct Excess(string Param, string Detail);

/// <summary>Credentials only narrow: what a key issues can do no more than the key, from no more places, and for no longer.</summary>
public static class KeyRules
{
    /// <summary>A public key reads what <c>catalog:read</c> reads.</summary>
    public static Scope RightsOf(KeyKind kind, Scope scopes) => kind switch
    {
        KeyKind.Restricted => scopes,
        KeyKind.Public => Scope.CatalogRead,
        _ => Scope.All,
    };

    public static KeyLimits LimitsOf(KeyOrder order) => new(RightsOf(order.Kind, order.Scopes), order.Networks, order.ExpiresAt);

    /// <summary>What was not asked for is the issuer's own.</summary>
    public static KeyOrder Inherit(KeyLimits issuer, KeyOrder order) => order with
    {
        Networks = order.Networks.Count == 0 ? issuer.Networks : order.Networks,
        ExpiresAt = order.ExpiresAt ?? issuer.ExpiresAt,
    };

    /// <summary>Everything in which <paramref name="asked"/> exceeds the issuer.</summary>
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

    /// <summary>Whether somebody at that address may use a key that works from these networks.</summary>
    public static bool Allows(IReadOnlyList<IPNetwork> networks, IPAddress? address)
    {
        if (networks.Count == 0)
        {
            return true;
        }

        var plain = address is { IsIPv4MappedToIPv6: true } ? address.MapToIPv4() : address;
        return plain is not null && networks.Any(network => network.Contains(plain));
    }

    /// <remarks>A network that two others cover only together counts as outside: it is refused rather than guessed.</remarks>
    private static bool IsInside(string network, IReadOnlyList<string> others)
    {
        var inner = IPNetwork.Parse(network);
        return others.Select(static other => IPNetwork.Parse(other))
            .Any(outer => outer.BaseAddress.AddressFamily == inner.BaseAddress.AddressFamily && outer.PrefixLength <= inner.PrefixLength
                && outer.Contains(inner.BaseAddress));
    }
}
