using System.Text;
using Tollgate.Core.Catalog;
using Tollgate.Core.Money;
using Tollgate.Engine.Catalog;

namespace Tollgate.Engine.Tests.Catalog;

public sealed class CatalogReaderTests
{
    private const string Head = """
        code: shop
        name: Shop
        default_plan: free
        features:
          - { code: scan, name: Scan }
          - { code: sync, name: Sync, kind: switch }
          - { code: days, name: Days, kind: value }
        plans:
          - code: free
            name: Free
            entitlements:

        """;

    [Theory]
    [InlineData("- { feature: scan, quota: 2 }", "2")]
    [InlineData("- { feature: scan, quota: \"2\" }", "2")]
    [InlineData("- { feature: scan, quota: 0.000000001 }", "0.000000001")]
    [InlineData("- { feature: scan, quota: \"123456789012345678.123456789\" }", "123456789012345678.123456789")]
    [InlineData("- { feature: scan, quota: 1e6 }", "1000000")]
    [InlineData("- { feature: scan, quota: 0 }", "0")]
    [InlineData("- { feature: scan, quota: unlimited }", null)]
    [InlineData("- { feature: scan, quota: null }", null)]
    [InlineData("- { feature: scan, quota: ~ }", null)]
    [InlineData("- { feature: scan, quota: }", null)]
    public void A_quota_is_a_number_a_decimal_in_quotes_or_unlimited(string line, string? quota) =>
        Entitlement(line).Quota?.ToString().ShouldBe(quota);

    [Theory]
    [InlineData("\"0.000000000001\"", "0.000000000001")]
    [InlineData("\"999999999998.123456789012\"", "999999999998.123456789012")]
    [InlineData("999999999999", "999999999999")]
    [InlineData("0.05", "0.05")]
    [InlineData("\"0.050\"", "0.05")]
    [InlineData("1e-12", "0.000000000001")]
    [InlineData("0.0000000000001", null)]
    [InlineData("1000000000000", null)]
    [InlineData("-1", null)]
    [InlineData("free", null)]
    public void A_price_has_twelve_decimals_and_is_never_negative(string written, string? price)
    {
        var reading = CatalogReader.ReadYaml(
            $"{Head}      - {{ feature: scan, quota: 1, hard_cap: false, overage_price: {{ tiers: [{{ unit_price: {written}, flat_fee: "
                + $"{written} }}] }} }}\n");
        if (price is null)
        {
            const string path = "plans[0].entitlements[0].overage_price.tiers[0].";
            reading.Faults.Select(f => f.Path).ShouldBe([path + "unit_price", path + "flat_fee"]);
            return;
        }

        var tier = reading.Document.ShouldNotBeNull().Plans[0].Entitlements[0].OveragePrices.ShouldHaveSingleItem().Tiers[0];
        (tier.UnitPrice.ToString(), tier.FlatFee.ToString()).ShouldBe((price, price));
        CatalogWriter.ToYaml(reading.Document).ShouldContain($"unit_price: \"{price}\"");
    }

    [Theory]
    [InlineData("- { feature: days, value: 30 }", "30")]
    [InlineData("- { feature: days, value: large }", "large")]
    [InlineData("- { feature: days, value: true }", "true")]
    [InlineData("- { feature: days, value: unlimited }", null)]
    [InlineData("- { feature: days, value: null }", null)]
    [InlineData("- { feature: days, value: -1 }", null)]
    public void A_value_is_text_a_number_or_unlimited(string line, string? value) => Entitlement(line).Value.ShouldBe(value);

    [Fact]
    public void A_named_switch_is_on_unless_it_says_otherwise()
    {
        Entitlement("- { feature: sync }").Enabled.ShouldBeTrue();
        Entitlement("- { feature: sync, enabled: false }").Enabled.ShouldBeFalse();
    }

