using System.Collections.Frozen;
using System.Text;
using Tollgate.Core.Catalog;
using Tollgate.Core.Imports;
using Tollgate.Core.Llm;
using Tollgate.Core.Money;
using Tollgate.Core.Time;

namespace Tollgate.Core.Tests.Imports;

/// <summary>Lines of NDJSON and CSV as records, or as the faults for which they are not booked.</summary>
public sealed class ImportRulesTests
{
    private static readonly Instant Now = Instant.FromUtc(new DateTime(2026, 11, 25, 12, 0, 0, DateTimeKind.Utc));

    private const string Usage = """{"kind":"usage","id":"u-1","customer":"ann","feature":"scan","occurred_at":"2021-03-05T10:00:00Z" """;
    private const string Call =
        """{"kind":"llm_calls","id":"l-1","customer":"ann","model":"gpt-4o","occurred_at":"2021-03-05T10:00:00Z" """;

    private const string Sub =
        """{"kind":"subscriptions","id":"s-1","customer":"ann","plan":"pro","started_at":"2021-03-05T10:00:00Z" """;

    private const string Bill =
        """{"kind":"invoices","id":"i-1","customer":"ann","status":"paid","total":1000,"issued_at":"2021-03-05T10:00:00Z" """;

    public static TheoryData<string, string, string> Faults => new()
    {
        { "[1]", "malformed_json", "object" },
        { "{\"kind\":", "malformed_json", "not JSON" },
        { "{\"kind\":\"usage\"} {}", "malformed_json", "" },
        { """{"kind":"usage","id":"\ud800"}""", "malformed_json", "Unicode" },
        { """{"id":"x"}""", "validation_failed", "kind: A value is required. Known kinds: customers" },
        { """{"kind":"usages"}""", "validation_failed", "Did you mean 'usage'?" },
        { """{"kind":"usage"}""", "validation_failed", "id: A value is required. customer: A value is required. occurred_at" },
        { Usage + ""","colour":1}""", "validation_failed", "colour: Unknown field." },
        { Usage + ""","model":"x"}""", "validation_failed", "model: No field of usage." },
        { Usage + ""","quantity":-1}""", "validation_failed", "quantity: '-1'" },
        { Usage + ""","quantity":"1e-12"}""", "validation_failed", "quantity" },
        { Usage + ""","id":"again"}""", "validation_failed", "id: The field comes twice." },
        { Usage + ""","properties":[1]}""", "validation_failed", "properties: A JSON object" },
        { Usage + ""","properties":{"a":"\u0000"}}""", "validation_failed", "properties: A JSON object" },
        { Usage + ""","properties":{"a":1e999999}}""", "validation_failed", "properties: A JSON object" },
        { Usage.Replace("2021", "2027", StringComparison.Ordinal) + "}", "validation_failed", "is in the future" },
        { Usage.Replace("T10:00:00Z", "", StringComparison.Ordinal) + "}", "validation_failed", "ISO 8601" },
        { Usage.Replace("2021", "1969", StringComparison.Ordinal) + "}", "validation_failed", "not possible" },
        { Usage.Replace("\"scan\"", "\"scam\"", StringComparison.Ordinal) + "}", "feature_not_found", "Did you mean 'scan'?" },
        { Usage.Replace("\"scan\"", "\"export\"", StringComparison.Ordinal) + "}", "validation_failed", "is not counted" },
        { Usage.Replace("\"ann\"", "\"..\"", StringComparison.Ordinal) + "}", "validation_failed", "customer" },
        { Call + ""","input_tokens":1.5}""", "validation_failed", "input_tokens: '1.5'" },
        { Call + ""","cost_usd":"much"}""", "validation_failed", "cost_usd" },
        { Call + ""","status":99}""", "validation_failed", "status" },
        { """{"kind":"customers","id":"ann","currency":"XXQ"}""", "validation_failed", "Unknown currency 'XXQ'" },
        { """{"kind":"customers","id":"ann","email":"nobody"}""", "validation_failed", "email" },
        { Sub + ""","period":"monthly","currency":"XXQ"}""", "validation_failed", "Unknown currency 'XXQ'" },
        { Sub + ""","period":"hourly"}""", "validation_failed", "period" },
        { Sub + ""","period":"yearly"}""", "validation_failed", "has no yearly price in USD" },
        { Sub + ""","period":"monthly","ended_at":"2020-01-01T00:00:00Z"}""", "validation_failed", "not after started_at" },
        { Sub.Replace("\"pro\"", "\"gold\"", StringComparison.Ordinal) + ""","period":"monthly"}""", "plan_not_found", "gold" },
        { Bill + ""","tax":1,"lines":[{"description":"a","amount":1000}]}""", "validation_failed", "1000 is not the sum" },
        { Bill + ""","lines":[{"description":"a"}]}""", "validation_failed", "description and amount are required" },
        { Bill.Replace("\"paid\"", "\"open\"", StringComparison.Ordinal) + "}", "validation_failed", "History is closed" },
        { Bill.Replace("1000", "-1", StringComparison.Ordinal) + "}", "validation_failed", "total" },
    };

