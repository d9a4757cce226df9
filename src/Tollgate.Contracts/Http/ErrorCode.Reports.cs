namespace Tollgate.Contracts.Http;

/// <content>The codes of the room Reports.</content>
public sealed partial record ErrorCode
{
    public static readonly ErrorCode ReportScheduleNotFound = new(
        "report_schedule_not_found", 404, "The report schedule does not exist", "This project has no report schedule with this id.",
        "Use an id that GET /v1/report-schedules lists.");
}
