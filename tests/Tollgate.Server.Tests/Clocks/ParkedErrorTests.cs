using System.Text;
using Tollgate.Engine.Jobs;

namespace Tollgate.Server.Tests.Clocks;

/// <summary>The text of any exception can be stored, and the search for secrets in it ends.</summary>
public sealed class ParkedErrorTests
{
    private static readonly UTF8Encoding Strict = new(false, throwOnInvalidBytes: true);

    [Theory]
    [InlineData(497)]
    [InlineData(498)]
    [InlineData(499)]
    [InlineData(1_999)]
    public void No_half_of_a_surrogate_pair_is_left_where_a_message_is_cut(int before)
    {
        var text = ParkedWork.WithoutSecrets(string.Concat(Enumerable.Repeat("a ", before))[..before] + "\U0001F600"
            + string.Concat(Enumerable.Repeat(" b", 2_000)));
        text.Length.ShouldBeInRange(499, 500);
        Should.NotThrow(() => Strict.GetBytes(text));
    }

    [Fact]
    public void A_message_that_holds_half_of_a_pair_or_NUL_can_be_stored()
    {
        var text = ParkedWork.WithoutSecrets("before \ud800 between \0 after");
        Should.NotThrow(() => Strict.GetBytes(text));
        text.ShouldStartWith("before ");
        text.ShouldEndWith(" between   after");
    }

    [Fact]
    public void A_message_of_any_length_is_searched_in_time()
    {
        ParkedWork.WithoutSecrets(string.Concat(Enumerable.Repeat("ab_cd_", 4_000_000))).Length.ShouldBeLessThanOrEqualTo(500);
        ParkedWork.WithoutSecrets(new string(' ', 480) + "sk_live_A" + new string('b', 40)).ShouldNotContain("sk_live_A");
    }
}
