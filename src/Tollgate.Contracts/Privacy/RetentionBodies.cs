namespace Tollgate.Contracts.Privacy;

/// <summary>The privacy settings of a project. A request replaces all of them.</summary>
public sealed record PrivacySettingsBody
{
    /// <summary>
    /// Days for which Tollgate keeps the texts of usage of customers whose plan has no value <c>data_retention_days</c>: 36 to 36,500.
    /// Null: for ever.
    /// </summary>
    public int? RetentionDays { get; init; }

    /// <summary>
    /// True: Tollgate encrypts the texts of usage that it records from now on (properties, request ids, IP addresses, user agents), with a
    /// key for each customer. In a request, null leaves the setting as it is.
    /// </summary>
    public bool? EncryptUsage { get; init; }
}

/// <summary>The retention of the customers today.</summary>
/// <param name="RetentionDays">The project's setting.</param>
/// <param name="LeastDays">Shorter values count as this many days, because Tollgate compares repeats of an event for 35 days.</param>
/// <param name="NoticeDays">Days after which a shorter period applies.</param>
/// <param name="Plans">The customers by plan and retention.</param>
public sealed record RetentionView(int? RetentionDays, int LeastDays, int NoticeDays, IReadOnlyList<RetentionPlanView> Plans);

/// <param name="Plan">The code of the plan.</param>
/// <param name="Source"><c>plan</c>, <c>customer</c> (an override), <c>project</c> or <c>none</c>.</param>
/// <param name="Set">The value as it is set; null: unlimited, or not set.</param>
/// <param name="Days">The days for which Tollgate keeps texts; null: for ever, also if the value is not a number.</param>
/// <param name="Customers">The number of customers.</param>
/// <param name="Waiting">Customers for whom a shorter period waits for its notice to end.</param>
/// <param name="Events">Events with older texts. The next run deletes them, unless a notice still runs.</param>
/// <param name="Reservations">Reservations with older texts.</param>
public sealed record RetentionPlanView(
    string Plan, string Source, string? Set, int? Days, long Customers, long Waiting, long Events, long Reservations);

/// <summary>A run of retention over all customers of the project.</summary>
/// <param name="Day">The day of the project's time zone.</param>
/// <param name="Status"><c>running</c> or <c>done</c>.</param>
/// <param name="StartedAt">Real time.</param>
/// <param name="DoneAt">Null while it runs.</param>
/// <param name="Customers">Customers that the run has checked.</param>
/// <param name="Events">Events whose texts the run has deleted.</param>
/// <param name="Reservations">Reservations whose texts the run has deleted.</param>
public sealed record RetentionRunView(
    string Id, DateOnly Day, string Status, DateTimeOffset StartedAt, DateTimeOffset? DoneAt, long Customers, long Events,
    long Reservations);

/// <param name="Data">Newest first.</param>
/// <param name="HasMore">True if there are more after the last one.</param>
public sealed record RetentionRunList(IReadOnlyList<RetentionRunView> Data, bool HasMore);
