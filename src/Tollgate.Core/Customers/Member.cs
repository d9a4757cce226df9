using Tollgate.Core.Time;

namespace Tollgate.Core.Customers;

/// <summary>What a customer's project tells about a member. Everything is optional; Tollgate reads none of it.</summary>
/// <param name="Role">The project's own word, such as <c>admin</c>.</param>
public sealed record MemberProfile(string? Name, string? Email, string? Role);

/// <summary>A user that belongs to a customer and uses its balances.</summary>
/// <param name="Id">The project's own id. It works wherever a customer's id is taken at the gate.</param>
/// <param name="Customer">Whose balances it uses.</param>
public sealed record Member(string Id, string Customer, MemberProfile Profile, Instant AddedAt);

/// <summary>What a member may look like. Every fault at once; no fault is an empty list.</summary>
public static class MemberRules
{
    public const int LongestRole = 100;

    public static IReadOnlyList<FieldFault> FaultsOf(MemberProfile profile)
    {
        var faults = CustomerRules.FaultsOf(new CustomerProfile { Name = profile.Name, Email = profile.Email }).ToList();
        if (profile.Role is { } role && (role.Length is 0 or > LongestRole || !CustomerRules.IsLine(role)))
        {
            faults.Add(new("role", $"must have 1 to {LongestRole} characters and no control characters."));
        }

        return faults;
    }
}

/// <summary>A change of what is known about a member: what was not named stays, null clears.</summary>
public sealed record MemberPatch(Change<string?> Name, Change<string?> Email, Change<string?> Role)
{
    public MemberProfile ApplyTo(MemberProfile old) => new(Name.Or(old.Name), Email.Or(old.Email), Role.Or(old.Role));
}
