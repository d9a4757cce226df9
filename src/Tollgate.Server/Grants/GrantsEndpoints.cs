using System.Text;
using System.Text.Json;
using Tollgate.Contracts.Customers;
using Tollgate.Contracts.Http;
using Tollgate.Core.Grants;
using Tollgate.Core.Ledger;
using Tollgate.Core.Money;
using Tollgate.Core.Time;
using Tollgate.Engine.Catalog;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Customers;
using Tollgate.Engine.Grants;
using Tollgate.Engine.Projects;
using Tollgate.Engine.Quotas;
using Tollgate.Server.Catalog;
using Tollgate.Server.Customers;
using Tollgate.Server.Http;
using Tollgate.Server.Quotas;

namespace Tollgate.Server.Grants;

/// <summary><c>/v1/customers/{id}/grants</c> and <c>/overrides</c>: one customer's grants and overrides.</summary>
public static class GrantsEndpoints
{
    /// <summary>The index of the segment with the grant's id in <c>/v1/customers/{id}/grants/{grant}</c>.</summary>
    private const int GrantSegment = 4;

    public static void MapGrants(this WebApplication app)
    {
        var add = app.Services.GetRequiredService<AddGrant>();
        var take = app.Services.GetRequiredService<VoidGrant>();
        var set = app.Services.GetRequiredService<SetOverrides>();
        var queries = app.Services.GetRequiredService<CustomerQueries>();
        var grants = app.Services.GetRequiredService<GrantQueries>();
        var clock = app.Services.GetRequiredService<Clock>();
        var gate = app.Services.GetRequiredService<QuotaGate>();

        app.MapPost("/v1/customers/{id}/grants", (RequestDelegate)(context => AddAsync(context, add, clock, gate)))
            .RequireKey(Access.Secret, Scope.CustomersWrite)
            .Describe(GrantDescriptions.Add);
        app.MapGet("/v1/customers/{id}/grants", (RequestDelegate)(context => ListAsync(context, grants, gate)))
            .RequireKey(Access.Secret, Scope.CustomersRead)
            .Describe(GrantDescriptions.List);
        app.MapGet("/v1/customers/{id}/grants/{grant}", (RequestDelegate)(context => ShowAsync(context, grants, gate, clock)))
            .RequireKey(Access.Secret, Scope.CustomersRead)
            .Describe(GrantDescriptions.Show);
        app.MapDelete("/v1/customers/{id}/grants/{grant}", (RequestDelegate)(context => VoidAsync(context, take, gate, clock)))
            .RequireKey(Access.Secret, Scope.CustomersWrite)
            .Describe(GrantDescriptions.Void);
        app.MapGet("/v1/customers/{id}/overrides", (RequestDelegate)(context => ShowOverridesAsync(context, queries)))
            .RequireKey(Access.Secret, Scope.CustomersRead)
            .Describe(GrantDescriptions.ShowOverrides);
        app.MapPut("/v1/customers/{id}/overrides", (RequestDelegate)(context => SetOverridesAsync(context, set)))
            .RequireKey(Access.Secret, Scope.CustomersWrite)
            .Describe(GrantDescriptions.SetOverrides);
    }

