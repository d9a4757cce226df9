using System.Text;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;

namespace Tollgate.Core.Tests.Llm;

public sealed class WellFormedTests
{
    [Theory]
    [InlineData("{\"a\":1}", -1)]
    [InlineData("", -1)]
    [InlineData("{\"\\ud83d\\ude00\":\"\\u0041\"}", -1)]
    [InlineData("\"\\\\ud800\"", -1)]
    [InlineData("\"\\\\\\ud800\"", 3)]
    [InlineData("{\"\\ud800\":1}", 2)]
    [InlineData("{\"a\":\"\\udfff\"}", 6)]
    [InlineData("\"\\uD83D\\u0041\"", 1)]
    [InlineData("\"\\ud83d\\ud83d\\ude00\"", 1)]
    [InlineData("\"\\ud80", -1)]
    [InlineData("\"\\ud800", 1)]
    [InlineData("\\", -1)]
    public void Half_of_a_surrogate_pair_is_found_where_it_stands(string json, int at) =>
        WellFormed.FaultIn(Encoding.UTF8.GetBytes(json)).ShouldBe(at);

    [Theory]
    [InlineData(0)]
    [InlineData(700)]
    public void Bytes_that_are_not_UTF8_are_found_where_they_stand(int before)
    {
        byte[] text = [.. Enumerable.Repeat((byte)'a', before), 0xED, 0xA0, 0x80, .. "\\ud800"u8];
        WellFormed.FaultIn(text).ShouldBe(before);
    }

    [Theory]
    [InlineData("abc", 3, "abc")]
    [InlineData("abcd", 3, "abc")]
    [InlineData("ab\ud83d\ude00", 3, "ab")]
    [InlineData("ab\ud83d\ude00", 4, "ab\ud83d\ude00")]
    public void A_text_is_not_cut_in_the_middle_of_a_character(string text, int longest, string cut) =>
        WellFormed.Cut(text, longest).ShouldBe(cut);

    /// <summary>For every text, the result equals that of System.Text.Json.</summary>
    [Fact]
    public void It_agrees_with_the_reader() => Prop.ForAll(ArbMap.Default.ArbFor<char[]>(), static units =>
    {
        // Mostly surrogates, whole pairs and halves.
        var json = "\"" + string.Concat(units.Select(static unit => $"\\u{(unit % 3 == 0 ? unit : 0xD800 | (unit & 0x7FF)):x4}")) + "\"";
        return (WellFormed.FaultIn(Encoding.UTF8.GetBytes(json)) < 0) == IsText(json);
    }).QuickCheckThrowOnFailure();

    private static bool IsText(string json)
    {
        try
        {
            return JsonElement.Parse(json).GetString() is not null;
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }
}
