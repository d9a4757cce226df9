using System.Net;
using Tollgate.Engine.Projects;
using Tollgate.Server.Http;

namespace Tollgate.Server.Tests.Http;

public sealed class MinuteBudgetTests
{
    private static readonly Neighborhood Address = Neighborhood.Of(IPAddress.Parse("203.0.113.9"));

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(60)]
    public void A_minutes_worth_at_once_and_then_as_time_gives_back(int perMinute)
    {
        var (budget, now) = (new MinuteBudget(perMinute), TimeSpan.FromHours(5));
        for (var i = 0; i < perMinute; i++)
        {
            budget.PauseOf(Address, now).ShouldBeNull();
            budget.Take(Address, now).ShouldBeNull();
        }

        var each = TimeSpan.FromTicks(TimeSpan.TicksPerMinute / perMinute);
        budget.Take(Address, now).ShouldNotBeNull().ShouldBeInRange(TimeSpan.FromTicks(1), each);
        now += each;
        budget.Take(Address, now).ShouldBeNull();
        budget.Take(Address, now).ShouldNotBeNull();

        now += TimeSpan.FromMinutes(1);
        Enumerable.Range(0, 2 * perMinute).Count(_ => budget.Take(Address, now) is null).ShouldBe(perMinute);
    }

    /// <summary>Ten thousand neighbours fail thousands of times: hardly any other address has to pause, and nothing grows.</summary>
    [Fact]
    public void Others_keep_their_budget()
    {
        var (budget, now) = (new MinuteBudget(10), TimeSpan.FromHours(5));
        for (var i = 0; i < 1_000; i++)
        {
            for (var attempt = 0; attempt < 20; attempt++)
            {
                budget.Take(new((ulong)i), now);
            }
        }

        Enumerable.Range(1_000, 1_000).Count(i => budget.PauseOf(new((ulong)i), now) is not null).ShouldBeLessThan(150);
    }

    [Theory]
    [InlineData("203.0.113.9", "203.0.113.9", true)]
    [InlineData("203.0.113.9", "::ffff:203.0.113.9", true)]
    [InlineData("203.0.113.9", "203.0.113.10", false)]
    [InlineData("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", true)]
    [InlineData("2001:db8:1:2::1", "2001:db8:1:3::1", false)]
    [InlineData("0.0.0.1", "::1", false)]
    public void Neighbours_are_an_IPv4_address_or_the_first_64_bits_of_an_IPv6_address(string one, string other, bool areNeighbours) =>
        (Neighborhood.Of(IPAddress.Parse(one)) == Neighborhood.Of(IPAddress.Parse(other))).ShouldBe(areNeighbours);

    [Theory]
    [InlineData("203.0.113.9", "203.0.113.9")]
    [InlineData("2001:db8:1:2::7", "2001:db8:1:2::/64")]
    public void A_neighbourhood_is_printed_as_operators_write_it(string address, string printed) =>
        Neighborhood.Of(IPAddress.Parse(address)).ToString().ShouldBe(printed);

    [Fact]
    public void Only_what_was_sealed_with_the_same_key_is_genuine()
    {
        var (ours, theirs) = (new TokenCheck(KeyHash.Of("ours")), new TokenCheck(KeyHash.Of("theirs")));
        var token = ours.Seal(KeyText.Create(KeyKind.CustomerToken));

        ours.IsGenuine(token).ShouldBeTrue();
        theirs.IsGenuine(token).ShouldBeFalse();
        ours.IsGenuine(KeyText.Create(KeyKind.CustomerToken)).ShouldBeFalse();
        foreach (var place in Enumerable.Range(0, token.Length))
        {
            var forged = token[..place] + (token[place] == 'a' ? 'b' : 'a') + token[(place + 1)..];
            ours.IsGenuine(forged).ShouldBeFalse();
        }

        foreach (var text in (string[])[
            "", "a", new string('a', TokenCheck.Characters), new string('a', 500), "tg_ct_ä" + new string('a', 20)])
        {
            ours.IsGenuine(text).ShouldBeFalse();
        }
    }
}
