using System.Threading.Channels;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
using Tollgate.Engine.Clocks;

namespace Tollgate.Engine.Tests.Clocks;

public sealed class LoopTests
{
    private static readonly TimeSpan Never = TimeSpan.FromHours(1);
    private static readonly TimeSpan Soon = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_look_that_the_database_failed_is_logged_and_the_next_one_is_made(bool isWoken)
    {
        var looks = new Looks(static look => look == 1 ? throw new NpgsqlException("It is away.") : look < 3);
        using var loop = looks.LoopOf(isWoken, Soon);
        await loop.StartAsync(TestContext.Current.CancellationToken);
        await looks.UntilAsync(3);
        await loop.StopAsync(TestContext.Current.CancellationToken);
        looks.Lines.ShouldBe(["Looking was put off: It is away."]);
    }

    public static TheoryData<bool, Exception> Failures => new()
    {
        { false, new InvalidOperationException("A bug.") }, { true, new InvalidOperationException("A bug.") },
        { false, new System.Net.Sockets.SocketException(24) }, { true, new System.Net.Sockets.SocketException(24) },
        { false, new OperationCanceledException("Of somebody else.") }, { true, new OperationCanceledException("Of somebody else.") },
    };

    [Theory]
    [MemberData(nameof(Failures), DisableDiscoveryEnumeration = true)]
    public async Task Any_exception_of_an_iteration_is_logged_and_the_next_one_runs(bool isWoken, Exception broken)
    {
        var looks = new Looks(look => look <= 3 ? throw broken : look < 5);
        using var loop = looks.LoopOf(isWoken, Soon);
        await loop.StartAsync(TestContext.Current.CancellationToken);
        await looks.UntilAsync(5);
        await loop.StopAsync(TestContext.Current.CancellationToken);
        looks.Lines.ShouldBe([.. Enumerable.Repeat($"Looking was put off: {broken.Message}", 3)]);
    }

    [Fact]
    public async Task A_woken_loop_looks_at_once_again_while_there_is_more_and_when_its_bell_rings()
    {
        var looks = new Looks(static look => look < 3);
        using var loop = looks.LoopOf(isWoken: true, Never);
        await loop.StartAsync(TestContext.Current.CancellationToken);
        await looks.UntilAsync(3);

        // Any number of rings meanwhile counts as one.
        looks.Bell.Ring();
        looks.Bell.Ring();
        await looks.UntilAsync(4);
        await loop.StopAsync(TestContext.Current.CancellationToken);
        looks.Count.ShouldBeInRange(4, 5);
    }

    [Fact]
    public async Task The_first_look_is_a_period_after_the_start_and_none_is_made_after_the_stop()
    {
        var looks = new Looks(static _ => false);
        using var loop = looks.LoopOf(isWoken: false, Never);
        await loop.StartAsync(TestContext.Current.CancellationToken);
        await loop.StopAsync(TestContext.Current.CancellationToken);
        loop.ExecuteTask!.IsCompleted.ShouldBeTrue();
        looks.Count.ShouldBe(0);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_look_that_loses_its_connection_while_the_server_stops_is_no_failure(bool isWoken)
    {
        using var stopping = new ManualResetEventSlim();
        var looks = new Looks(_ =>
        {
            stopping.Wait(Patience);
            throw new NpgsqlException("57P01: terminating connection due to administrator command");
        });
        using var loop = looks.LoopOf(isWoken, Soon);
        var starting = Task.Run(() => loop.StartAsync(CancellationToken.None), TestContext.Current.CancellationToken);
        while (looks.Count == 0)
        {
            await Task.Delay(5, TestContext.Current.CancellationToken);
        }

        await starting.WaitAsync(Patience, TestContext.Current.CancellationToken);
        var stopped = loop.StopAsync(TestContext.Current.CancellationToken);
        stopping.Set();
        await stopped;
        (loop.ExecuteTask!.IsFaulted, looks.Lines.Count).ShouldBe((false, 0), string.Join('\n', looks.Lines));
    }

    /// <summary>The work of the loop, and its lines in the log.</summary>
    /// <param name="look">Gets the number of the run, from 1. Returns true if there is more.</param>
    private sealed class Looks(Func<int, bool> look) : ILogger
    {
        private readonly Channel<bool> _looked = Channel.CreateUnbounded<bool>();
        private int _count;
        private int _seen;

        public TestBell Bell { get; } = new();

        public List<string> Lines { get; } = [];

        public int Count => Volatile.Read(ref _count);

        public BackgroundService LoopOf(bool isWoken, TimeSpan period) => isWoken ? new Woken(this, period) : new Timed(this, period);

        public async Task UntilAsync(int number)
        {
            for (; _seen < number; _seen++)
            {
                await _looked.Reader.ReadAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(Patience);
            }
        }

        public bool Look()
        {
            try
            {
                return look(Interlocked.Increment(ref _count));
            }
            finally
            {
                _looked.Writer.TryWrite(true);
            }
        }

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Lines.Add(formatter(state, exception));
    }

    private sealed class TestBell : Bell;

    private sealed class Timed(Looks looks, TimeSpan period) : Loop(period, "Looking was put off", looks)
    {
        protected override Task LookAsync(CancellationToken cancel) => Task.FromResult(((Looks)Log).Look());
    }

    private sealed class Woken(Looks looks, TimeSpan period) : WokenLoop(looks.Bell, period, "Looking was put off", looks)
    {
        protected override Task<bool> LookAsync(CancellationToken cancel) => Task.FromResult(((Looks)Log).Look());
    }
}
