using System.Diagnostics;
using System.Collections.Frozen;
using Tollgate.Core.Catalog;
using Tollgate.Core.Time;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Tests.Clocks;

public sealed class ClockTests
{
    private static readonly Instant Noon = Instant.FromUtc(new DateTime(2026, 11, 21, 12, 0, 0, DateTimeKind.Utc));

    [Fact]
    public void It_follows_what_the_database_answered()
    {
        var clock = new Clock();
        Observe(clock, Noon);
        (clock.Now() - Noon).ShouldBeInRange(TimeSpan.Zero, TimeSpan.FromSeconds(2));
    }

    [Fact]
    public void It_jumps_ahead_when_the_database_is_ahead()
    {
        var clock = new Clock();
        Observe(clock, Noon);
        Observe(clock, Noon.Plus(TimeSpan.FromHours(1)));
        clock.Now().ShouldBeGreaterThanOrEqualTo(Noon.Plus(TimeSpan.FromHours(1)));
    }

    [Fact]
    public void The_clock_never_steps_back()
    {
        var clock = new Clock();
        Observe(clock, Noon);
        var before = clock.Now();
        foreach (var step in Enumerable.Range(1, 200))
        {
            // The database's answers wander by up to ten milliseconds, backwards too.
            Observe(clock, clock.Now().Minus(TimeSpan.FromMilliseconds(step % 10)));
            var now = clock.Now();
            now.ShouldBeGreaterThanOrEqualTo(before);
            before = now;
        }
    }

    [Fact]
    public async Task It_runs_slower_until_the_database_has_caught_up()
    {
        var clock = new Clock();
        Observe(clock, Noon);
        var shown = clock.Now();
        Observe(clock, shown.Minus(TimeSpan.FromMilliseconds(100)));
        var started = Stopwatch.GetTimestamp();
        await Task.Delay(100);
        var passed = clock.Now() - shown;
        passed.ShouldBeGreaterThan(TimeSpan.Zero);
        passed.ShouldBeLessThan(Stopwatch.GetElapsedTime(started) * 0.75);
    }

    [Fact]
    public void A_slow_answer_does_not_replace_a_fresh_measurement()
    {
        var clock = new Clock();
        Observe(clock, Noon);
        var now = Stopwatch.GetTimestamp();
        clock.Observe(now - Stopwatch.Frequency, now, Noon.Plus(TimeSpan.FromDays(1)));
        clock.Now().ShouldBeLessThan(Noon.Plus(TimeSpan.FromHours(1)));
    }

    [Fact]
    public void A_sandbox_stands_where_its_test_clock_was_put()
    {
        var clock = new Clock();
        Observe(clock, Noon);
        var sandbox = Project(Noon.Plus(TimeSpan.FromDays(400)));
        clock.Now(sandbox).ShouldBe(Noon.Plus(TimeSpan.FromDays(400)));
        (clock.Now(sandbox with { TestClock = null }) - Noon).ShouldBeLessThan(TimeSpan.FromSeconds(2));
    }

    private static void Observe(Clock clock, Instant answered)
    {
        var now = Stopwatch.GetTimestamp();
        clock.Observe(now, now, answered);
    }

    private static ProjectSnapshot Project(Instant? testClock)
    {
        var free = new Plan { Code = "free", Name = "Free" };
        return new()
        {
            Id = 1,
            Code = "p",
            Name = "P",
            Mode = ProjectMode.Sandbox,
            Zone = TimeZoneInfo.Utc,
            Currency = "USD",
            TestClock = testClock,
            Catalog = new()
            {
                Revision = 1,
                ETag = "",
                Document = new() { Code = "p", Name = "P", DefaultPlan = "free", Plans = [free] },
                Features = FrozenDictionary<string, FeatureEntry>.Empty,
                FeatureKeys = FrozenDictionary<string, int>.Empty,
                FeaturesByKey = FrozenDictionary<int, FeatureEntry>.Empty,
                Plans = FrozenDictionary<string, PlanVersion>.Empty,
                PlanVersions = FrozenDictionary<int, PlanVersion>.Empty,
                MetersByEventType = FrozenDictionary<string, IReadOnlyList<MeterTarget>>.Empty,
                TimedFeatures = [],
                DefaultPlans = [],
            },
        };
    }
}
