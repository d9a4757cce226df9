using System.Globalization;
using Npgsql;
using NpgsqlTypes;

namespace Tollgate.Engine.Projects;

/// <summary>Things that a project's own callers create, and whose number is limited.</summary>
public enum Thing
{
    /// <summary>API keys: every server holds all of them in memory.</summary>
    Key,

    /// <summary>Coupons.</summary>
    Coupon,

    /// <summary>Open checkouts.</summary>
    Checkout,

    /// <summary>Valid tokens of one customer.</summary>
    Token,
}

/// <summary>The maximum number of things of a project. Each is an option of the server.</summary>
public sealed record ThingLimits
{
    /// <summary>Keys, including those that ended within 30 days.</summary>
    public int Keys { get; init; } = 1_000;

    public int Coupons { get; init; } = 10_000;

    public int Checkouts { get; init; } = 20_000;

    /// <summary>Tokens of one customer.</summary>
    public int Tokens { get; init; } = 1_000;

    /// <summary>New idempotency keys that the tokens of one customer use in a day (<see cref="Projects.CustomerKeys"/>).</summary>
    public int CustomerKeys { get; init; } = 1_000;

    /// <summary>Alert rules of a project.</summary>
    public int AlertRules { get; init; } = 100;

    /// <summary>Imports of a project that are not finished.</summary>
    public int Imports { get; init; } = 20;

    public int Of(Thing thing) => thing switch { Thing.Key => Keys, Thing.Coupon => Coupons, Thing.Checkout => Checkouts, _ => Tokens };
}

/// <summary>
/// Checks the limits of a project's things. Two simultaneous requests may both find room: the limits protect the server, and one more or
/// less does not matter.
/// </summary>
public sealed class CountThings(NpgsqlDataSource database, ThingLimits limits)
{
    /// <summary>Returns the limit if it is reached, else null.</summary>
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
