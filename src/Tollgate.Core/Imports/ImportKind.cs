namespace Tollgate.Core.Imports;

/// <summary>The kinds of records that an import takes. Their words are the values of <c>kind</c>.</summary>
public enum ImportKind
{
    Customers,
    Subscriptions,
    Invoices,
    Usage,
    LlmCalls,
}

/// <summary>The form of an import's body.</summary>
public enum ImportFormat
{
    /// <summary>A JSON object on each line.</summary>
    Ndjson,

    /// <summary>RFC 4180, with the names of the fields in the first record.</summary>
    Csv,
}

/// <summary>The reason why a record is not booked.</summary>
/// <param name="Code">An error code of the API.</param>
public sealed record ImportFault(string Code, string Detail);

/// <summary>The error codes of records, which are those of the API.</summary>
public static class ImportCodes
{
    public const string Malformed = "malformed_json";
    public const string TooLong = "payload_too_large";
    public const string Invalid = "validation_failed";
    public const string Reused = "idempotency_key_reused";
    public const string UnknownFeature = "feature_not_found";
    public const string UnknownPlan = "plan_not_found";
    public const string Overlapping = "conflict";
    public const string UnknownSubscription = "subscription_not_found";
}

/// <summary>The limits of an import.</summary>
public static class ImportLimits
{
    /// <summary>Bytes of a record: those of a line of <c>POST /v1/events</c>.</summary>
    public const int RecordBytes = 128 * 1024;

    /// <summary>Bytes of <c>properties</c>, <c>metadata</c> or <c>lines</c> as JSON.</summary>
    public const int JsonBytes = 16 * 1024;

    /// <summary>Records of one transaction: it takes half a second, and webhooks wait as long for the facts of others.</summary>
    public const int ChunkRecords = 50_000;

    public const int ChunkBytes = 8 * 1024 * 1024;

    /// <summary>Bytes of one import. A longer history needs several.</summary>
    public const long ImportBytes = 4L * 1024 * 1024 * 1024;

    /// <summary>The most rejected records that an import lists; it counts all.</summary>
    public const int Listed = 1_000;

    /// <summary>The deepest nesting of JSON.</summary>
    public const int JsonDepth = 32;
}