    [Theory]
    [MemberData(nameof(Faults))]
    public void A_faulty_line_names_its_fault(string line, string code, string detail)
    {
        Read(line, out var fault).ShouldBeNull();
        fault!.Code.ShouldBe(code, fault.Detail);
        fault.Detail.ShouldContain(detail);
    }

    [Fact]
    public void Use_is_read_with_its_feature_and_time()
    {
        var read = Read(Usage + ""","quantity":"2.5","properties":{"a":1},"type":"legacy"}""", out _).ShouldBeOfType<UsageRecord>();
        read.ShouldBe(new("u-1", "ann", 1, "legacy", Quantity.Of(2.5m), At("2021-03-05"), """{"a":1}"""));
    }

    [Fact]
    public void A_call_keeps_its_logged_cost_and_counts()
    {
        var line = Call
            + ""","provider":"openai","input_tokens":900,"output_tokens":"120","cost_usd":"0.00345","latency_ms":12,"plan":"pro"}""";
        var read = Read(line, out _).ShouldBeOfType<CallRecord>();
        (read.Cost, read.Plan, read.OccurredAt,
            read.Call.LatencyMilliseconds).ShouldBe((new NanoUsd(3_450_000), "pro", At("2021-03-05"), 12));
        read.Call.Usage.ShouldBe(LlmUsage.Of(
            (LlmUnit.Input, Quantity.Of(900)), (LlmUnit.Output, Quantity.Of(120)), (LlmUnit.Request, Quantity.One)));
    }

