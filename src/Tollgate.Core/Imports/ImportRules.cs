using System.Text;
using System.Text.Json;
using Tollgate.Core.Catalog;
using Tollgate.Core.Customers;
using Tollgate.Core.Llm;
using Tollgate.Core.Metering;
using Tollgate.Core.Money;
using Tollgate.Core.Time;

namespace Tollgate.Core.Imports;

/// <summary>The catalogue, the defaults and the time by which a record is read.</summary>
/// <param name="Kind">The kind of all records; null: each names its own.</param>
/// <param name="Now">The project's time.</param>
public sealed record ImportTerms(PublishedCatalog Catalog, Currency Currency, TimeZoneInfo Zone, Instant Now, ImportKind? Kind);

/// <summary>Turns the fields of a record into the record, or into the fault for which it is not booked.</summary>
public static class ImportRules
{
    private const int LongestName = 255;
    private const int LongestError = 2_000;

    /// <summary>Units of one call. The largest models read a few million tokens; a larger value is a mistake of units.</summary>
    private const long MostUnits = 100_000_000;

    public static ImportRecord? Read(RecordFields fields, ImportTerms terms, out ImportFault? fault)
    {
        fault = null;
        if (KindOf(fields, terms) is not { } kind)
        {
            fault = new(ImportCodes.Invalid, fields.FaultText);
            return null;
        }

        RefuseUnknown(fields, kind);
        var record = kind switch
        {
            ImportKind.Customers => CustomerOf(fields, terms),
            ImportKind.Usage => UsageOf(fields, terms, ref fault),
            ImportKind.LlmCalls => CallOf(fields, terms),
            ImportKind.Subscriptions => ImportBillingRules.SubscriptionOf(fields, terms, ref fault),
            ImportKind.Invoices => (ImportRecord?)ImportBillingRules.InvoiceOf(fields, terms),
        };
        if (fields.HasFaults)
        {
            fault = new(ImportCodes.Invalid, fields.FaultText);
        }

        return fault is null ? record : null;
    }

    private static ImportKind? KindOf(RecordFields fields, ImportTerms terms)
    {
        if (fields[RecordField.Kind] is not { } word)
        {
            if (terms.Kind is null)
            {
                fields.Add(RecordField.Kind, $"A value is required.{Spelling.Known("kinds", [.. CatalogWords.All<ImportKind>()])}");
            }

            return terms.Kind;
        }

        if (CatalogWords.TryParse<ImportKind>(word, out var kind) && (terms.Kind ?? kind) == kind)
        {
            return kind;
        }

        fields.Add(
            RecordField.Kind,
            terms.Kind is { } only
                ? $"'{Spelling.Shown(word)}' is not possible: this import has records of the kind '{CatalogWords.Of(only)}'."
                : Spelling.Unknown("kind", word, CatalogWords.All<ImportKind>())
                    + Spelling.Known("kinds", [.. CatalogWords.All<ImportKind>()]));
        return null;
    }

    private static void RefuseUnknown(RecordFields fields, ImportKind kind)
    {
        for (var at = 0; at < RecordFieldNames.Count; at++)
        {
            var field = (RecordField)at;
            if (fields.Has(field) && !RecordFieldNames.IsKnown(kind, field))
            {
                fields.Add(field, $"No field of {CatalogWords.Of(kind)}.");
            }
        }
    }

    private static CustomerRecord? CustomerOf(RecordFields fields, ImportTerms terms)
    {
        var id = fields.Id(RecordField.Id);
        var createdAt = fields.Past(RecordField.CreatedAt, terms.Now);
        var profile = new CustomerProfile
        {
            Name = fields[RecordField.Name], Email = fields[RecordField.Email], Currency = fields[RecordField.Currency],
            TimeZone = fields[RecordField.TimeZone], Country = fields[RecordField.Country], TaxId = fields[RecordField.TaxId],
            Metadata = MetadataOf(fields),
        };
        foreach (var found in CustomerRules.FaultsOf(profile))
        {
            fields.Add(found.Field, found.Detail);
        }

        return id is null ? null : new(id, profile, createdAt);
    }

    private static Dictionary<string, string> MetadataOf(RecordFields fields)
    {
        var metadata = new Dictionary<string, string>(StringComparer.Ordinal);
        if (fields[RecordField.Metadata] is not { } json || ObjectOf(fields, RecordField.Metadata, json) is null)
        {
            return metadata;
        }

        using var document = JsonDocument.Parse(json);
        foreach (var member in document.RootElement.EnumerateObject())
        {
            metadata[member.Name] = member.Value.ValueKind == JsonValueKind.String ? member.Value.GetString()! : member.Value.GetRawText();
        }

        return metadata;
    }

    private static UsageRecord? UsageOf(RecordFields fields, ImportTerms terms, ref ImportFault? fault)
    {
        var (id, customer) = (fields.Id(RecordField.Id), fields.Id(RecordField.Customer));
        var occurredAt = fields.Past(RecordField.OccurredAt, terms.Now, isRequired: true);
        var quantity = fields.Quantity(RecordField.Quantity) ?? Quantity.One;
        var type = fields.Text(RecordField.Type, LongestName);
        var properties = PropertiesOf(fields);
        var isSignal = type is not null && SignalRules.KindOf(type) is not null;
        var feature = FeatureOf(fields, terms.Catalog, isRequired: !isSignal, ref fault);
        var signal = SignalOf(fields, type ?? fields[RecordField.Feature], quantity, properties);
        return id is null || customer is null || occurredAt is not { } at || feature is not { } key
            ? null
            : new(id, customer, key, type, quantity, at, properties) { Signal = signal };
    }

