using Tollgate.Contracts.Customers;
using Tollgate.Contracts.Http;
using Tollgate.Core.Customers;
using Tollgate.Engine.Customers;
using Tollgate.Engine.Projects;
using Tollgate.Server.Http;

namespace Tollgate.Server.Customers;

/// <summary><c>/v1/customers/{id}/members</c>: the users that share a customer's balances.</summary>
public static class MembersEndpoints
{
    /// <summary>The index of the segment with the member's id in <c>/v1/customers/{id}/members/{member}</c>.</summary>
    private const int MemberSegment = 4;

    public static void MapMembers(this WebApplication app)
    {
        var add = app.Services.GetRequiredService<AddMember>();
        var update = app.Services.GetRequiredService<UpdateMember>();
        var remove = app.Services.GetRequiredService<RemoveMember>();
        var queries = app.Services.GetRequiredService<MemberQueries>();

        app.MapPost("/v1/customers/{id}/members", (RequestDelegate)(context => AddAsync(context, add)))
            .RequireKey(Access.Secret, Scope.CustomersWrite)
            .Describe(MemberDescriptions.Add);
        app.MapGet("/v1/customers/{id}/members", (RequestDelegate)(context => ListAsync(context, queries)))
            .RequireKey(Access.Secret, Scope.CustomersRead)
            .Describe(MemberDescriptions.List);
        app.MapGet("/v1/customers/{id}/members/{member}", (RequestDelegate)(context => ShowAsync(context, queries)))
            .RequireKey(Access.Secret, Scope.CustomersRead)
            .Describe(MemberDescriptions.Show);
        app.MapPatch("/v1/customers/{id}/members/{member}", (RequestDelegate)(context => UpdateAsync(context, update)))
            .RequireKey(Access.Secret, Scope.CustomersWrite)
            .Describe(MemberDescriptions.Update);
        app.MapDelete("/v1/customers/{id}/members/{member}", (RequestDelegate)(context => RemoveAsync(context, remove)))
            .RequireKey(Access.Secret, Scope.CustomersWrite)
            .Describe(MemberDescriptions.Remove);
    }

    /// <summary>Refuses an operation on a member: plan, grants, overrides and subscriptions belong to its owner.</summary>
    internal static Task WriteIsMemberAsync(HttpContext context, string id, string owner) =>
        Problems.WriteAsync(
            context, ErrorCode.CustomerIsMember, $"{id} is a member of {owner} and uses its balances; do this for {owner}.");

    private static async Task AddAsync(HttpContext context, AddMember add)
    {
        if (await CustomersEndpoints.IdAsync(context) is not { } customer
            || await Body.ReadAsync(context, WireJson.Default.AddMemberRequest) is not { } body)
        {
            return;
        }

        var profile = new MemberProfile(body.Name, body.Email, body.Role);
        var faults = new Faults();
        faults.Id(body.Id, "id");
        faults.Add(MemberRules.FaultsOf(profile));
        if (faults.Any)
        {
            await faults.WriteAsync(context);
            return;
        }

        var (outcome, member, detail) = await add.RunAsync(context.Project(), customer, body.Id!, profile, context.RequestAborted);
        await (outcome switch
        {
            AddMemberOutcome.Added => AnswerAsync(context, StatusCodes.Status201Created, member!),
            AddMemberOutcome.Replayed => AnswerAsync(context, StatusCodes.Status200OK, member!),
            _ => Problems.WriteAsync(context, CodeOf(outcome), detail, "id"),
        });
    }

    private static ErrorCode CodeOf(AddMemberOutcome refusal) => refusal switch
    {
        AddMemberOutcome.Conflict => ErrorCode.MemberExists,
        AddMemberOutcome.Elsewhere => ErrorCode.MemberElsewhere,
        AddMemberOutcome.Nested => ErrorCode.MemberNested,
        AddMemberOutcome.Subscribed => ErrorCode.SubscriptionExists,
        AddMemberOutcome.NoSeat => ErrorCode.NoSeatLeft,
        _ => throw new InvalidOperationException($"{refusal} is no refusal."),
    };

    private static async Task ListAsync(HttpContext context, MemberQueries queries)
    {
        if (await CustomersEndpoints.IdAsync(context) is not { } customer)
        {
            return;
        }

        var list = ListQuery.Read(context);
        if (await list.IsRefusedAsync())
        {
            return;
        }

        var rows = await queries.ListAsync(context.Project(), customer, list.Probe, list.StartingAfter, context.RequestAborted);
        await (rows is null
            ? Problems.WriteAsync(context, ErrorCode.CustomerNotFound)
            : list.AnswerAsync(rows, CustomerAnswers.Of, static (data, more) => new(data, more), WireJson.Default.MemberList));
    }

    private static async Task ShowAsync(HttpContext context, MemberQueries queries)
    {
        if (await IdsAsync(context) is not var (customer, id))
        {
            return;
        }

        var member = await queries.FindAsync(context.Project(), customer, id, context.RequestAborted);
        await (member is null
            ? Problems.WriteAsync(context, ErrorCode.MemberNotFound)
            : AnswerAsync(context, StatusCodes.Status200OK, member));
    }

    private static async Task UpdateAsync(HttpContext context, UpdateMember update)
    {
        if (await IdsAsync(context) is not var (customer, id)
            || await Body.ReadAsync(context, WireJson.Default.UpdateMemberRequest) is not { } body)
        {
            return;
        }

        var patch = new MemberPatch(
            new(body.Names(nameof(body.Name)), body.Name), new(body.Names(nameof(body.Email)), body.Email),
            new(body.Names(nameof(body.Role)), body.Role));
        if (await update.RunAsync(context.Project(), customer, id, patch, context.RequestAborted) is not var (member, found))
        {
            await Problems.WriteAsync(context, ErrorCode.MemberNotFound);
            return;
        }

        var faults = new Faults();
        faults.Add(found);
        await (faults.Any ? faults.WriteAsync(context) : AnswerAsync(context, StatusCodes.Status200OK, member));
    }

    private static async Task RemoveAsync(HttpContext context, RemoveMember remove)
    {
        if (await IdsAsync(context) is not var (customer, id))
        {
            return;
        }

        var removed = await remove.RunAsync(context.Project(), customer, id, context.RequestAborted);
        await (removed ? Answer.Nothing(context) : Problems.WriteAsync(context, ErrorCode.MemberNotFound));
    }

    /// <summary>Customer and member of the path. Null: one of them is invalid, and the problem is written.</summary>
    private static async ValueTask<(string Customer, string Member)?> IdsAsync(HttpContext context)
    {
        var (customer, member) = (RawPath.Id(context), RawPath.Segment(context, MemberSegment));
        var faults = new Faults();
        faults.Id(customer, "id");
        faults.Id(member, "member");
        if (!faults.Any)
        {
            return (customer, member);
        }

        await faults.WriteAsync(context);
        return null;
    }

    private static Task AnswerAsync(HttpContext context, int status, Member member) =>
        Answer.Json(context, status, CustomerAnswers.Of(member), WireJson.Default.MemberView);
}
