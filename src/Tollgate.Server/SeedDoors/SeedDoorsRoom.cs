using Tollgate.Server.Http;

namespace Tollgate.Server.SeedDoors;

/// <summary>Hangs the doors of the five seeds into the server: thin translations, one file per seed.</summary>
public static class SeedDoorsRoom
{
    public static void MapSeedDoors(this WebApplication app)
    {
        app.MapCareerCoachDoor();
        app.MapCareerCoachGuard();
        app.MapCareerCoachStats();
        app.MapEmailAssistant();
        app.MapEmailAssistantBilling();
        app.MapResumeAts();
        app.MapAlwrityDoor();
        app.MapAlwrityCosts();
        app.MapTrendit();
        app.MapSeedBilling();
    }
}
