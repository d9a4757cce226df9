using Tollgate.Bench.Load;
using Tollgate.Bench.Hosting;

namespace Tollgate.Bench.Tests;

public sealed class OutputTests
{
    [Fact]
    public void A_run_of_wrk_is_read()
    {
        var run = Wrk.Parse("Running 5s test\nRESULT requests=1000 micros=500000 p50=1500.0 p90=2000.0 p99=9000.0 p999=9500.0 max=9900.0 "
            + "status=3 connect=1 read=2 write=3 timeout=4\n");
        (run.PerSecond, run.P50, run.P99, run.Done, run.Refused, run.Broken).ShouldBe((2000, 1.5, 9, 1000, 3, 10));
    }

    [Fact]
    public void A_run_of_redis_benchmark_is_read()
    {
        var run = Redis.Parse(
            "\"test\",\"rps\",\"avg_latency_ms\",\"min_latency_ms\",\"p50_latency_ms\",\"p95_latency_ms\",\"p99_latency_ms\",\"max_latency_ms\"\n"
            + "\"EVALSHA ab 1 balance:__rand_int__ 1 1000000000\",\"57700.00\",\"0.85\",\"0.10\",\"0.82\",\"1.2\",\"1.9\",\"7.5\"\n");
        (run.PerSecond, run.P50, run.P99, run.Most).ShouldBe((57_700, 0.82, 1.9, 7.5));
    }

    [Fact]
    public void The_command_line_is_understood_in_any_order()
    {
        var options = BenchOptions.Parse(["S4", "--seconds", "2", "s1", "--quick"]);
        (string.Join(' ', options.Scenarios), options.Quick, options.Rounds, options.RoundSeconds).ShouldBe(("S4 S1", true, 2, 2));
    }

    [Theory]
    [InlineData("--rounds")]
    [InlineData("--rounds", "0")]
    [InlineData("--fast")]
    [InlineData("Sx")]
    public void A_wrong_argument_is_refused(params string[] arguments) => Should.Throw<WrongArgument>(() => BenchOptions.Parse(arguments));

    [Fact]
    public void A_run_that_says_nothing_is_a_fault() => Should.Throw<BenchFault>(() => Wrk.Parse("connection refused"));
}
