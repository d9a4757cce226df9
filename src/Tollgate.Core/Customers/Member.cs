using Tollgate.Core.Time;

namespace Tollgate.Core.Customers;

/// <summary>The project's data about a member. Everything is optional; Tollgate reads none of it.</summary>
/// <param name="Role">The project's own word, such as <c>admin</c>.</param>
public sealed record MemberProfile(string? Name, string? Email, string? Role);

/// <summary>A user that belongs to a customer and uses its balances.</summary>
/// <param name="Id">The project's id. The gate accepts it in place of a customer's id.</param>
/// <param name="Customer">The customer whose balances the member uses.</param>
public sealed record Member(string Id, string Customer, MemberProfile Profile, Instant AddedAt);

/// <summary>The validation of members, which lists every fault at once; an empty list means no fault.</summary>
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

/// <summary>A change of a member's data: unnamed members stay unchanged, null clears.</summary>
public sealed record MemberPatch(Change<string?> Name, Change<string?> Email, Change<string?> Role)
{
    public MemberProfile ApplyTo(MemberProfile old) => new(Name.Or(old.Name), Email.Or(old.Email), Role.Or(old.Role));
}
