using System.Diagnostics;

namespace Tollgate.Server.Mail;

/// <summary>
/// Limits the mails that a project sends in an hour; it may send an hour's worth at once. All projects write in the operator's name through
/// one mail server. Each server counts separately: several servers allow a multiple. Not for several threads at once.
/// </summary>
/// <remarks>
/// For each project it stores the instant at which the mails sent so far are paid off at that pace. A project whose instant is an hour
/// ahead of now sends no more.
/// </remarks>
internal sealed class MailPace(int perHour)
{
    private static readonly long Hour = 3_600 * Stopwatch.Frequency;

    private readonly Dictionary<int, long> _paidOffAt = [];
    private readonly long _each = Math.Max(1, Hour / perHour);

    /// <summary>Counts an attempt to send a mail.</summary>
    /// <param name="now">A <see cref="Stopwatch.GetTimestamp"/>.</param>
    public void Sent(int project, long now) => _paidOffAt[project] = Math.Max(_paidOffAt.GetValueOrDefault(project), now) + _each;

    /// <summary>Returns the projects that have used up their hour. Their mails wait.</summary>
    public int[] Spent(long now) => [.. _paidOffAt.Where(one => one.Value - now > Hour - _each).Select(static one => one.Key)];
}
