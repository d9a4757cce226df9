using System.Collections.Frozen;
using Tollgate.Core.Llm;

namespace Tollgate.Core.Imports;

/// <summary>The fields of records. Each <see cref="LlmUnit"/> has one more, from <see cref="FirstUnit"/> on.</summary>
public enum RecordField
{
    Kind,
    Id,
    Customer,
    OccurredAt,
    Feature,
    Type,
    Quantity,
    Properties,
    Name,
    Email,
    Currency,
    TimeZone,
    Country,
    TaxId,
    Metadata,
    CreatedAt,
    Provider,
    Model,
    CostUsd,
    AttributeTo,
    Plan,
    LatencyMs,
    Status,
    Error,
    RequestId,
    Endpoint,
    Estimated,
    Period,
    Amount,
    StartedAt,
    EndedAt,
    TrialEnd,
    CancelReason,
    Number,
    Subscription,
    IssuedAt,
    DueAt,
    PaidAt,
    PeriodStart,
    PeriodEnd,
    Tax,
    Discount,
    Total,
    Lines,
    Description,
    FirstUnit,
}

/// <summary>The names of the fields, and those of each kind.</summary>
public static class RecordFieldNames
{
    private static readonly int Units = Enum.GetValues<LlmUnit>().Length;

    /// <summary>The number of fields, units included.</summary>
    public static int Count { get; } = (int)RecordField.FirstUnit + Units;

    private static readonly string[] Names =
    [
        .. Enum.GetValues<RecordField>().Where(static field => field != RecordField.FirstUnit).Select(Catalog.CatalogWords.Of),
        .. Enum.GetValues<LlmUnit>().Select(LlmWords.CountOf),
    ];

    private static readonly FrozenDictionary<string, RecordField> ByName =
        Names.Select(static (name, at) => (name, at)).ToFrozenDictionary(static one => one.name, static one => (RecordField)one.at);

    private static readonly FrozenDictionary<string, RecordField>.AlternateLookup<ReadOnlySpan<char>> BySpan =
        ByName.GetAlternateLookup<ReadOnlySpan<char>>();

    private static readonly FrozenDictionary<ImportKind, bool[]> Known = Enum.GetValues<ImportKind>().ToFrozenDictionary(
        static kind => kind, static kind =>
    {
        var known = new bool[Count];
        foreach (var field in Of(kind))
        {
            known[(int)field] = true;
        }

        return known;
    });

    public static string Of(RecordField field) => Names[(int)field];

    public static RecordField Of(LlmUnit unit) => RecordField.FirstUnit + (int)unit;

    public static bool TryFind(ReadOnlySpan<char> name, out RecordField field) => BySpan.TryGetValue(name, out field);

    public static bool IsKnown(ImportKind kind, RecordField field) => Known[kind][(int)field];

    /// <summary>The names of a kind, in the order in which a message lists them; null: of all kinds.</summary>
    public static IReadOnlyList<string> NamesOf(ImportKind? kind) => kind is { } one ? [.. Of(one).Select(Of)] : Names;

    private static IEnumerable<RecordField> Of(ImportKind kind) => kind switch
    {
        ImportKind.Customers =>
        [
            RecordField.Kind, RecordField.Id, RecordField.Name, RecordField.Email, RecordField.Currency, RecordField.TimeZone,
            RecordField.Country, RecordField.TaxId, RecordField.Metadata, RecordField.CreatedAt,
        ],
        ImportKind.Subscriptions =>
        [
            RecordField.Kind, RecordField.Id, RecordField.Customer, RecordField.Plan, RecordField.Period, RecordField.Currency,
            RecordField.Amount, RecordField.Quantity, RecordField.StartedAt, RecordField.EndedAt, RecordField.TrialEnd,
            RecordField.CancelReason,
        ],
        ImportKind.Invoices =>
        [
            RecordField.Kind, RecordField.Id, RecordField.Customer, RecordField.Number, RecordField.Status, RecordField.Currency,
            RecordField.Subscription, RecordField.IssuedAt, RecordField.DueAt, RecordField.PaidAt, RecordField.PeriodStart,
            RecordField.PeriodEnd, RecordField.Tax, RecordField.Discount, RecordField.Total, RecordField.Lines, RecordField.Description,
        ],
        ImportKind.Usage =>
        [
            RecordField.Kind, RecordField.Id, RecordField.Customer, RecordField.Feature, RecordField.Quantity, RecordField.OccurredAt,
            RecordField.Type, RecordField.Properties,
        ],
        ImportKind.LlmCalls =>
        [
            RecordField.Kind, RecordField.Id, RecordField.Customer, RecordField.Feature, RecordField.AttributeTo, RecordField.Provider,
            RecordField.Model, RecordField.CostUsd, RecordField.Plan, RecordField.LatencyMs, RecordField.Status, RecordField.Error,
            RecordField.RequestId, RecordField.Endpoint, RecordField.Estimated, RecordField.OccurredAt, RecordField.Properties,
            .. Enum.GetValues<LlmUnit>().Select(Of),
        ],
    };
}
