using Tollgate.Server.Http;

namespace Tollgate.Server.SeedDoors;

/// <summary>Registers the doors of the five seeds: thin translations, one file per seed.</summary>
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
        app.MapResumeAtsLogin();
        app.MapAlwrityDoor();
        app.MapAlwrityCosts();
        app.MapTrendit();
        app.MapSeedBilling();
    }
}
