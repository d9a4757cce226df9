using System.Buffers;
using System.Text;
using System.Text.Json;

namespace Tollgate.Core.Tests;

public sealed class PlainJsonTests
{
    [Theory]
    [InlineData(
        "M\u00FCller & S\u00F6hne <AG> 'a' + b/c = \u4E2D\u6587 \U0001F680 \u2028 \u007F",
        "\"M\u00FCller & S\u00F6hne <AG> 'a' + b/c = \u4E2D\u6587 \U0001F680 \u2028 \u007F\"")]
    [InlineData("a\"b\\c\n\r\t\u0001\u001F", "\"a\\\"b\\\\c\\n\\r\\t\\u0001\\u001f\"")]
    [InlineData("whsec_mzDO34Y3GcKaLMv4R/NmRf+9fOjEmzidrOkK9f5B2L4=", "\"whsec_mzDO34Y3GcKaLMv4R/NmRf+9fOjEmzidrOkK9f5B2L4=\"")]
    public void Nothing_is_escaped_that_need_not_be(string text, string json)
    {
        Written(writer => writer.WriteStringValue(text)).ShouldBe(json);
        Written(writer => writer.WriteStringValue(Encoding.UTF8.GetBytes(text))).ShouldBe(json);
        JsonElement.Parse(json).GetString().ShouldBe(text);
    }

    /// <summary>The oracle is another reader: it reads the written text as the same text, for any characters.</summary>
    [Fact]
    public void Every_character_comes_back()
    {
        for (var first = 0; first <= 0x10FFFF; first += 97)
        {
            var text = string.Concat(Enumerable.Range(first, 97).Where(static one => Rune.IsValid(one))
                .Select(static one => new Rune(one).ToString()));
            var json = Written(writer => writer.WriteStringValue(text));
            JsonElement.Parse(json).GetString().ShouldBe(text);
            Written(writer => writer.WriteStringValue(Encoding.UTF8.GetBytes(text))).ShouldBe(json);
        }
    }

    [Fact]
    public void Invalid_Unicode_is_replaced_and_breaks_nothing()
    {
        JsonElement.Parse(Written(writer => writer.WriteStringValue("a\uD800b\uDC00\""))).GetString().ShouldBe("a\uFFFDb\uFFFD\"");
        JsonElement.Parse(Written(writer => writer.WriteStringValue([0x61, 0xFF, 0x62]))).GetString().ShouldBe("a\uFFFDb");
    }

    private static string Written(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, PlainJson.Writer))
        {
            write(writer);
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }
}
