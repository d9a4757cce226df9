using System.Text;
using Tollgate.Core.Llm;
using Tollgate.Core.Time;
using Tollgate.Engine.Llm;

namespace Tollgate.Engine.Tests.Llm;

/// <summary>The reader of price files, and its error messages.</summary>
public sealed class PriceFileTests
{
    [Fact]
    public void Every_member_is_read()
    {
        var price = Read("""
            [{"provider": "openai", "model": "gpt-9", "aliases": ["nine"], "currency": "USD", "valid_from": "2026-01-01", "valid_to": "2026-06-01T12:30:00Z",
              "prices": {"input": "2.5", "cache_write_1h": "0"}, "tiers": [{"above_tokens": 200000, "prices": {"input": "5"}}], "source": "a list"}]
            """).Prices.ShouldHaveSingleItem();

        (price.Provider, price.Model, price.Source).ShouldBe(("openai", "gpt-9", "a list"));
        price.Aliases.ShouldBe(["nine"]);
        price.ValidFrom.ToString().ShouldBe("2026-01-01T00:00:00Z");
        price.ValidTo!.Value.ToString().ShouldBe("2026-06-01T12:30:00Z");
        price.Prices.ToDictionary(pair => pair.Key, pair => pair.Value.ToString())
            .ShouldBe(new Dictionary<LlmUnit, string> { [LlmUnit.Input] = "2.5", [LlmUnit.CacheWriteHour] = "0" }, ignoreOrder: true);
        price.Tiers.ShouldHaveSingleItem().AboveTokens.ShouldBe(200_000);
    }

    [Fact]
    public void All_faults_are_told_at_once_with_line_and_path()
    {
        var reading = Read("""
            [
            {"provider":"openai","model":"a","valid_from":"2026-01-01","prices":{"input":2.5,"output":"1","outputs":"1"},"source":"x"},
            {"provider":"openai","valid_from":"soon","prices":{"input":"-1","output":"1"},"source":"x","colour":"red"},
            {"provider":"openai","model":"c","valid_from":"2026-01-01","valid_to":"2025-01-01","currency":"EUR","prices":{"input":"1"},"source":"x"},
            {"provider":"openai","model":"c","valid_from":"2026-01-01","prices":{"input":"1"},"tiers":[{"prices":{}}],"source":"x"}
            ]
            """);

        reading.Prices.ShouldBeEmpty("a file is taken whole or not at all");
        reading.Faults.Select(fault => $"{fault.Line} {fault.Path}").ShouldBe(
        [
            "2 [0].prices.input", "2 [0].prices.outputs",
            "3 [1].model", "3 [1].valid_from", "3 [1].prices.input", "3 [1].colour",
            "4 [2].currency", "4 [2].valid_to",
            "5 [3].tiers[0].above_tokens", "5 [3].tiers[0].prices", "5 [3].model",
        ], ignoreOrder: true);
        reading.Faults[0].Describe("models.json").ShouldStartWith("models.json:2:");
    }

    [Theory]
    [InlineData("", 1)]
    [InlineData("[\n{\"provider\":", 2)]
    [InlineData("{}", 1)]
    [InlineData("[\n\n7]", 3)]
    public void A_text_that_is_no_list_is_one_fault_with_its_line(string text, int line)
    {
        var faults = Read(text).Faults;

        faults.ShouldNotBeEmpty();
        faults[0].Line.ShouldBe(line);
    }

    [Fact]
    public void Prices_by_project_carry_the_project_in_their_paths()
    {
        var (prices, faults) = PriceFile.ReadByProject(Encoding.UTF8.GetBytes("""
            {"a": [], "b": [{"provider": "exa", "model": "search", "valid_from": "2026-01-01", "prices": {}, "source": "x"}]}
            """));

        prices.ShouldBeEmpty();
        faults.ShouldHaveSingleItem().Path.ShouldBe("b[0].prices");
    }

    private static PriceReading Read(string text) => PriceFile.Read(Encoding.UTF8.GetBytes(text));
}