    private static async Task AddAsync(HttpContext context, AddGrant add, Clock clock, QuotaGate gate)
    {
        if (await CustomersEndpoints.IdAsync(context) is not { } id
            || await Body.ReadAsync(context, WireJson.Default.AddGrantRequest) is not { } body)
        {
            return;
        }

        var faults = new Faults();
        var order = OrderOf(body, faults);
        if (faults.Any)
        {
            // Repeats a check of the rules, so that the caller gets all faults at once.
            var catalog = context.Project().Catalog;
            var more = GrantTerms.FaultsOf(order, catalog.Features.GetValueOrDefault(order.Feature)?.Feature, clock.Now(context.Project()));
            faults.Add(UnknownNames.Named(catalog, more, order.Feature)
                .Where(found => faults.Found.All(known => known.Param != found.Field)));
            await faults.WriteAsync(context);
            return;
        }

        var answer = await add.RunAsync(context.Project(), id, order, context.RequestAborted);
        if (answer.Outcome == AddGrantOutcome.Refused)
        {
            faults.Add(UnknownNames.Named(context.Project().Catalog, answer.Faults, order.Feature));
            await faults.WriteAsync(context);
        }
        else if (answer.Owner is { } owner)
        {
            await MembersEndpoints.WriteIsMemberAsync(context, id, owner);
        }
        else if (answer.Outcome == AddGrantOutcome.IdReused)
        {
            await Problems.WriteAsync(context, ErrorCode.IdempotencyKeyReused, "A grant with this id and different content exists.", "id");
        }
        else if (answer.Outcome == AddGrantOutcome.TooMany)
        {
            await Problems.WriteAsync(
                context, ErrorCode.LimitReached,
                $"A customer has at most {AddGrant.MostLive} grants with something left, and {AddGrant.MostUnexpired} that expired within "
                    + "36 days or have not expired. Void some, or give grants an expires_at.");
        }
        else
        {
            var status = answer.Outcome == AddGrantOutcome.Added ? StatusCodes.Status201Created : StatusCodes.Status200OK;
            await AnswerAsync(context, status, id, answer.Grant!, gate, clock);
        }
    }

    private static async Task ListAsync(HttpContext context, GrantQueries queries, QuotaGate gate)
    {
        if (await CustomersEndpoints.IdAsync(context) is not { } id)
        {
            return;
        }

        var list = ListQuery.Read(context);
        if (await list.IsRefusedAsync())
        {
            return;
        }

        // Reading where the customer stands opens the periods that began since: what rolled over is in the list.
        if (await ReadingEndpoints.StandingAsync(context, gate, id) is not { } standing)
        {
            return;
        }

        var rows = await queries.ListGrantsAsync(context.Project(), id, list.Probe, list.StartingAfter, context.RequestAborted);
        var heldBack = CustomerAnswers.HeldBack(standing);
        await (rows is null
            ? Problems.WriteAsync(context, ErrorCode.CustomerNotFound)
            : list.AnswerAsync(
                rows, grant => CustomerAnswers.Of(grant, standing.Now, heldBack.GetValueOrDefault(grant.Grant.Id)),
                static (data, more) => new(data, more), WireJson.Default.GrantList));
    }

    private static async Task ShowAsync(HttpContext context, GrantQueries queries, QuotaGate gate, Clock clock)
    {
        if (await CustomersEndpoints.IdAsync(context) is not { } id)
        {
            return;
        }

        var grant = await queries.FindGrantAsync(context.Project(), id, RawPath.Segment(context, GrantSegment), context.RequestAborted);
        await (grant is null
            ? Problems.WriteAsync(context, ErrorCode.GrantNotFound)
            : AnswerAsync(context, StatusCodes.Status200OK, id, grant, gate, clock));
    }

    private static async Task VoidAsync(HttpContext context, VoidGrant take, QuotaGate gate, Clock clock)
    {
        if (await CustomersEndpoints.IdAsync(context) is not { } id)
        {
            return;
        }

        var grant = await take.RunAsync(context.Project(), id, RawPath.Segment(context, GrantSegment), context.RequestAborted);
        await (grant is null
            ? Problems.WriteAsync(context, ErrorCode.GrantNotFound)
            : AnswerAsync(context, StatusCodes.Status200OK, id, grant, gate, clock));
    }

    private static async Task ShowOverridesAsync(HttpContext context, CustomerQueries queries)
    {
        if (await CustomersEndpoints.IdAsync(context) is not { } id)
        {
            return;
        }

        var found = await queries.FindAsync(context.Project(), id, context.RequestAborted);
        await (found is null ? Problems.WriteAsync(context, ErrorCode.CustomerNotFound) : AnswerJson(context, found.Overrides));
    }

