using Tollgate.Server.Hosting;

namespace Tollgate.Server.Tests.Hosting;

/// <summary>When a server returns memory that a burst has left behind.</summary>
public sealed class IdleMemoryTests
{
    [Fact]
    public void A_burst_is_collected_in_the_quiet_minutes_after_it_and_not_again()
    {
        var memory = new IdleMemory(0);
        memory.IsDue(allocated: 10, committed: IdleMemory.Worth - 1).ShouldBeFalse("there is little to return");
        memory.IsDue(10 + IdleMemory.Quiet, committed: 10 * IdleMemory.Worth).ShouldBeFalse("the server is at work");
        var allocated = 10 + IdleMemory.Quiet;
        for (var round = 0; round < 3; round++)
        {
            memory.IsDue(allocated += IdleMemory.Quiet - 1, 2 * IdleMemory.Worth).ShouldBeTrue();
            memory.Collected(allocated, 2 * IdleMemory.Worth);
        }

        memory.IsDue(allocated, 2 * IdleMemory.Worth).ShouldBeFalse("what is left is in use");
        memory.IsDue(allocated, 3 * IdleMemory.Worth).ShouldBeTrue();
    }
}
