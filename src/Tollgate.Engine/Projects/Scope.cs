namespace Tollgate.Engine.Projects;

/// <summary>The rights of a restricted key. Secret and admin keys have all of them.</summary>
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

    /// <summary>The project's payment providers and upstreams, with their credentials.</summary>
    SettingsRead = 1 << 12,
    SettingsWrite = 1 << 13,

    /// <summary>alerts and their rules.</summary>
    AlertsRead = 1 << 14,
    AlertsWrite = 1 << 15,

    /// <summary>a customer's data as a whole, and the log of erasures.</summary>
    PrivacyRead = 1 << 16,

    /// <summary>The erasure of customers.</summary>
    PrivacyWrite = 1 << 17,

    All = (1 << 18) - 1,
}

/// <summary>A scope with its name and description.</summary>
/// <param name="Meaning">Everything that it allows; docs/reference/keys.md has the same text.</param>
public sealed record ScopeName(Scope Scope, string Name, string Meaning);

/// <summary>The names of scopes in the API and in the database.</summary>
public static class Scopes
{
    public static IReadOnlyList<ScopeName> Table { get; } =
    [
        new(Scope.GateWrite, "gate:write",
            "record and void usage: consume, reservations, events, LLM calls; call models through the gateway, at the project's cost"),
        new(Scope.UsageRead, "usage:read",
            "read usage, entitlements, events with their properties, LLM calls, decisions, costs and analytics, revenue included; check; "
                + "verify the ledger"),
        new(Scope.CatalogRead, "catalog:read", "read the catalogue, plans, features, model prices"),
        new(Scope.CatalogWrite, "catalog:write",
            "publish a catalogue, with the days after which plans delete the texts of usage; set model prices and the markup; "
                + "rerate recorded calls"),
        new(Scope.CustomersRead, "customers:read",
            "read customers, their members, grants, overrides and customer tokens (never a token's text)"),
        new(Scope.CustomersWrite, "customers:write",
            "create, change and delete customers and members; set plans and overrides, with the days after which the texts of usage are deleted, and "
                + "give grants, without a payment; issue and revoke customer tokens"),
        new(Scope.BillingRead, "billing:read",
            "read subscriptions, invoices, payments, disputes, checkouts, portal sessions, coupons, credits, mails with their text, "
                + "provider events, invoice settings, the test clock"),
        new(Scope.BillingWrite, "billing:write",
            "change them: subscribe, change, cancel, charge, refund, credit; open checkouts and portal sessions, "
                + "whose pages show the customer's invoices; set invoice settings; run due work; advance the test clock"),
        new(Scope.WebhooksRead, "webhooks:read",
            "read webhook endpoints without their secrets, deliveries, and events with the customers, invoices and payments in them"),
        new(Scope.WebhooksWrite, "webhooks:write",
            "create, change and delete webhook endpoints, which receive customers, invoices and payments; rotate their secrets; "
                + "redeliver events"),
        new(Scope.AlertsRead, "alerts:read", "read alerts and alert rules, with the customers and invoices in them"),
        new(Scope.AlertsWrite, "alerts:write",
            "create, change and delete alert rules, whose mails name customers and invoices; mark, acknowledge and mute alerts"),
        new(Scope.PrivacyRead, "privacy:read",
            "export everything that the database has about a customer: profile, usage, invoices, payments, mails; "
                + "read the privacy settings, and the logs of erasures and retention"),
        new(Scope.PrivacyWrite, "privacy:write", "erase customers, and set the project's retention: nothing can undo what they delete"),
        new(Scope.KeysRead, "keys:read", "list keys (never a key's text)"),
        new(Scope.KeysWrite, "keys:write", "create and rotate keys that can do no more than the key itself; revoke any key of the project"),
        new(Scope.SettingsRead, "settings:read", "read payment settings and upstreams without their credentials, and report schedules"),
        new(Scope.SettingsWrite, "settings:write",
            "choose the payment provider and the upstreams of the gateway, and set their credentials; delete report schedules; "
                + "with `usage:read`, also create and change them (those of statements: with `billing:read` too)"),
    ];

    public static IReadOnlyList<string> Names { get; } = [.. Table.Select(static row => row.Name)];

    public static bool TryParse(string name, out Scope scope)
    {
        scope = Table.FirstOrDefault(row => row.Name == name)?.Scope ?? Scope.None;
        return scope != Scope.None;
    }

    /// <summary>The union of the known names. A name that a newer server wrote gives nothing.</summary>
    public static Scope Parse(IEnumerable<string> names) =>
        names.Aggregate(Scope.None, (all, name) => TryParse(name, out var scope) ? all | scope : all);

    public static string[] ToNames(Scope scopes) => [.. Table.Where(row => scopes.HasFlag(row.Scope)).Select(row => row.Name)];
}
