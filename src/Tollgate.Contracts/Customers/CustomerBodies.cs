using System.ComponentModel.DataAnnotations;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;

namespace Tollgate.Contracts.Customers;

/// <summary>The reason why a customer pays no tax. Its invoices show both members.</summary>
public sealed record TaxExemptBody
{
    /// <summary>For instance <c>diplomatic mission</c>. 1 to 200 characters.</summary>
    public string? Reason { get; init; }

    /// <summary>The number of the document that proves it. 1 to 200 characters.</summary>
    public string? Document { get; init; }
}

/// <summary>Body of <c>POST /v1/customers</c>.</summary>
public sealed record CreateCustomerRequest
{
    /// <summary>Your own id: 1 to 255 characters, no control characters, not "." or "..".</summary>
    [Required]
    public string? Id { get; init; }

    public string? Name { get; init; }

    public string? Email { get; init; }

    /// <summary>ISO 4217; default: the project's.</summary>
    public string? Currency { get; init; }

    /// <summary>IANA name; default: the project's.</summary>
    public string? TimeZone { get; init; }

    /// <summary>ISO 3166-1, two capital letters.</summary>
    public string? Country { get; init; }

    /// <summary>A VAT id if the country issues them; only a valid one removes the tax.</summary>
    public string? TaxId { get; init; }

    /// <summary>The customer pays no tax.</summary>
    public TaxExemptBody? TaxExempt { get; init; }

    /// <summary>At most 50 keys of 40 characters with values of 500.</summary>
    public IReadOnlyDictionary<string, string>? Metadata { get; init; }
}

/// <summary>
/// Body of <c>PATCH /v1/customers/{id}</c>. Omitted members stay; null clears. Metadata merges key by key: a null value removes its key.
/// </summary>
/// <remarks>The setters record that the body named a member, to distinguish an omitted member from null.</remarks>
public sealed record UpdateCustomerRequest
{
    private readonly HashSet<string> _named = new(StringComparer.Ordinal);

    public string? Name { get; set => field = Note(nameof(Name), value); }

    public string? Email { get; set => field = Note(nameof(Email), value); }

    public string? Currency { get; set => field = Note(nameof(Currency), value); }

    public string? TimeZone { get; set => field = Note(nameof(TimeZone), value); }

    public string? Country { get; set => field = Note(nameof(Country), value); }

    public string? TaxId { get; set => field = Note(nameof(TaxId), value); }

    public TaxExemptBody? TaxExempt { get; set => field = Note(nameof(TaxExempt), value); }

    public IReadOnlyDictionary<string, string?>? Metadata { get; set => field = Note(nameof(Metadata), value); }

    /// <summary>True if the body named the member.</summary>
    public bool Names(string member) => _named.Contains(member);

    private T Note<T>(string member, T value)
    {
        _named.Add(member);
        return value;
    }
}

/// <summary>A customer as every call returns it.</summary>
public sealed record CustomerView
{
    public required string Id { get; init; }

    public string? Name { get; init; }

    public string? Email { get; init; }

    /// <summary>Null: the project's.</summary>
    public string? Currency { get; init; }

    /// <summary>Null: the project's.</summary>
    public string? TimeZone { get; init; }

    public string? Country { get; init; }

    public string? TaxId { get; init; }

    /// <summary>The answer of VIES about <c>tax_id</c>.</summary>
    public required TaxStandingView Tax { get; init; }

    /// <summary>Null: the customer pays the taxes of its country.</summary>
    public TaxExemptBody? TaxExempt { get; init; }

    public required IReadOnlyDictionary<string, string> Metadata { get; init; }

    /// <summary>The plan's code: the project's default plan unless the customer has its own.</summary>
    public required string Plan { get; init; }

    public required int PlanVersion { get; init; }

    /// <summary>The customer whose balances it uses, as one of its members. Null: it uses its own.</summary>
    public string? MemberOf { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }
}

/// <summary>The last answer of VIES (in a sandbox project: of the sandbox) about a customer's VAT id.</summary>
public sealed record TaxStandingView
{
    /// <summary>
    /// <c>unchecked</c> (no VAT id of a country in VIES), <c>pending</c> (no answer yet; Tollgate asks again unless the look-up is off),
    /// <c>valid</c> or <c>invalid</c>.
    /// </summary>
    public required string VatStatus { get; init; }

