namespace Tollgate.Engine.Projects;

/// <summary>What a restricted key may do. Secret and admin keys have all of them.</summary>
[Flags]
public enum Scope
{
    None = 0,

    /// <summary>check, consume, reservations, events, LLM calls.</summary>
    GateWrite = 1 << 0,

    /// <summary>usage, entitlements, events, decisions.</summary>
    UsageRead = 1 << 1,
    CatalogRead = 1 << 2,
    CatalogWrite = 1 << 3,
    CustomersRead = 1 << 4,

    /// <summary>customers, their plans, grants, overrides and tokens.</summary>
    CustomersWrite = 1 << 5,
    KeysRead = 1 << 6,
    KeysWrite = 1 << 7,

    /// <summary>subscriptions, invoices, coupons, tax rates.</summary>
    BillingRead = 1 << 8,
    BillingWrite = 1 << 9,

    /// <summary>webhook endpoints without their secrets, events, deliveries.</summary>
    WebhooksRead = 1 << 10,
    WebhooksWrite = 1 << 11,

    All = (1 << 12) - 1,
}

/// <summary>The names of scopes on the wire and in the database.</summary>
public static class Scopes
{
    private static readonly (Scope Scope, string Name)[] Table =
    [
        (Scope.GateWrite, "gate:write"),
        (Scope.UsageRead, "usage:read"),
        (Scope.CatalogRead, "catalog:read"),
        (Scope.CatalogWrite, "catalog:write"),
        (Scope.CustomersRead, "customers:read"),
        (Scope.CustomersWrite, "customers:write"),
        (Scope.KeysRead, "keys:read"),
        (Scope.KeysWrite, "keys:write"),
        (Scope.BillingRead, "billing:read"),
        (Scope.BillingWrite, "billing:write"),
        (Scope.WebhooksRead, "webhooks:read"),
        (Scope.WebhooksWrite, "webhooks:write"),
    ];

    public static IReadOnlyList<string> Names { get; } = [.. Table.Select(row => row.Name)];

    public static bool TryParse(string name, out Scope scope)
    {
        scope = Table.FirstOrDefault(row => row.Name == name).Scope;
        return scope != Scope.None;
    }

    /// <summary>The union of the names that are known. A name that a newer server wrote gives nothing.</summary>
    public static Scope Parse(IEnumerable<string> names) =>
        names.Aggregate(Scope.None, (all, name) => TryParse(name, out var scope) ? all | scope : all);

    public static string[] ToNames(Scope scopes) => [.. Table.Where(row => scopes.HasFlag(row.Scope)).Select(row => row.Name)];
}