    [Theory]
    [InlineData("- { feature: scan }", "12:9", "plans[0].entitlements[0].quota", "'quota' of 'scan' is missing")]
    [InlineData("- { feature: days }", "12:9", "plans[0].entitlements[0].value", "'value' of 'days' is missing")]
    [InlineData("- { feature: scan, quota: -1 }", "12:33", "plans[0].entitlements[0].quota", "write unlimited for no limit")]
    [InlineData("- { feature: scan, quota: 1_000 }", "12:33", "plans[0].entitlements[0].quota", "is a number")]
    [InlineData("- { feature: scan, quota: 0.0000000001 }", "12:33", "plans[0].entitlements[0].quota", "at most 9 decimals")]
    [InlineData("- { feature: scan, quota: 9999999999999999999 }", "12:33", "plans[0].entitlements[0].quota", "18 digits")]
    [InlineData("- { feature: scan, quota: many }", "12:33", "plans[0].entitlements[0].quota", "not 'many'")]
    [InlineData("- { feature: scan, quota: [1] }", "12:33", "plans[0].entitlements[0].quota", "not a list")]
    [InlineData("- { feature: scan, qouta: 1 }", "12:26", "plans[0].entitlements[0].qouta", "Did you mean 'quota'?")]
    [InlineData("- { feature: scan, quota: 1, quota: 2 }", "12:36", "plans[0].entitlements[0].quota", "occurs twice")]
    [InlineData(
        "- { feature: scan, quota: 1, period: mounth }", "12:44", "plans[0].entitlements[0].period",
        "not one of billing_month, calendar_month")]
    [InlineData("- { feature: scan, quota: 1, period: weak }", "12:44", "plans[0].entitlements[0].period", "Did you mean 'week'?")]
    [InlineData("- { feature: scan, quota: 1, hard_cap: yes }", "12:46", "plans[0].entitlements[0].hard_cap", "true or false")]
    [InlineData("- { feature: sync, quota: 1 }", "12:33", "plans[0].entitlements[0].quota", "it is only 'enabled'")]
    [InlineData("- { feature: scan, quota: 1, enabled: true }", "12:45", "plans[0].entitlements[0].enabled", "does not fit")]
    [InlineData("- { feature: scam, quota: 1 }", "12:20", "plans[0].entitlements[0].feature", "no feature 'scam'")]
    [InlineData("- scan", "12:9", "plans[0].entitlements[0]", "Expected a map")]
    [InlineData("- { feature: scan, quota: 1, thresholds: [80, many] }", "12:53", "plans[0].entitlements[0].thresholds[1]", "whole number")]
    [InlineData(
        "- { feature: scan, quota: 1, rate_limits: [{ limit: 0, per: minute }] }", "12:59", "plans[0].entitlements[0].rate_limits[0].limit",
        "more than 0")]
    [InlineData(
        "- { feature: scan, quota: 1, rate_limits: [{ limit: 1 }] }", "12:50", "plans[0].entitlements[0].rate_limits[0].per",
        "'per' is missing")]
    public void A_fault_has_line_column_path_and_a_sentence(string line, string place, string path, string says)
    {
        var faults = CatalogReader.ReadYaml(Head + "      " + line + "\n").Faults;
        var fault = faults.FirstOrDefault(f => f.Path == path).ShouldNotBeNull(string.Join('\n', faults.Select(f => f.Describe("x"))));
        fault.Message.ShouldContain(says);
        $"{fault.Line}:{fault.Column}".ShouldBe(place);
    }

    [Theory]
    [InlineData("{ included: 3, price: \"12.50\" }", "{ included: 3, price: \"12.5\" }")]
    [InlineData("{ price: 12 }", "{ included: 0, price: \"12\" }")]
    [InlineData("{ included: 3, tiers: [{ unit_price: 12 }] }", "{ included: 3, price: \"12\" }")]
    [InlineData("{ included: 3, tiers: [{ unit_price: 12, flat_fee: 5 }] }", null)]
    [InlineData("{ included: 3, price: 12, first_flat_fee: on_use }", "{ included: 3, price: \"12\", first_flat_fee: on_use }")]
    [InlineData("{ included: 0, mode: volume, tiers: [{ up_to: 10, unit_price: 12 }, { unit_price: 9 }] }", null)]
    public void Seats_are_written_as_short_as_they_can_be(string written, string? canonical)
    {
        var document = Sold($"amount: 4900, seats: {written}");
        var yaml = CatalogWriter.ToYaml(document);
        CatalogWriter.ToYaml(CatalogReader.ReadYaml(yaml).Document.ShouldNotBeNull()).ShouldBe(yaml);
        if (canonical is not null)
        {
            yaml.ShouldContain($"seats: {canonical}");
        }
    }