    [Fact]
    public void An_Arabic_name_with_quotes_stays_as_it_is()
    {
        const string Name = "محمد \"أبو\" o'Neil 🦊";
        var json = Read($$"""{"kind":"customers","id":"u-1","name":"{{Name.Replace("\"", "\\\"", StringComparison.Ordinal)}}"}""", out _);
        json.ShouldBeOfType<CustomerRecord>().Profile.Name.ShouldBe(Name);
        var csv = Csv("id,name", $"u-1,\"{Name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"", ImportKind.Customers, out _);
        csv.ShouldBeOfType<CustomerRecord>().Profile.Name.ShouldBe(Name);
    }

    [Fact]
    public void CSV_has_the_same_fields_by_name()
    {
        var read = Csv("occurred_at,id,customer,feature,quantity,properties", "2021-03-05T10:00:00Z,u-1,ann,scan,,\"{\"\"a\"\":1}\"\r",
            ImportKind.Usage, out _);
        read.ShouldBe(new UsageRecord("u-1", "ann", 1, null, Quantity.One, At("2021-03-05"), """{"a":1}"""));
        Csv("id,customer", "a,b,c", ImportKind.Usage, out var fault).ShouldBeNull();
        fault!.Detail.ShouldContain("3 fields, and the header 2");
        Csv("id,customer", "\"a", ImportKind.Usage, out fault).ShouldBeNull();
        fault!.Code.ShouldBe("malformed_json");
        RecordFields.ReadHeader("id,colour", ImportKind.Usage, out _)!.ShouldContain("Unknown column 'colour'");
        RecordFields.ReadHeader("id,id", null, out _)!.ShouldContain("comes twice");
        RecordFields.ReadHeader("id,model", ImportKind.Usage, out _)!.ShouldContain("Unknown column 'model'");
    }

    [Fact]
    public void A_subscription_and_an_invoice_are_closed()
    {
        var sub = Read(Sub + ""","period":"monthly","ended_at":"2022-01-01T00:00:00Z","amount":500,"cancel_reason":"price"}""", out _)
            .ShouldBeOfType<SubscriptionRecord>();
        (sub.Amount, sub.PlanVersion, sub.Period, sub.CancelReason).ShouldBe((500, 1, PriceInterval.Monthly, "price"));
        var bill = Read(
            Bill
                + ""","number":"2021/7","tax":160,"discount":60,"lines":[{"description":"Pro","amount":900}],"paid_at":"2021-03-06T00:00:00Z"}""",
            out _).ShouldBeOfType<InvoiceRecord>();
        (bill.Number, bill.Subtotal.Minor, bill.Total.Minor, bill.DueAt).ShouldBe(("2021/7", 900, 1000, bill.IssuedAt));
        Read(Bill + "}", out _).ShouldBeOfType<InvoiceRecord>().Lines.ShouldHaveSingleItem().Amount.Minor.ShouldBe(1000);
    }

    private static Instant At(string day) =>
        Instant.FromUtc(DateTime.SpecifyKind(DateTime.Parse(day + "T10:00:00", null), DateTimeKind.Utc));

    private static ImportRecord? Read(string line, out ImportFault? fault)
    {
        var fields = new RecordFields();
        fault = fields.ReadJson(Encoding.UTF8.GetBytes(line));
        return fault is null ? ImportRules.Read(fields, Terms(null), out fault) : null;
    }

    private static ImportRecord? Csv(string header, string line, ImportKind kind, out ImportFault? fault)
    {
        RecordFields.ReadHeader(header, kind, out var columns).ShouldBeNull();
        var fields = new RecordFields();
        fault = fields.ReadCsv(Encoding.UTF8.GetBytes(line), columns);
        return fault is null ? ImportRules.Read(fields, Terms(kind), out fault) : null;
    }

    private static ImportTerms Terms(ImportKind? kind)
    {
        FeatureEntry[] features =
        [
            new(1, new() { Code = "scan", Name = "Scans" }), new(2, new() { Code = "export", Name = "Export", Kind = FeatureKind.Switch }),
        ];
        var plan = new PlanVersion(
            1, 1, new() { Code = "pro", Name = "Pro", Prices = [new(PriceInterval.Monthly, "USD", 2999, 0)] },
            FrozenDictionary<int, Entitlement>.Empty);
        var catalog = new PublishedCatalog
        {
            Revision = 1, ETag = "1", Document = new() { Code = "shop", Name = "Shop", DefaultPlan = "pro" },
            Features = features.ToFrozenDictionary(static one => one.Code),
            FeaturesByKey = features.ToFrozenDictionary(static one => one.Key),
            FeatureKeys = features.ToFrozenDictionary(static one => one.Code, static one => one.Key),
            Plans = new[] { plan }.ToFrozenDictionary(static one => one.Code),
            PlanVersions = new[] { plan }.ToFrozenDictionary(static one => one.Id),
            MetersByEventType = FrozenDictionary<string, IReadOnlyList<MeterTarget>>.Empty, TimedFeatures = [],
            DefaultPlans = [new(Now, plan)],
        };
        return new(catalog, Currency.Usd, TimeZoneInfo.Utc, Now, kind);
    }
}
