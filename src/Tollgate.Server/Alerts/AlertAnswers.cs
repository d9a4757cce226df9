using System.Globalization;
using System.Text;
using Tollgate.Contracts.Alerts;
using Tollgate.Core.Alerts;
using Tollgate.Core.Catalog;
using Tollgate.Core.Money;
using Tollgate.Core.Quotas;
using Tollgate.Engine.Alerts;
using Tollgate.Engine.Projects;
using Tollgate.Server.Http;

namespace Tollgate.Server.Alerts;

/// <summary>Converts the engine's records to the bodies of the API.</summary>
internal static class AlertAnswers
{
    public const string ClockTime = "HH:mm";

    public static readonly string[] Columns =
    [
        "id", "rule", "kind", "severity", "title", "detail", "recommendation", "customer", "subject", "at", "read_at", "acknowledged_at",
        "muted_until", "test",
    ];

    public static AlertView Of(AlertRow row) => new()
    {
        Id = row.Id.ToString("D"), Rule = row.Rule.ToString("D"), Kind = row.Kind, Severity = CatalogWords.Of(row.Severity),
        Title = row.Title, Detail = row.Detail, Recommendation = row.Recommendation, Customer = row.Customer, Subject = row.Subject,
        At = row.At.ToOffset(), ReadAt = row.ReadAt?.ToOffset(), AcknowledgedAt = row.AcknowledgedAt?.ToOffset(),
        MutedUntil = row.MutedUntil?.ToOffset(), Test = row.IsTest,
    };

    public static void Line(StringBuilder csv, AlertView view) =>
        csv.Plain(view.Id).Next().Plain(view.Rule).Next().Plain(view.Kind).Next().Plain(view.Severity).Next().Cell(view.Title).Next()
            .Cell(view.Detail).Next().Cell(view.Recommendation).Next().Cell(view.Customer).Next().Cell(view.Subject).Next().Time(view.At)
            .Next().Time(view.ReadAt).Next().Time(view.AcknowledgedAt).Next().Time(view.MutedUntil).Next().Word(view.Test).End();

    public static AlertRuleView Of(AlertRuleRow row) => new()
    {
        Id = row.Rule.Id.ToString("D"), Kind = CatalogWords.Of(row.Rule.Kind), Threshold = row.Rule.Threshold?.Value,
        Severity = row.Rule.Severity is { } severity ? CatalogWords.Of(severity) : null,
        Channels = [.. row.Rule.Channels.Select(CatalogWords.Of)], MailTo = row.Rule.MailTo,
        QuietHours = row.Rule.Quiet is { } quiet ? new() { From = Of(quiet.From), Until = Of(quiet.Until) } : null,
        Repeat = CatalogWords.Of(row.Rule.Repeat), Enabled = row.Rule.IsEnabled, CreatedAt = row.CreatedAt.ToOffset(),
        UpdatedAt = row.UpdatedAt.ToOffset(),
    };

    /// <summary>An alert in words for its customer, without those that are for the operator.</summary>
    public static CustomerAlert OfCustomer(AlertRow row, ProjectSnapshot project)
    {
        var (crossing, feature) = (row.Crossing!, FeatureOf(row.Crossing!.Feature, project));
        var used = crossing.Percent == 100 ? "all used" : $"{crossing.Percent}% used";
        return new()
        {
            Id = row.Id.ToString("D"), Rule = row.Rule.ToString("D"), Severity = CatalogWords.Of(row.Severity),
            Title = $"{feature.Name}: {used}", Detail = MessageOf(crossing, feature), Recommendation = row.Recommendation,
            Subject = row.Subject, At = row.At.ToOffset(), ReadAt = row.CustomerReadAt?.ToOffset(), Feature = crossing.Feature,
            Percent = crossing.Percent, Used = crossing.Used, Limit = crossing.Granted, PeriodStart = crossing.PeriodStart,
        };
    }

    /// <summary>The feature, also if the catalogue has dropped it since.</summary>
    public static Feature FeatureOf(string code, ProjectSnapshot project) => project.Catalog.Features.TryGetValue(code, out var entry)
        ? entry.Feature
        : project.Catalog.FeaturesByKey.Values.First(one => one.Code == code).Feature;

    public static string MessageOf(CrossingData crossing, Feature feature) =>
        UsageNotices.MessageOf(feature, Quantity.Of(crossing.Used), Quantity.Of(crossing.Granted));

    private static string Of(TimeOnly time) => time.ToString(ClockTime, CultureInfo.InvariantCulture);
}