    private static async Task SetOverridesAsync(HttpContext context, SetOverrides set)
    {
        if (await CustomersEndpoints.IdAsync(context) is not { } id
            || await Body.ReadAsync(context, WireJson.Default.IReadOnlyDictionaryStringJsonElement) is not { } body)
        {
            return;
        }

        var faults = new Faults();
        foreach (var (feature, change) in body)
        {
            faults.Texts(change, feature);
        }

        if (faults.Any)
        {
            await faults.WriteAsync(context);
            return;
        }

        var (changes, unreadable) = CatalogReader.ReadOverrides(TextOf(body), context.Project().Currency);
        foreach (var fault in unreadable)
        {
            faults.Add(fault.Path, FaultCode.InvalidValue, fault.Message);
        }

        if (!faults.Any)
        {
            var removed = body.Where(entry => entry.Value.ValueKind == JsonValueKind.Null).Select(entry => entry.Key).ToList();
            var (json, found, owner) = await set.RunAsync(context.Project(), id, changes, removed, context.RequestAborted);
            if (owner is not null)
            {
                await MembersEndpoints.WriteIsMemberAsync(context, id, owner);
                return;
            }

            var catalog = context.Project().Catalog;
            faults.Add(found.Take(WireLimits.Faults)
                .Select(one => body.ContainsKey(one.Field) && !catalog.Features.ContainsKey(one.Field)
                    ? one with { Detail = UnknownNames.Feature(catalog, one.Field) }
                    : one));
            if (!faults.Any)
            {
                await AnswerJson(context, json);
                return;
            }
        }

        await faults.WriteAsync(context);
    }

    /// <summary>Returns the overrides to set, without those to remove.</summary>
    private static byte[] TextOf(IReadOnlyDictionary<string, JsonElement> body) =>
        JsonSerializer.SerializeToUtf8Bytes(
            body.Where(entry => entry.Value.ValueKind != JsonValueKind.Null).ToDictionary(entry => entry.Key, entry => entry.Value),
            WireJson.Default.IReadOnlyDictionaryStringJsonElement);

    private static Task AnswerJson(HttpContext context, string json) =>
        Answer.Bytes(context, StatusCodes.Status200OK, Encoding.UTF8.GetBytes(json), Answer.JsonType);

    private static async Task AnswerAsync(HttpContext context, int status, string customer, GrantRow grant, QuotaGate gate, Clock clock)
    {
        // The grant exists, or is voided, even if the server cannot read its unusable part now.
        var standing = await gate.StandingAsync(context.Project(), customer, context.RequestAborted);
        var heldBack = standing is null ? default : CustomerAnswers.HeldBack(standing).GetValueOrDefault(grant.Grant.Id);
        await Answer.Json(
            context, status, CustomerAnswers.Of(grant, standing?.Now ?? clock.Now(context.Project()), heldBack),
            WireJson.Default.GrantView);
    }

    private static GrantOrder OrderOf(AddGrantRequest body, Faults faults)
    {
        faults.Required(body.Feature, "feature");
        var amount = AmountOf(body.Amount, faults);
        var source = SourceOf(body.Source, faults);
        faults.Id(body.Id, "id", required: false);
        return new(body.Feature ?? "", amount, source, body.Priority, InstantOf(body.EffectiveAt), InstantOf(body.ExpiresAt), body.Id);
    }

    internal static Quantity AmountOf(decimal? number, Faults faults)
    {
        var amount = Quantity.Zero;
        if (faults.Required(number, "amount") && !Quantity.TryCreate(number!.Value, out amount))
        {
            faults.Add("amount", FaultCode.OutOfRange, $"At most {Quantity.Scale} decimals and 18 digits before the point are accepted.");
        }

        return amount;
    }

    internal static GrantSource SourceOf(string? name, Faults faults)
    {
        var source = GrantSource.TopUp;
        if (name is not null && !GrantRow.TryParseSource(name, out source))
        {
            faults.OneOf(name, "source", "topup", "promotion", "gift");
        }

        return source;
    }

    internal static Instant? InstantOf(DateTimeOffset? time) => time is { } some ? Instant.From(some) : null;
}
