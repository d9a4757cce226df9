using Tollgate.Core.Time;
using Tollgate.Engine.Clocks;

namespace Tollgate.Engine.Projects;

public static class ProjectClock
{
    /// <summary>The time that a project lives in: where its test clock stands, or the database server's.</summary>
    public static Instant Now(this Clock clock, ProjectSnapshot project) => project.TestClock ?? clock.Now();
}
