using Tollgate.Core.Customers;

namespace Tollgate.Core.Tests.Customers;

public sealed class CustomerRulesTests
{
    [Theory]
    [InlineData("u_1")]
    [InlineData("org/42/team a")]
    [InlineData("ünïcødé-客户-🙂")]
    [InlineData("%2F?#&")]
    public void An_id_may_hold_anything_printable(string id) => CustomerRules.IsId(id).ShouldBeTrue();

    [Theory]
    [InlineData("", IdFault.Empty)]
    [InlineData(".", IdFault.DotSegment)]
    [InlineData("..", IdFault.DotSegment)]
    [InlineData("...", IdFault.None)]
    [InlineData("a\nb", IdFault.NotALine)]
    [InlineData("a\0b", IdFault.NotALine)]
    [InlineData("ü\u0085", IdFault.NotALine)]
    public void An_id_that_cannot_be_stored_printed_or_addressed_is_refused(string id, IdFault fault)
    {
        CustomerRules.FaultOfId(id).ShouldBe(fault);
        CustomerRules.IsId(id).ShouldBe(fault == IdFault.None);
    }

    [Fact]
    public void No_id_is_none() => CustomerRules.IsId(null).ShouldBeFalse();

    [Fact]
    public void Half_a_surrogate_pair_is_no_text()
    {
        CustomerRules.IsId("half \ud83d").ShouldBeFalse();
        CustomerRules.IsId("half \ude42 other").ShouldBeFalse();
        CustomerRules.IsId("whole \ud83d\ude42").ShouldBeTrue();
    }

    [Fact]
    public void An_id_has_at_most_255_characters()
    {
        CustomerRules.IsId(new string('x', 255)).ShouldBeTrue();
        CustomerRules.IsId(new string('x', 256)).ShouldBeFalse();
    }

    [Fact]
    public void A_blank_profile_and_a_full_one_have_no_faults()
    {
        CustomerRules.FaultsOf(CustomerProfile.Blank).ShouldBeEmpty();
        CustomerRules.FaultsOf(new()
        {
            Name = "Ada Lovelace",
            Email = "ada@example.com",
            Currency = "EUR",
            TimeZone = "Europe/Berlin",
            Country = "DE",
            TaxId = "DE136695976",
            Metadata = new Dictionary<string, string> { ["source"] = "landing page\nspring" },
        }).ShouldBeEmpty();
    }

    [Fact]
    public void All_faults_are_told_at_once()
    {
        var faults = CustomerRules.FaultsOf(new()
        {
            Name = "",
            Email = "ada at example.com",
            Currency = "eur",
            TimeZone = "Berlin",
            Country = "Germany",
            TaxId = "DE\t1",
            Metadata = new Dictionary<string, string> { ["ok"] = new string('x', 501), [new string('k', 41)] = "v" },
        });

        faults.Select(f => f.Field).ShouldBe(["name", "email", "currency", "time_zone", "country", "tax_id", "metadata.ok", "metadata"]);
    }

    [Fact]
    public void Metadata_has_at_most_50_keys()
    {
        CustomerRules.FaultsOf(new() { Metadata = Keys(50) }).ShouldBeEmpty();
        CustomerRules.FaultsOf(new() { Metadata = Keys(51) }).ShouldHaveSingleItem().Field.ShouldBe("metadata");
    }

    [Fact]
    public void A_patch_keeps_what_it_does_not_name_and_clears_what_it_names_with_null()
    {
        var old = new CustomerProfile
        {
            Name = "Ada",
            Email = "ada@example.com",
            Metadata = new Dictionary<string, string> { ["a"] = "1", ["b"] = "2" },
        };

        var changed = new CustomerPatch
        {
            Email = Change<string?>.To(null),
            Country = Change<string?>.To("GB"),
            Metadata = Change<IReadOnlyDictionary<string, string?>?>.To(new Dictionary<string, string?> { ["a"] = null, ["c"] = "3" }),
        }.ApplyTo(old);

        changed.ShouldBe(new CustomerProfile
        {
            Name = "Ada",
            Country = "GB",
            Metadata = new Dictionary<string, string> { ["b"] = "2", ["c"] = "3" },
        });
        new CustomerPatch().ApplyTo(old).ShouldBe(old);
        new CustomerPatch { Metadata = Change<IReadOnlyDictionary<string, string?>?>.To(null) }.ApplyTo(old).Metadata.ShouldBeEmpty();
    }

    private static Dictionary<string, string> Keys(int count) => Enumerable.Range(0, count).ToDictionary(i => $"k{i}", _ => "v");
}
