using System.Text;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Tollgate.Server.Hosting;

namespace Tollgate.Server.Tests.Hosting;

public sealed class LineFormatterTests
{
    [Theory]
    [InlineData("a")]
    [InlineData("\u0001")]
    [InlineData("\U0001F600")]
    public void A_line_has_a_bounded_length_and_says_that_it_was_cut(string part)
    {
        var text = string.Concat(Enumerable.Repeat(part, 100_000));
        using var written = new StringWriter();
        new LineFormatter().Write(
            new LogEntry<string>(LogLevel.Error, "test", default, text, new InvalidOperationException(text), static (state, _) => state),
            null, written);

        Encoding.UTF8.GetByteCount(written.ToString().TrimEnd()).ShouldBeLessThanOrEqualTo(2 * LineFormatter.LongestLine, "text");
        if (written.ToString().StartsWith('{'))
        {
            Encoding.UTF8.GetByteCount(written.ToString().TrimEnd()).ShouldBeLessThanOrEqualTo(LineFormatter.LongestLine);
            System.Text.Json.JsonDocument.Parse(written.ToString()).RootElement.GetProperty("message")
                .GetString()!.ShouldEndWith($"… (cut: {text.Length} characters)");
        }
    }
}