    [Theory]
    [InlineData("amount: 1, seats: { included: 3 }", "seats.price", "either a 'price'")]
    [InlineData("amount: 1, seats: { price: }", "seats.price", "either a 'price'")]
    [InlineData("amount: 1, seats: { price: 1, tiers: [{ unit_price: 1 }] }", "seats.price", "either a 'price'")]
    [InlineData("amount: 1, seats: { price: 1, mode: volume }", "seats.mode", "needs 'tiers'")]
    [InlineData("amount: 1, seats: { price: 1, mode: package }", "seats.mode", "needs 'tiers'")]
    [InlineData("amount: 1, seats: { price: -1 }", "seats.price", "0 or more")]
    [InlineData("amount: 1, seats: { prize: 1 }", "seats.prize", "Did you mean 'price'?")]
    [InlineData("amount: 100, minimum: 100", "minimum", "must be more than the amount")]
    [InlineData("amount: 100, minimum: 9.99", "minimum", "write 999 for 9.99")]
    [InlineData("amount: ", "amount", "is missing")]
    public void A_price_says_all_that_it_must(string members, string member, string says)
    {
        var reading = CatalogReader.ReadYaml(PricedText(members));
        reading.Faults.ShouldContain(
            f => f.Path == $"plans[0].prices[0].{member}" && f.Message.Contains(says, StringComparison.Ordinal),
            string.Join('\n', reading.Faults.Select(f => f.Describe("x"))));
    }

    [Fact]
    public void An_overage_price_is_one_or_a_list_and_one_in_a_list_is_one()
    {
        const string dollars = "{ tiers: [{ unit_price: 1 }] }";
        Entitlement(
            $"- {{ feature: scan, quota: 1, hard_cap: false, overage_price: [{dollars}, {{ currency: EUR, tiers: [{{ unit_price: 2 }}] }}] }}")
            .OveragePrices.Select(price => $"{price.Tiers[0].UnitPrice} {price.Currency}").ShouldBe(["1 USD", "2 EUR"]);
        Entitlement("- { feature: scan, quota: 1, overage_price: [] }").OveragePrices.ShouldBeEmpty();
        Entitlement("- { feature: scan, quota: 1, overage_price: null }").OveragePrices.ShouldBeEmpty();

        var one = CatalogReader.ReadYaml(
            $"{Head}      - {{ feature: scan, quota: 1, hard_cap: false, overage_price: {dollars} }}\n").Document.ShouldNotBeNull();
        var listed = CatalogReader.ReadYaml(
            $"{Head}      - {{ feature: scan, quota: 1, hard_cap: false, overage_price: [{dollars}] }}\n").Document.ShouldNotBeNull();
        CatalogWriter.ETagOf(listed).ShouldBe(CatalogWriter.ETagOf(one));
    }

    [Theory]
    [InlineData("{ mode: percentage, tiers: [{ unit_price: 1 }] }", "percent is missing, unit_price does not belong")]
    [InlineData("{ mode: percentage, tiers: [{ percent: }] }", "percent is missing")]
    [InlineData("{ mode: percentage, tiers: [{ percent: 2.5 % }] }", "percent is a percentage")]
    [InlineData("{ mode: percentage, tiers: [{ percent: -1 }] }", "percent is a percentage")]
    [InlineData("{ mode: percentage, tiers: [{ percent: 0.0000001 }] }", "percent is a percentage")]
    [InlineData("{ tiers: [{ percent: 2.5 }] }", "percent is only for mode, unit_price is missing")]
    public void A_tier_has_the_price_of_its_mode(string price, string says)
    {
        var text = Head.Replace("name: Scan }", "name: Scan, money: true, unit: USD }", StringComparison.Ordinal);
        var reading = CatalogReader.ReadYaml($"{text}      - {{ feature: scan, quota: 1, hard_cap: false, overage_price: {price} }}\n");
        string.Join(", ", reading.Faults.OrderBy(f => f.Path, StringComparer.Ordinal)
            .Select(f =>
                string.Join(
                    ' ', f.Message.Replace("'", "", StringComparison.Ordinal).Split(' ').Take(says.Split(", ")[0].Split(' ').Length))))
            .ShouldStartWith(says.Split(", ")[0]);
        reading.Faults.Select(f => f.Path.Split('.')[^1]).Order().ShouldBe(says.Split(", ").Select(one => one.Split(' ')[0]).Order());
    }

