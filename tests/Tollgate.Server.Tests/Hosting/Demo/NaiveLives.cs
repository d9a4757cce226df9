namespace Tollgate.Server.Tests.Hosting.Demo;

/// <summary>The revenue of a customer per year after an instant, in minor units.</summary>
/// <param name="Reason">The reason of a cancellation.</param>
internal sealed record NaivePoint(DateTime At, long Year, string Plan, string? Reason);

/// <summary>
/// The recurring revenue of customers, computed from the timelines of their subscriptions alone: imported and live ones together, all
/// facts of an instant at once, so that a customer who moves is neither lost nor new.
/// </summary>
internal sealed class NaiveLives
{
    private const string Facts =
        """
        SELECT c.id, f.subscription, f.at, f.after ->> 'plan',
               CASE WHEN f.after ->> 'status' IN ('active', 'past_due')
                    THEN (f.after ->> 'amount')::bigint * CASE f.after ->> 'interval' WHEN 'yearly' THEN 1 ELSE 12 END ELSE 0 END,
               f.after ->> 'cancel_reason'
          FROM subscription_facts f
          JOIN customers c ON c.partition = f.partition AND c.account = f.account
         WHERE c.project_id = (SELECT id FROM projects WHERE code = $1)
         ORDER BY c.id, f.at, f.subscription, f.sequence
        """;

    private readonly Dictionary<string, List<NaivePoint>> _customers = [];

    /// <summary>The customers that have ever paid.</summary>
    public IEnumerable<string> Customers =>
        _customers.Where(static one => one.Value.Any(static point => point.Year > 0)).Select(static one => one.Key);

    public static async Task<NaiveLives> ReadAsync(DemoServer demo, string project)
    {
        var rows = await demo.RowsAsync(project, Facts, static row => (
            Customer: row.GetString(0), Subscription: row.GetGuid(1), At: row.GetDateTime(2), Plan: row.GetString(3), Year: row.GetInt64(4),
            Reason: row.IsDBNull(5) ? null : row.GetString(5)));
        var lives = new NaiveLives();
        foreach (var customer in rows.GroupBy(static row => row.Customer))
        {
            var (years, points) = (new Dictionary<Guid, (long Year, string Plan)>(), new List<NaivePoint>());
            foreach (var instant in customer.GroupBy(static row => row.At))
            {
                foreach (var fact in instant)
                {
                    years[fact.Subscription] = (fact.Year, fact.Plan);
                }

                var paid = years.Values.Where(static one => one.Year > 0).ToArray();
                points.Add(new(
                    instant.Key, paid.Sum(static one => one.Year), paid.FirstOrDefault().Plan ?? instant.Last().Plan,
                    instant.Last().Reason));
            }

            lives._customers[customer.Key] = points;
        }

        return lives;
    }

    public NaivePoint? At(string customer, DateTime end) => _customers[customer].LastOrDefault(point => point.At < end);

    public long YearAt(string customer, DateTime end) => At(customer, end)?.Year ?? 0;

    public IEnumerable<string> PayingAt(DateTime end) => Customers.Where(customer => YearAt(customer, end) > 0);

    public long MrrAt(DateTime end) => Month(Customers.Sum(customer => YearAt(customer, end)));

    public DateTime FirstOf(string customer) => _customers[customer].First(static point => point.Year > 0).At;

    /// <summary>The changes of revenue per year by kind.</summary>
    public IEnumerable<(DateTime At, string Kind, long Year, string? Reason)> Movements() => _customers.SelectMany(static customer =>
    {
        var (before, hasPaid, moves) = (0L, false, new List<(DateTime, string, long, string?)>());
        foreach (var point in customer.Value)
        {
            var kind = (before, point.Year) switch
            {
                (0, > 0) => hasPaid ? "reactivation" : "new", ( > 0, 0) => "churn", _ => point.Year > before ? "expansion" : "contraction",
            };
            if (point.Year != before)
            {
                moves.Add((point.At, kind, point.Year - before, point.Reason));
            }

            (before, hasPaid) = (point.Year, hasPaid || point.Year > 0);
        }

        return moves;
    });

    public static long Month(decimal year) => (long)decimal.Round(year / 12m, MidpointRounding.AwayFromZero);
}