    public DateTimeOffset? CheckedAt { get; init; }

    /// <summary><c>vies</c> or <c>sandbox</c>.</summary>
    public string? Source { get; init; }

    /// <summary>
    /// The proof that VIES was asked. VIES gives one when the project's <c>tax_id</c> in <c>/v1/invoice-settings</c> is a VAT id of the
    /// European Union.
    /// </summary>
    public string? ConsultationNumber { get; init; }

    /// <summary>The name of the id's owner, if its country discloses it.</summary>
    public string? Name { get; init; }

    /// <summary>The reason why there was no answer.</summary>
    public string? Detail { get; init; }
}

/// <summary>Answer of <c>GET /v1/customers</c>.</summary>
public sealed record CustomerList(IReadOnlyList<CustomerView> Data, bool HasMore);

/// <summary>Body of <c>PUT /v1/customers/{id}/plan</c>.</summary>
public sealed record AssignPlanRequest
{
    /// <summary>The plan's code; null: back to the project's default plan. A body without it is refused.</summary>
    [Required]
    [AllowNull]
    public string? Plan
    {
        get;
        set
        {
            field = value;
            IsNamed = true;
        }
    }

    [JsonIgnore]
    public bool IsNamed { get; private set; }
}

/// <summary>Body of <c>POST /v1/customers/{id}/grants</c>.</summary>
public sealed record AddGrantRequest
{
    /// <summary>The code of a metered feature.</summary>
    [Required]
    public string? Feature { get; init; }

    /// <summary>Units of the feature, more than 0, at most 9 decimals.</summary>
    [Required]
    public decimal? Amount { get; init; }

    /// <summary><c>topup</c> (default), <c>promotion</c> or <c>gift</c>.</summary>
    public string? Source { get; init; }

    /// <summary>
    /// 0 to 1000, lowest burns first. Default: 50 for a promotion or gift, 100 for a top-up. The plan's own quota has 100.
    /// </summary>
    public int? Priority { get; init; }

    /// <summary>Default: now.</summary>
    public DateTimeOffset? EffectiveAt { get; init; }

    /// <summary>Default: never.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>Your own id of the grant: a repeat with the same content returns it; different content is a 409.</summary>
    public string? Id { get; init; }
}

/// <summary>A quantity of a feature that a customer has in addition to the plan's quota.</summary>
public sealed record GrantView
{
    public required string Id { get; init; }

    public required string Feature { get; init; }

    /// <summary><c>topup</c>, <c>promotion</c>, <c>gift</c>, or <c>rollover</c> for units from an earlier period.</summary>
    public required string Source { get; init; }

    public required int Priority { get; init; }

    public required decimal Amount { get; init; }

    public required decimal Used { get; init; }

    /// <summary>Taken back unused.</summary>
    public required decimal Forfeited { get; init; }

    /// <summary>The units that can still be used while the grant is active.</summary>
    public required decimal Remaining { get; init; }

    /// <summary>Remaining units that cannot be used in this period: facts had exceeded everything granted before this grant.</summary>
    public required decimal HeldBack { get; init; }

    /// <summary><c>pending</c>, <c>active</c>, <c>used_up</c>, <c>expired</c> or <c>voided</c>.</summary>
    public required string Status { get; init; }

    public required DateTimeOffset EffectiveAt { get; init; }

    /// <summary>Null: never.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>The time at which its rest was taken back; null: it was not.</summary>
    public DateTimeOffset? VoidedAt { get; init; }
}

/// <summary>Answer of <c>GET /v1/customers/{id}/grants</c>.</summary>
public sealed record GrantList(IReadOnlyList<GrantView> Data, bool HasMore);

/// <summary>Body of <c>POST /v1/customers/{id}/grant-schedules</c>.</summary>
public sealed record AddGrantScheduleRequest
{
    /// <summary>The code of a metered feature.</summary>
    [Required]
    public string? Feature { get; init; }

    /// <summary>Units of each grant, more than 0, at most 9 decimals.</summary>
    [Required]
    public decimal? Amount { get; init; }

    /// <summary><c>day</c>, <c>week</c>, <c>month</c> or <c>year</c>.</summary>
    [Required]
    public string? Every { get; init; }

