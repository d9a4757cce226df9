using System.Globalization;
using Npgsql;
using NpgsqlTypes;

namespace Tollgate.Engine.Projects;

/// <summary>Things of a project that its own callers make, and whose number is bounded.</summary>
public enum Thing
{
    /// <summary>API keys: every server has all of them in memory.</summary>
    Key,

    /// <summary>Coupons.</summary>
    Coupon,

    /// <summary>Checkouts that are open.</summary>
    Checkout,

    /// <summary>Tokens of one customer that are valid.</summary>
    Token,
}

/// <summary>How many of them a project may have. Each is an option of the server.</summary>
public sealed record ThingLimits
{
    /// <summary>Keys, those that ended within 30 days included.</summary>
    public int Keys { get; init; } = 1_000;

    public int Coupons { get; init; } = 10_000;

    public int Checkouts { get; init; } = 20_000;

    /// <summary>Of one customer.</summary>
    public int Tokens { get; init; } = 1_000;

    /// <summary>New idempotency keys that tokens of one customer use in a day (<see cref="Projects.CustomerKeys"/>).</summary>
    public int CustomerKeys { get; init; } = 1_000;

    public int Of(Thing thing) => thing switch { Thing.Key => Keys, Thing.Coupon => Coupons, Thing.Checkout => Checkouts, _ => Tokens };
}

/// <summary>
/// Whether a project may have one more of something. Two requests at once may both see room: the limits protect the server, and one more or
/// less does not matter.
/// </summary>
public sealed class CountThings(NpgsqlDataSource database, ThingLimits limits)
{
    /// <summary>The limit, when it is reached.</summary>
    /// <param name="customer">For tokens.</param>
    public async Task<int?> ReachedAsync(int project, Thing thing, string? customer, CancellationToken cancel)
    {
        var most = limits.Of(thing);
        await using var command = database.CreateCommand(ProjectsSql.CountOf(thing));
        command.Parameters.Add(new() { Value = project });
        command.Parameters.Add(new() { Value = most });
        if (thing == Thing.Token)
        {
            command.Parameters.Add(new() { Value = (object?)customer ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text });
        }

        return Convert.ToInt32(await command.ExecuteScalarAsync(cancel), CultureInfo.InvariantCulture) >= most ? most : null;
    }
}
