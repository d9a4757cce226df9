using System.Text.Json;
using System.Text.Json.Serialization;
using Tollgate.Contracts.Http;

namespace Tollgate.Server.Tests.Http;

public sealed class WireContextTests
{
    [Fact]
    public void Every_body_is_read_and_written_by_the_same_rules()
    {
        Strict(WireJson.Default.Options);
        Strict(WireJson.WithoutNulls.Options);
        WireJson.Default.Options.DefaultIgnoreCondition.ShouldBe(JsonIgnoreCondition.Never);
        WireJson.WithoutNulls.Options.DefaultIgnoreCondition.ShouldBe(JsonIgnoreCondition.WhenWritingNull);
    }

    private static void Strict(JsonSerializerOptions options)
    {
        options.PropertyNamingPolicy.ShouldBe(JsonNamingPolicy.SnakeCaseLower);
        options.UnmappedMemberHandling.ShouldBe(JsonUnmappedMemberHandling.Disallow);
        options.AllowDuplicateProperties.ShouldBeFalse();
        options.RespectNullableAnnotations.ShouldBeTrue();
        options.NumberHandling.ShouldBe(JsonNumberHandling.Strict);
        options.PropertyNameCaseInsensitive.ShouldBeFalse();
        options.Converters.Select(converter => converter.GetType()).ShouldContain(typeof(PlainDecimal));
        options.Converters.Select(converter => converter.GetType()).ShouldContain(typeof(UtcInstant));
    }

    [Theory]
    [InlineData("2.000000000", "2")]
    [InlineData("0.0021000", "0.0021")]
    [InlineData("100", "100")]
    [InlineData("0.000", "0")]
    [InlineData("999999999999999999.123456789", "999999999999999999.123456789")]
    public void Decimals_lose_the_zeros_that_say_nothing(string stored, string written) =>
        PlainDecimal.Trim(decimal.Parse(stored, System.Globalization.CultureInfo.InvariantCulture))
            .ToString(System.Globalization.CultureInfo.InvariantCulture).ShouldBe(written);

    [Theory]
    [InlineData("2026-11-21T08:00:00Z", true)]
    [InlineData("2026-11-21T08:00:00.123456Z", true)]
    [InlineData("2026-11-21T09:00:00+01:00", true)]
    [InlineData("2026-11-21T08:00:00", false)]
    [InlineData("2026-11-21", false)]
    [InlineData("2026-13-21T08:00:00Z", false)]
    [InlineData("", false)]
    [InlineData("21.11.2026 08:00 -", false)]
    public void An_instant_names_its_offset(string text, bool accepted) => UtcInstant.TryParse(text, out _).ShouldBe(accepted);
}
