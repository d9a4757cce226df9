using System.Globalization;
using Tollgate.Contracts.Alerts;
using Tollgate.Contracts.Http;
using Tollgate.Core.Alerts;
using Tollgate.Core.Catalog;
using Tollgate.Core.Customers;
using Tollgate.Core.Money;
using Tollgate.Engine.Alerts;
using Tollgate.Engine.Projects;
using Tollgate.Server.Http;

namespace Tollgate.Server.Alerts;

/// <summary><c>/v1/alert-rules</c>: the facts that become alerts, and the channels that get them.</summary>
internal static class AlertRuleEndpoints
{
    private const int MostAddresses = 10;

    public static void MapAlertRules(this WebApplication app)
    {
        var (rules, queries) = (app.Services.GetRequiredService<ProjectAlertRules>(), app.Services.GetRequiredService<AlertQueries>());
        app.MapPost("/v1/alert-rules", (RequestDelegate)(context => CreateAsync(context, rules)))
            .RequireKey(Access.Secret, Scope.AlertsWrite).Describe(AlertDescriptions.CreateRule);
        app.MapGet("/v1/alert-rules", (RequestDelegate)(context => ListAsync(context, rules)))
            .RequireKey(Access.Secret, Scope.AlertsRead).Describe(AlertDescriptions.ListRules);
        app.MapGet("/v1/alert-rules/{id}", (RequestDelegate)(context => ShowAsync(context, rules)))
            .RequireKey(Access.Secret, Scope.AlertsRead).Describe(AlertDescriptions.ShowRule);
        app.MapPut("/v1/alert-rules/{id}", (RequestDelegate)(context => ReplaceAsync(context, rules)))
            .RequireKey(Access.Secret, Scope.AlertsWrite).Describe(AlertDescriptions.ReplaceRule);
        app.MapDelete("/v1/alert-rules/{id}", (RequestDelegate)(context => DeleteAsync(context, rules)))
            .RequireKey(Access.Secret, Scope.AlertsWrite).Describe(AlertDescriptions.DeleteRule);
        app.MapPost("/v1/alert-rules/{id}/test", (RequestDelegate)(context => TestAsync(context, rules, queries)))
            .RequireKey(Access.Secret, Scope.AlertsWrite).Describe(AlertDescriptions.TestRule);
    }

    private static async Task CreateAsync(HttpContext context, ProjectAlertRules rules)
    {
        if (await ReadAsync(context, rules, Guid.CreateVersion7()) is not { } rule)
        {
            return;
        }

        var made = await rules.CreateAsync(rule, context.RequestAborted);
        await (made is null
            ? Problems.WriteAsync(
                context, ErrorCode.LimitReached, $"A project has at most {rules.Most} alert rules (TOLLGATE_MOST_ALERT_RULES).")
            : Answer.Json(context, StatusCodes.Status201Created, AlertAnswers.Of(made), WireJson.Default.AlertRuleView));
    }

    private static async Task ListAsync(HttpContext context, ProjectAlertRules rules)
    {
        var list = ListQuery.Read(context);
        var after = list.UuidAfter();
        if (await list.IsRefusedAsync())
        {
            return;
        }

        var rows = await rules.ListAsync(context.Project(), after, list.Probe, context.RequestAborted);
        await list.AnswerAsync(rows, AlertAnswers.Of, static (data, more) => new(data, more), WireJson.Default.AlertRuleList);
    }

    private static async Task ShowAsync(HttpContext context, ProjectAlertRules rules) =>
        await AnswerAsync(context, await FindAsync(context, rules));

    private static async Task ReplaceAsync(HttpContext context, ProjectAlertRules rules)
    {
        var isId = Guid.TryParse(RawPath.Id(context), out var id);
        if (await ReadAsync(context, rules, id) is { } rule)
        {
            await AnswerAsync(context, isId ? await rules.ReplaceAsync(rule, context.RequestAborted) : null);
        }
    }

    private static async Task DeleteAsync(HttpContext context, ProjectAlertRules rules)
    {
        var isKnown = Guid.TryParse(RawPath.Id(context), out var id)
            && await rules.DeleteAsync(context.Project(), id, context.RequestAborted);
        await (isKnown ? Answer.Nothing(context) : AnswerAsync(context, null));
    }

    private static async Task TestAsync(HttpContext context, ProjectAlertRules rules, AlertQueries queries)
    {
        if (await FindAsync(context, rules) is not { } row)
        {
            await AnswerAsync(context, null);
            return;
        }

        var alert = await queries.TestAsync(context.Project(), row.Rule, context.RequestAborted);
        await Answer.Json(context, StatusCodes.Status201Created, AlertAnswers.Of(alert), WireJson.Default.AlertView);
    }

    private static async Task<AlertRuleRow?> FindAsync(HttpContext context, ProjectAlertRules rules) =>
        Guid.TryParse(RawPath.Id(context), out var id) ? await rules.FindAsync(context.Project(), id, context.RequestAborted) : null;

    private static Task AnswerAsync(HttpContext context, AlertRuleRow? row) => row is null
        ? Problems.WriteAsync(context, ErrorCode.AlertRuleNotFound)
        : Answer.Json(context, StatusCodes.Status200OK, AlertAnswers.Of(row), WireJson.Default.AlertRuleView);

