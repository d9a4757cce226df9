namespace Tollgate.Contracts.Http;

/// <summary>
/// The body of every error (RFC 9457, <c>application/problem+json</c>). Members that do not apply are absent.
/// </summary>
public sealed record Problem
{
    /// <summary>The page that explains the code, relative to the server: <c>/docs/errors/quota_exceeded</c>.</summary>
    public required string Type { get; init; }

    public required string Title { get; init; }

    public required int Status { get; init; }

    /// <summary>The explanation of this occurrence, in words.</summary>
    public string? Detail { get; init; }

    /// <summary>The path that was called.</summary>
    public string? Instance { get; init; }

    /// <summary>Stable; switch on it. Each code has a page under <c>/docs/errors/</c>.</summary>
    public required string Code { get; init; }

    /// <summary>The field, query parameter or header at fault, when it is one.</summary>
    public string? Param { get; init; }

    /// <summary>All faults of the request, if there are several or they have their own places.</summary>
    public IReadOnlyList<Fault>? Errors { get; init; }

    /// <summary>Also in the header <c>X-Request-Id</c> and in the server's log.</summary>
    public string? RequestId { get; init; }

    // Members of a denial by quota, budget, plan or rate.

    public string? Feature { get; init; }

    public string? Plan { get; init; }

    /// <summary>Units granted in the period.</summary>
    public decimal? Limit { get; init; }

    public decimal? Used { get; init; }

    /// <summary>Units in open reservations.</summary>
    public decimal? Held { get; init; }

    public decimal? Remaining { get; init; }

    /// <summary>Units that the request asked for.</summary>
    public decimal? Requested { get; init; }

    public DateTimeOffset? ResetsAt { get; init; }

    public string? Reason { get; init; }

    /// <summary>The page on which the customer can buy more: the catalogue's <c>upgrade_url</c> as an absolute URL.</summary>
    public string? UpgradeUrl { get; init; }

    public string? SuggestedPlan { get; init; }

    // Members of a 503 in the middle of a batch or stream of events.

    /// <summary>Events that Tollgate recorded before the request stopped.</summary>
    public long? Accepted { get; init; }

    /// <summary>Events that an earlier request had recorded.</summary>
    public long? Replayed { get; init; }

    public static Problem Of(ErrorCode code, string? detail = null, string? param = null) => new()
    {
        Type = code.Page,
        Title = code.Title,
        Status = code.Status,
        Detail = detail ?? code.Description,
        Code = code.Code,
        Param = param,
    };
}

/// <summary>One fault of a request.</summary>
/// <param name="Param">The place: <c>amounts.ats_scan</c>, <c>features[2].code</c>, a query parameter or a header.</param>
/// <param name="Code">One of <see cref="FaultCode"/>, or a code of the room that found it.</param>
/// <param name="Detail">The expected value, and the value seen unless it is secret.</param>
public sealed record Fault(string Param, string Code, string Detail)
{
    /// <summary>The 1-based line in a catalogue's text.</summary>
    public int? Line { get; init; }

    /// <summary>The 1-based column in a catalogue's text.</summary>
    public int? Column { get; init; }
}

/// <summary>The codes of single faults that every operation shares.</summary>
public static class FaultCode
{
    public const string Required = "required";
    public const string UnknownField = "unknown_field";
    public const string DuplicateField = "duplicate_field";
    public const string UnknownParameter = "unknown_parameter";
    public const string DuplicateParameter = "duplicate_parameter";
    public const string InvalidType = "invalid_type";
    public const string InvalidFormat = "invalid_format";
    public const string InvalidValue = "invalid_value";
    public const string TooShort = "too_short";
    public const string TooLong = "too_long";
    public const string OutOfRange = "out_of_range";
    public const string TooMany = "too_many";
}