    private static Signal? SignalOf(RecordFields fields, string? type, Quantity quantity, string? properties)
    {
        if (type is null || SignalRules.KindOf(type) is not { } kind)
        {
            return null;
        }

        var signal = SignalRules.Of(kind, quantity, properties, out var fault);
        if (fault is not null)
        {
            fields.Add(RecordField.Properties, fault);
        }

        return signal;
    }

    /// <summary>
    /// Returns the number of a counted feature, which an earlier catalogue may have had. 0: the record names none and needs none.
    /// </summary>
    private static int? FeatureOf(RecordFields fields, PublishedCatalog catalog, bool isRequired, ref ImportFault? fault)
    {
        if (fields.Text(RecordField.Feature, LongestName, isRequired) is not { } code)
        {
            return isRequired ? null : 0;
        }

        var known = catalog.Features.GetValueOrDefault(code) ?? catalog.FeaturesByKey.Values.FirstOrDefault(one => one.Code == code);
        if (known is null)
        {
            fault = new(ImportCodes.UnknownFeature, Spelling.UnknownOfFew("feature", code, catalog.Features.Keys));
        }
        else if (known.Feature.Kind != FeatureKind.Metered)
        {
            fields.Add(RecordField.Feature, $"The feature '{code}' is not counted: it is a switch or a value.");
        }

        return known?.Key;
    }

    private static CallRecord? CallOf(RecordFields fields, ImportTerms terms)
    {
        var (id, customer) = (fields.Id(RecordField.Id), fields.Id(RecordField.Customer));
        var occurredAt = fields.Past(RecordField.OccurredAt, terms.Now, isRequired: true);
        var model = fields.Text(RecordField.Model, PriceRules.LongestModel, isRequired: true);
        var call = new LlmCall
        {
            Id = id ?? "", Customer = customer ?? "", Model = model ?? "", OccurredAt = occurredAt,
            Feature = fields.Text(RecordField.Feature, LongestName),
            AttributeTo = fields.Text(RecordField.AttributeTo, LlmCall.LongestTag),
            Provider = fields.Text(RecordField.Provider, PriceRules.LongestProvider),
            Usage = UnitsOf(fields),
            IsEstimated = fields.Flag(RecordField.Estimated),
            RequestId = fields.Text(RecordField.RequestId, LongestName),
            Endpoint = fields.Text(RecordField.Endpoint, LongestName),
            LatencyMilliseconds = fields.Whole(RecordField.LatencyMs, 0, (long)TimeSpan.FromDays(1).TotalMilliseconds),
            Status = (int?)fields.Whole(RecordField.Status, 100, 599),
            Error = ErrorOf(fields),
            PropertiesJson = PropertiesOf(fields),
        };
        var cost = fields.Quantity(RecordField.CostUsd);
        if (cost > Quantity.Of(NanoUsd.MostDollars))
        {
            fields.Add(RecordField.CostUsd, $"At most {NanoUsd.MostDollars} dollars are accepted.");
            cost = null;
        }

        var plan = fields.Text(RecordField.Plan, LongestName);
        return occurredAt is not { } at || fields.HasFaults
            ? null
            : new(call, at, cost is { } dollars ? NanoUsd.OfDollars(dollars.Value) : null, plan);
    }

    private static LlmUsage UnitsOf(RecordFields fields)
    {
        var parts = new List<(LlmUnit, Quantity)>();
        foreach (var unit in Enum.GetValues<LlmUnit>())
        {
            if (AmountOf(fields, unit) is { } amount)
            {
                parts.Add((unit, amount));
            }
        }

        if (fields[RecordFieldNames.Of(LlmUnit.Request)] is null)
        {
            parts.Add((LlmUnit.Request, Quantity.One));
        }

        return LlmUsage.Of([.. parts]);
    }

    private static Quantity? AmountOf(RecordFields fields, LlmUnit unit)
    {
        var field = RecordFieldNames.Of(unit);
        if (unit == LlmUnit.Second)
        {
            return fields.Quantity(field);
        }

        return fields.Whole(field, 0, MostUnits) is { } whole ? Quantity.Of(whole) : null;
    }

    /// <summary>The message of a failed call may have several lines, and be longer than Tollgate stores.</summary>
    private static string? ErrorOf(RecordFields fields) => fields[RecordField.Error] is not { Length: > 0 } error
        ? null
        : WellFormed.Cut(error.Replace('\0', ' '), LongestError);

    private static string? PropertiesOf(RecordFields fields) =>
        fields[RecordField.Properties] is { } json ? ObjectOf(fields, RecordField.Properties, json) : null;

    /// <summary>Returns the JSON of an object or an array, if the database can store it.</summary>
    internal static string? ObjectOf(RecordFields fields, RecordField field, string json, JsonValueKind wanted = JsonValueKind.Object)
    {
        if (json.Length <= ImportLimits.JsonBytes && StoredJson.IsStorable(Encoding.UTF8.GetBytes(json), wanted))
        {
            return json;
        }

        var noun = wanted == JsonValueKind.Object ? "object" : "array";
        fields.Add(
            field,
            $"A JSON {noun} of at most {ImportLimits.JsonBytes} characters is expected, without U+0000 and numbers of more than 300 digits.");
        return null;
    }
}
