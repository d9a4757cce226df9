using System.Diagnostics;
using Tollgate.Engine.Inbox;

namespace Tollgate.Engine.Tests.Inbox;

/// <summary>The bytes of provider events that a project may store in a day.</summary>
public sealed class EventRoomTests
{
    private static readonly long Hour = 3_600 * Stopwatch.Frequency;

    [Fact]
    public void A_project_that_has_used_up_its_day_stores_events_again_as_time_goes_by()
    {
        var room = new EventRoom(24 * 1_000_000);
        for (var stored = 0; stored < 24; stored++)
        {
            room.HasRoom(7, 0).ShouldBeTrue();
            room.Stored(7, 1_000_000, 0);
        }

        room.HasRoom(7, 0).ShouldBeFalse();
        room.HasRoom(8, 0).ShouldBeTrue("another project");
        room.HasRoom(7, Hour / 2).ShouldBeTrue("the rows cost a little more than their bodies, and an hour gives a 24th");
    }

    [Fact]
    public void Small_events_count_with_their_rows()
    {
        var room = new EventRoom(1_000_000);
        var stored = 0;
        for (; room.HasRoom(7, 0); stored++)
        {
            room.Stored(7, 0, 0);
        }

        stored.ShouldBeInRange(900, 1_000);
    }
}
