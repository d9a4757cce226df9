using System.ComponentModel.DataAnnotations;

namespace Tollgate.Contracts.Customers;

/// <summary>Body of <c>POST /v1/customers/{id}/members</c>.</summary>
public sealed record AddMemberRequest
{
    /// <summary>Your own id of the user, as for a customer.</summary>
    [Required]
    public string? Id { get; init; }

    public string? Name { get; init; }

    public string? Email { get; init; }

    /// <summary>A word of your own, at most 100 characters.</summary>
    public string? Role { get; init; }
}

/// <summary>Body of <c>PATCH /v1/customers/{id}/members/{member}</c>. Omitted members stay; null clears.</summary>
/// <remarks>The setters record that the body named a field, to distinguish an omitted field from null.</remarks>
public sealed record UpdateMemberRequest
{
    private readonly HashSet<string> _named = new(StringComparer.Ordinal);

    public string? Name { get; set => field = Note(nameof(Name), value); }

    public string? Email { get; set => field = Note(nameof(Email), value); }

    public string? Role { get; set => field = Note(nameof(Role), value); }

    /// <summary>True if the body named the field.</summary>
    public bool Names(string name) => _named.Contains(name);

    private T Note<T>(string name, T value)
    {
        _named.Add(name);
        return value;
    }
}

/// <summary>A user that belongs to a customer and uses its balances.</summary>
public sealed record MemberView
{
    public required string Id { get; init; }

    /// <summary>The customer whose balances it uses.</summary>
    public required string Customer { get; init; }

    public string? Name { get; init; }

    public string? Email { get; init; }

    public string? Role { get; init; }

    public required DateTimeOffset AddedAt { get; init; }
}

/// <summary>Answer of <c>GET /v1/customers/{id}/members</c>.</summary>
public sealed record MemberList(IReadOnlyList<MemberView> Data, bool HasMore);
