using Tollgate.Core.Customers;
using Tollgate.Core.Money;
using Tollgate.Core.Time;

namespace Tollgate.Core.Tests;

public sealed class SpellingTests
{
    private static readonly string[] Names = ["ats_scan", "cover_letter", "jd_parse", "resume_tailor", "export", "x"];

    [Theory]
    [InlineData("atsscan", "ats_scan")]
    [InlineData("ats_sacn", "ats_scan")]
    [InlineData("ATS_SCAN", "ats_scan")]
    [InlineData("ats-scan", "ats_scan")]
    [InlineData("Ats.Scan", "ats_scan")]
    [InlineData("ats_scans", "ats_scan")]
    [InlineData("coverletter", "cover_letter")]
    [InlineData("exprot", "export")]
    [InlineData("video_minutes", null)]
    [InlineData("", null)]
    public void The_nearest_name_is_found_and_no_far_one(string word, string? nearest) => Spelling.Nearest(word, Names).ShouldBe(nearest);

    [Fact]
    public void A_name_with_the_same_beginning_wins_over_an_equally_near_one() =>
        Spelling.Nearest("USS", ["UYU", "USD", "UGS"]).ShouldBe("USD");

    [Fact]
    public void A_message_repeats_the_word_and_names_the_nearest()
    {
        Spelling.Unknown("feature", "atsscan", Names).ShouldBe("Unknown feature 'atsscan'. Did you mean 'ats_scan'?");
        Spelling.Unknown("feature", "moon", Names).ShouldBe("Unknown feature 'moon'.");
    }

    [Fact]
    public void A_hostile_word_is_cut_and_cannot_be_invisible()
    {
        Spelling.Shown(new string('a', 5_000)).ShouldBe(new string('a', 99) + "…");
        Spelling.Shown("a\nb\u0000\u202Ec\u2028").ShouldBe("a\\u000Ab\\u0000\\u202Ec\\u2028");
        Spelling.Shown(string.Concat(Enumerable.Repeat("\U0001F600", 80))).Length.ShouldBeLessThanOrEqualTo(Spelling.LongestShown);
        Spelling.Shown("M\u00FCller & S\u00F6hne").ShouldBe("M\u00FCller & S\u00F6hne");
    }

    /// <summary>Searches the largest catalogue, with the longest codes, for the longest word that is near none.</summary>
    [Fact]
    public void The_search_is_bounded()
    {
        var many = Enumerable.Range(0, 100_000).Select(static i => $"{i:D6}" + new string('b', 57)).ToArray();
        var started = System.Diagnostics.Stopwatch.GetTimestamp();
        Spelling.Nearest(new string('c', 63), many).ShouldBeNull();
        System.Diagnostics.Stopwatch.GetElapsedTime(started).ShouldBeLessThan(TimeSpan.FromSeconds(1));
    }

    [Theory]
    [InlineData("usd", "USD")]
    [InlineData("EURO", "EUR")]
    [InlineData("UDS", "USD")]
    public void A_currency_is_corrected(string wrong, string right) =>
        Currency.Unknown(wrong).ShouldStartWith($"Unknown currency '{wrong}'. Did you mean '{right}'?");

    [Theory]
    [InlineData("Europe/Berln", "Europe/Berlin")]
    [InlineData("europe/berlin", "Europe/Berlin")]
    [InlineData("Berlin", "Europe/Berlin")]
    [InlineData("America/New York", "America/New_York")]
    public void A_time_zone_is_corrected(string wrong, string right) =>
        TimeZones.Unknown(wrong).ShouldStartWith($"Unknown time zone '{wrong}'. Did you mean '{right}'?");

    [Theory]
    [InlineData("de", "DE")]
    [InlineData("DEU", "DE")]
    [InlineData("CHN", "CN")]
    [InlineData("UK", "GB")]
    [InlineData("Germany", "DE")]
    [InlineData("Germny", "DE")]
    [InlineData("XX", null)]
    [InlineData("ZZ", null)]
    public void A_country_is_corrected_where_that_is_clear(string wrong, string? right)
    {
        Countries.IsCode(wrong).ShouldBeFalse();
        Countries.Unknown(wrong).ShouldStartWith($"Unknown country '{wrong}'.{(right is null ? " Two" : $" Did you mean '{right}'?")}");
    }

    [Fact]
    public void There_are_249_countries_and_three_codes_of_tax_offices()
    {
        var all = Enumerable.Range('A', 26).SelectMany(a => Enumerable.Range('A', 26).Select(b => $"{(char)a}{(char)b}"))
            .Count(Countries.IsCode);
        all.ShouldBe(252);
        VatIds.FormOf("EL").ShouldNotBeNull();
        Countries.IsCode("EL").ShouldBeTrue();
    }
}
