using Tollgate.Core.Time;
using Tollgate.Engine.Clocks;

namespace Tollgate.Engine.Projects;

public static class ProjectClock
{
    /// <summary>Returns the project's present time: its test clock's, or the database server's.</summary>
    public static Instant Now(this Clock clock, ProjectSnapshot project) => project.TestClock ?? clock.Now();
}