    [Fact]
    public void An_add_on_is_stored_with_a_subscription_and_read_back()
    {
        var every = CatalogFilesTests.Read("catalogs/templates/every-price.yaml");
        every.AddOns.Count.ShouldBe(3);
        foreach (var addOn in every.AddOns)
        {
            var again = CatalogReader.ReadStoredAddOn(CatalogWriter.ToStoredJson(addOn));
            CatalogDiff.Between(every with { AddOns = [addOn] }, every with { AddOns = [again] }).Changes.ShouldBeEmpty();
            CatalogWriter.ToStoredJson(again).ShouldBe(CatalogWriter.ToStoredJson(addOn));
        }
    }

    [Theory]
    [InlineData("{ feature: scan }", "quota", "is missing")]
    [InlineData("{ feature: scan, enabled: true }", "enabled", "does not fit")]
    [InlineData("{ feature: sync, quota: 5 }", "quota", "it is only 'enabled'")]
    [InlineData("{ feature: sync, enabled: false }", "enabled", "turns it on")]
    [InlineData("{ feature: days, quota: 5 }", "feature", "value feature")]
    [InlineData("{ feature: scan, quota: 0 }", "quota", "more than 0")]
    [InlineData("{ feature: scan, quota: 5, period: day }", "period", "is not a key here")]
    public void An_add_on_adds_units_or_a_switch(string entitlement, string member, string says)
    {
        var reading = CatalogReader.ReadYaml(
            $"{Head}      []\nadd_ons:\n  - {{ code: a, name: A, prices: [{{ interval: monthly, amount: 1 }}], entitlements: "
                + $"[{entitlement}] }}\n");
        reading.Faults.ShouldContain(
            f => f.Path == $"add_ons[0].entitlements[0].{member}" && f.Line == 14 && f.Message.Contains(says, StringComparison.Ordinal),
            string.Join('\n', reading.Faults.Select(f => f.Describe("x"))));
    }

    [Fact]
    public void All_faults_come_at_once_and_none_twice()
    {
        var faults = CatalogReader.ReadYaml(
            "code: 1\nname: x\ndefault_plan: gold\ncolour: red\nplans:\n  - { code: FREE, name: Free, prices: [{ interval: daily, amount: "
                + "1.5 }] }\n").Faults;
        faults.Select(f => $"{f.Line} {f.Path}").ShouldBe(
            ["1 code", "3 default_plan", "4 colour", "6 plans[0].code", "6 plans[0].prices[0].interval", "6 plans[0].prices[0].amount"]);
    }

    [Theory]
    [InlineData("a: [1, 2", "not YAML")]
    [InlineData("a: &x 1\nb: *x", "Anchors and aliases")]
    [InlineData("code: a\n---\ncode: b", "one YAML document")]
    [InlineData("? [a]\n: b", "A key must be plain text")]
    public void Text_that_is_no_catalogue_is_malformed(string text, string says)
    {
        var reading = CatalogReader.ReadYaml(text);
        reading.Malformed.ShouldBeTrue();
        reading.Faults.ShouldHaveSingleItem().Message.ShouldContain(says);
    }

    [Fact]
    public void Deep_and_large_texts_are_refused_before_they_cost_anything()
    {
        CatalogReader.ReadYaml(new string('[', 100_000)).Malformed.ShouldBeTrue();
        CatalogReader.ReadJson(Encoding.UTF8.GetBytes(new string('[', 100_000))).Malformed.ShouldBeTrue();
        CatalogReader.ReadYaml(new string('#', CatalogReader.LargestText + 1)).Malformed.ShouldBeTrue();
    }