    /// <summary>Reads the body of a rule. Null: it has faults, and the problem is written.</summary>
    private static async Task<AlertRule?> ReadAsync(HttpContext context, ProjectAlertRules rules, Guid id)
    {
        if (await Body.ReadAsync(context, WireJson.Default.AlertRuleBody) is not { } body)
        {
            return null;
        }

        var faults = new Faults();
        var isKnown = faults.Required(body.Kind, "kind") && faults.OneOf(body.Kind, "kind", [.. CatalogWords.All<AlertKind>()]);
        faults.OneOf(body.Severity, "severity", [.. CatalogWords.All<AlertSeverity>()]);
        faults.OneOf(body.Repeat, "repeat", [.. CatalogWords.All<AlertRepeat>()]);
        if (isKnown)
        {
            CheckThreshold(AlertKinds.Of(CatalogWords.Read<AlertKind>(body.Kind!)), body.Threshold, context.Project(), faults);
        }

        var (channels, quiet) = (ChannelsOf(body, faults), QuietOf(body.QuietHours, faults));
        if (channels.Contains(AlertChannel.Slack) && !await rules.HasSlackAsync(context.Project(), context.RequestAborted))
        {
            faults.Add(
                "channels", FaultCode.InvalidValue,
                "The project has no webhook endpoint of the format slack. Create one first: POST /v1/webhook-endpoints with "
                    + "\"format\": \"slack\".");
        }

        if (faults.Any)
        {
            await faults.WriteAsync(context);
            return null;
        }

        return new(
            id, context.Project().Id, CatalogWords.Read<AlertKind>(body.Kind!),
            body.Threshold is { } threshold ? Quantity.Of(threshold) : null,
            body.Severity is { } severity ? CatalogWords.Read<AlertSeverity>(severity) : null, channels, Since: 0)
        {
            MailTo = body.MailTo ?? [], Quiet = quiet,
            Repeat = body.Repeat is { } repeat ? CatalogWords.Read<AlertRepeat>(repeat) : AlertRepeat.Once,
            IsEnabled = body.Enabled ?? true,
        };
    }

    private static void CheckThreshold(AlertKindInfo kind, decimal? threshold, ProjectSnapshot project, Faults faults)
    {
        if (threshold is not { } value)
        {
            if (kind.NeedsThreshold)
            {
                faults.Add("threshold", FaultCode.Required, $"The kind {CatalogWords.Of(kind.Kind)} needs a threshold, in {kind.Unit}.");
            }

            return;
        }

        if (kind.Unit is null)
        {
            faults.Add("threshold", FaultCode.InvalidValue, $"The kind {CatalogWords.Of(kind.Kind)} takes no threshold: each fact fires.");
        }
        else if (value < kind.Lowest || value > kind.Highest || decimal.Round(value, 4) != value)
        {
            faults.Add(
                "threshold", FaultCode.OutOfRange,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{value} is not possible: {kind.Lowest} to {kind.Highest} is expected, with up to 4 decimals."));
        }
        else if (kind.Kind == AlertKind.UsageThreshold && !ThresholdsOf(project).Any(percent => percent >= value))
        {
            faults.Add(
                "threshold", FaultCode.InvalidValue,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"No plan has a threshold of {value:0.####} percent or more, so the rule would never fire. Plans have {string.Join(", ", ThresholdsOf(project))}; add it to the catalogue's thresholds."));
        }
    }

    private static IReadOnlyList<int> ThresholdsOf(ProjectSnapshot project) =>
    [
        .. project.Catalog.Plans.Values.SelectMany(static plan => plan.Entitlements.Values)
            .SelectMany(static entitlement => entitlement.Thresholds).Distinct().Order(),
    ];

    private static IReadOnlyList<AlertChannel> ChannelsOf(AlertRuleBody body, Faults faults)
    {
        var words = body.Channels ?? [CatalogWords.Of(AlertChannel.InApp)];
        var all = CatalogWords.All<AlertChannel>();
        if (words.Count < 1 || words.Distinct(StringComparer.Ordinal).Count() != words.Count || words.Any(word => !all.Contains(word)))
        {
            faults.Add("channels", FaultCode.InvalidValue, $"One or more of {string.Join(", ", all)} are expected, each once.");
            return [];
        }

        var channels = words.Select(CatalogWords.Read<AlertChannel>).Append(AlertChannel.InApp).Distinct().Order().ToArray();
        var addresses = body.MailTo ?? [];
        if (channels.Contains(AlertChannel.Mail) != (addresses.Count > 0))
        {
            faults.Add("mail_to", FaultCode.InvalidValue, "The channel mail and its addresses belong together: give both or neither.");
        }
        else if (addresses.Count > MostAddresses || addresses.Distinct(StringComparer.OrdinalIgnoreCase).Count() != addresses.Count
            || addresses.Any(static one => one is null || !CustomerRules.IsEmail(one)))
        {
            faults.Add("mail_to", FaultCode.InvalidValue, $"Up to {MostAddresses} e-mail addresses are expected, each once.");
        }

        return channels;
    }

    private static QuietHours? QuietOf(QuietHoursBody? body, Faults faults)
    {
        if (body is null)
        {
            return null;
        }

        if (TryRead(body.From, out var from) & TryRead(body.Until, out var until) && from != until)
        {
            return new(from, until);
        }

        faults.Add(
            "quiet_hours", FaultCode.InvalidFormat,
            "Two different times such as {\"from\": \"22:00\", \"until\": \"07:00\"} are expected.");
        return null;

        static bool TryRead(string? text, out TimeOnly time) =>
            TimeOnly.TryParseExact(text, AlertAnswers.ClockTime, CultureInfo.InvariantCulture, DateTimeStyles.None, out time);
    }
}