    /// <summary>
    /// Intervals after which each grant expires, 1 to 1000: 1 ends each grant when the next one begins. Default: the grants never expire.
    /// </summary>
    public int? ExpiresAfter { get; init; }

    /// <summary><c>topup</c> (default), <c>promotion</c> or <c>gift</c>.</summary>
    public string? Source { get; init; }

    /// <summary>As for a single grant.</summary>
    public int? Priority { get; init; }

    /// <summary>
    /// When the first grant takes effect; the others follow at the same local time of day in the project's time zone. Default: now.
    /// </summary>
    public DateTimeOffset? StartsAt { get; init; }

    /// <summary>No grant takes effect at this time or later. Default: the schedule does not end.</summary>
    public DateTimeOffset? EndsAt { get; init; }

    /// <summary>
    /// Your own id of the schedule: a repeat with the same content returns it; different content is a 409. The grants are <c>{id}:1</c>,
    /// <c>{id}:2</c> and so on.
    /// </summary>
    public string? Id { get; init; }
}

/// <summary>Body of <c>PATCH /v1/customers/{id}/grant-schedules/{schedule}</c>.</summary>
public sealed record UpdateGrantScheduleRequest
{
    /// <summary>True: no grant takes effect until it is false again.</summary>
    [Required]
    public bool? Paused { get; init; }
}

/// <summary>A quantity that a customer is granted in each interval.</summary>
public sealed record GrantScheduleView
{
    public required string Id { get; init; }

    public required string Feature { get; init; }

    public required decimal Amount { get; init; }

    /// <summary><c>day</c>, <c>week</c>, <c>month</c> or <c>year</c>.</summary>
    public required string Every { get; init; }

    /// <summary>Intervals after which each grant expires; null: never.</summary>
    public int? ExpiresAfter { get; init; }

    public required string Source { get; init; }

    public required int Priority { get; init; }

    /// <summary><c>active</c>, <c>paused</c> or <c>ended</c>.</summary>
    public required string Status { get; init; }

    public required DateTimeOffset StartsAt { get; init; }

    public DateTimeOffset? EndsAt { get; init; }

    /// <summary>When the next grant takes effect; null: there is none.</summary>
    public DateTimeOffset? NextAt { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }
}

/// <summary>Answer of <c>GET /v1/customers/{id}/grant-schedules</c>: all of them, the oldest first.</summary>
public sealed record GrantScheduleList(IReadOnlyList<GrantScheduleView> Data, bool HasMore);

/// <summary>Body of <c>POST /v1/customers/{id}/withdrawals</c>.</summary>
public sealed record WithdrawRequest
{
    /// <summary>The code of a metered feature.</summary>
    [Required]
    public string? Feature { get; init; }

    /// <summary>Units of the feature, more than 0, at most 9 decimals.</summary>
    [Required]
    public decimal? Amount { get; init; }

    /// <summary>Only out of grants of this source: <c>topup</c>, <c>promotion</c>, <c>gift</c> or <c>rollover</c>. Default: all.</summary>
    public string? Source { get; init; }

    /// <summary>True: if less is left, take the rest. Default: false, and nothing is taken then.</summary>
    public bool? UpTo { get; init; }

    /// <summary>A note for operators, at most 500 characters.</summary>
    public string? Reason { get; init; }

    /// <summary>Your own id of the withdrawal: a repeat with the same content returns it; different content is a 409.</summary>
    public string? Id { get; init; }
}

/// <summary>Units that were taken back.</summary>
public sealed record WithdrawalView
{
    public required string Id { get; init; }

    public required string Feature { get; init; }

    public string? Source { get; init; }

    public required decimal Requested { get; init; }

    /// <summary>The units that were taken: less than <c>requested</c> only with <c>up_to</c>.</summary>
    public required decimal Amount { get; init; }

    /// <summary>By grant, in burn order.</summary>
    public required IReadOnlyList<WithdrawnPart> Grants { get; init; }

    public string? Reason { get; init; }

    public required DateTimeOffset At { get; init; }

    /// <summary>True: the same request was made before.</summary>
    public required bool Replayed { get; init; }
}

/// <summary>The units that one grant lost.</summary>
/// <param name="Grant">The grant's id, as in lists of grants.</param>
public sealed record WithdrawnPart(string Grant, decimal Amount);