    [Theory]
    [InlineData("{\"code\": 1, \"name\": \"x\"}", "1:10", "code")]
    [InlineData("{\n  \"name\": true }", "2:11", "name")]
    public void Json_faults_have_places_too(string text, string place, string path)
    {
        var fault = CatalogReader.ReadJson(Encoding.UTF8.GetBytes(text)).Faults.First(f => f.Path == path);
        $"{fault.Line}:{fault.Column}".ShouldBe(place);
    }

    [Fact]
    public void Texts_survive_whatever_letters_they_have()
    {
        foreach (var name in new[]
        {
            "a: b", "- a", "yes", "1", "0x1F", "2026-01-01", "#1", "\"q\"", "it's", "a\nb", "ünïcödé 🚀", "[a]", "{a}", "null", "~", " a",
            "a ", "a,b", "*a", "&a", "!a", "%a", "@a", "`a", "a #b", "unlimited", "\\", "x\u2028y", "=", "<<",
        })
        {
            var yaml = CatalogWriter.ToYaml(Document() with { Name = name, Plans = [Document().Plans[0] with { Bullets = [name] }] });
            var again = CatalogReader.ReadYaml(yaml);
            again.Document.ShouldNotBeNull($"{yaml}\n{string.Join('\n', again.Faults.Select(f => f.Describe("x")))}").Name.ShouldBe(name);
            again.Document.Plans[0].Bullets.ShouldBe([name]);
        }
    }

    [Fact]
    public void Overrides_survive_the_trip_to_the_database_and_back()
    {
        const string json =
            """{"days":{"value":null},"page":{"overage_price":null},"pixel":{"overage_price":{"mode":"per_unit","currency":"EUR","tiers":[{"unit_price":"0.05"}]}},"scan":{"quota":null,"hard_cap":false,"overage_price":[{"mode":"per_unit","currency":"EUR","tiers":[{"unit_price":"0.05"}]},{"mode":"per_unit","currency":"USD","tiers":[{"unit_price":"0.06"}]}],"rollover":null,"rate_limits":[]},"sync":{"enabled":false}}""";
        var (overrides, faults) = CatalogReader.ReadOverrides(Encoding.UTF8.GetBytes(json), "USD");

        faults.ShouldBeEmpty();
        overrides["scan"].Quota.ShouldBe(Setting.To<Quantity?>(null));
        overrides["scan"].Period.IsSet.ShouldBeFalse();
        overrides["scan"].RateLimits.IsSet.ShouldBeTrue();
        Encoding.UTF8.GetString(CatalogWriter.ToJson(overrides.Values)).ShouldBe(json);
    }

    [Theory]
    [InlineData("[]", "")]
    [InlineData("{\"scan\": 5}", "scan")]
    [InlineData("{\"scan\": {\"qouta\": 5}}", "scan.qouta")]
    [InlineData("{\"scan\": {\"feature\": \"x\"}}", "scan.feature")]
    [InlineData("{\"scan\": {\"quota\": 5}, \"scan\": {\"quota\": 6}}", "scan")]
    [InlineData("{", "")]
    public void Bad_overrides_are_refused(string json, string path) =>
        CatalogReader.ReadOverrides(Encoding.UTF8.GetBytes(json), "USD").Faults.ShouldContain(f => f.Path == path);

    private static Entitlement Entitlement(string line)
    {
        var reading = CatalogReader.ReadYaml(Head + "      " + line + "\n");
        reading.Faults.Select(f => f.Describe("x")).ShouldBeEmpty();
        return reading.Document!.Plans[0].Entitlements[0];
    }

    private static string PricedText(string members) =>
        $"code: shop\nname: Shop\ndefault_plan: free\nplans: [{{ code: free, name: Free, prices: [{{ interval: monthly, "
            + $"{members} }}] }}]\n";

    private static CatalogDocument Sold(string members)
    {
        var reading = CatalogReader.ReadYaml(PricedText(members));
        reading.Faults.Select(f => f.Describe("x")).ShouldBeEmpty();
        return reading.Document!;
    }

    private static CatalogDocument Document() => CatalogReader.ReadYaml(Head + "      []\n").Document.ShouldNotBeNull();
}
