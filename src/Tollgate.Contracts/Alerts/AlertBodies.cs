using System.ComponentModel.DataAnnotations;

namespace Tollgate.Contracts.Alerts;

/// <summary>Body of <c>POST /v1/alert-rules</c> and <c>PUT /v1/alert-rules/{id}</c>. An omitted member has its default.</summary>
public sealed record AlertRuleBody
{
    /// <summary>The facts that the rule watches: see the guide for the kinds.</summary>
    [Required]
    public string? Kind { get; init; }

    /// <summary>Its unit depends on the kind. Null (default): every fact of the kind.</summary>
    public decimal? Threshold { get; init; }

    /// <summary><c>info</c>, <c>warning</c> or <c>critical</c>. Null (default): the fact decides.</summary>
    public string? Severity { get; init; }

    /// <summary>
    /// <c>in_app</c> (the list of alerts, which always has them), <c>log</c>, <c>mail</c> (to <c>mail_to</c>), <c>slack</c> (endpoints of
    /// that format), <c>webhook</c> (the event <c>alert.fired</c>). Default: <c>in_app</c>.
    /// </summary>
    public IReadOnlyList<string>? Channels { get; init; }

    /// <summary>The addresses of the channel <c>mail</c>, at most 10.</summary>
    public IReadOnlyList<string>? MailTo { get; init; }

    /// <summary>The part of each day in which only the list gets alerts. Null (default): none.</summary>
    public QuietHoursBody? QuietHours { get; init; }

    /// <summary>
    /// The rule fires about one subject <c>once</c> (default) in the fact's own period, <c>always</c>, <c>hourly</c>, <c>daily</c>
    /// or <c>weekly</c>.
    /// </summary>
    public string? Repeat { get; init; }

    /// <summary>False: the rule does not fire. Default: true.</summary>
    public bool? Enabled { get; init; }
}

/// <summary>Local times of the project, such as <c>22:00</c> and <c>07:00</c>.</summary>
public sealed record QuietHoursBody
{
    [Required]
    public string? From { get; init; }

    /// <summary>The channels get the alerts of the quiet hours at this time.</summary>
    [Required]
    public string? Until { get; init; }
}

public sealed record AlertRuleView
{
    public required string Id { get; init; }

    public required string Kind { get; init; }

    public decimal? Threshold { get; init; }

    public string? Severity { get; init; }

    public required IReadOnlyList<string> Channels { get; init; }

    public required IReadOnlyList<string> MailTo { get; init; }

    public QuietHoursBody? QuietHours { get; init; }

    public required string Repeat { get; init; }

    public required bool Enabled { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required DateTimeOffset UpdatedAt { get; init; }
}

public sealed record AlertRuleList(IReadOnlyList<AlertRuleView> Data, bool HasMore);

/// <summary>A fired alert, as an operator sees it.</summary>
public sealed record AlertView
{
    public required string Id { get; init; }

    /// <summary>The rule that fired it, which may be deleted by now.</summary>
    public required string Rule { get; init; }

    public required string Kind { get; init; }

    /// <summary><c>info</c>, <c>warning</c> or <c>critical</c>.</summary>
    public required string Severity { get; init; }

    public required string Title { get; init; }

    public required string Detail { get; init; }

    /// <summary>A remedy. Null: none is known.</summary>
    public string? Recommendation { get; init; }

    /// <summary>Null: it concerns no customer.</summary>
    public string? Customer { get; init; }

    /// <summary>Its subject: <c>acme/gemini_calls</c>, the id of an invoice, <c>openai/gpt-9</c>.</summary>
    public required string Subject { get; init; }

    /// <summary>The time of the fact, by the project's clock.</summary>
    public required DateTimeOffset At { get; init; }

    public DateTimeOffset? ReadAt { get; init; }

    public DateTimeOffset? AcknowledgedAt { get; init; }

    /// <summary>Until then, the channels get no alert of this rule about this subject.</summary>
    public DateTimeOffset? MutedUntil { get; init; }

    /// <summary>True: a test of the rule.</summary>
    public required bool Test { get; init; }
}

public sealed record AlertList(IReadOnlyList<AlertView> Data, bool HasMore);

/// <summary>Body of <c>POST /v1/alerts/{id}/mute</c>.</summary>
public sealed record MuteAlertRequest
{
    /// <summary>By the project's clock. Default: a week from now.</summary>
    public string? Until { get; init; }
}

/// <summary>Answer of <c>GET /v1/customers/{id}/alerts</c>: the alerts that the customer may see, the newest first.</summary>
public sealed record CustomerAlerts(IReadOnlyList<CustomerAlert> Data, bool HasMore);

/// <summary>An alert in words for the customer.</summary>
public sealed record CustomerAlert
{
    public required string Id { get; init; }

    public required string Rule { get; init; }

    /// <summary><c>info</c>, <c>warning</c> or <c>critical</c>.</summary>
    public required string Severity { get; init; }

    public required string Title { get; init; }

    public required string Detail { get; init; }

    public string? Recommendation { get; init; }

    public required string Subject { get; init; }

    public required DateTimeOffset At { get; init; }

    /// <summary>The time at which the customer read it. Independent of the operator's <c>read_at</c>.</summary>
    public DateTimeOffset? ReadAt { get; init; }

    public required string Feature { get; init; }

    /// <summary>The threshold.</summary>
    public required int Percent { get; init; }

    /// <summary>The usage when it crossed the threshold.</summary>
    public required decimal Used { get; init; }

    public required decimal Limit { get; init; }

    public required DateTimeOffset PeriodStart { get; init; }
}
