using Tollgate.Contracts.Customers;
using Tollgate.Contracts.Http;
using Tollgate.Core;
using Tollgate.Core.Customers;
using Tollgate.Engine.Customers;
using Tollgate.Engine.Grants;
using Tollgate.Engine.Projects;
using Tollgate.Server.Catalog;
using Tollgate.Server.Http;

namespace Tollgate.Server.Customers;

/// <summary><c>/v1/customers</c>: the project's customers and their plans.</summary>
public static class CustomersEndpoints
{
    /// <summary>UTF-16 units of a search text: longer than a practical prefix of an id or address.</summary>
    private const int LongestSearch = 100;

    public static void MapCustomers(this WebApplication app)
    {
        var create = app.Services.GetRequiredService<CreateCustomer>();
        var queries = app.Services.GetRequiredService<CustomerQueries>();
        var update = app.Services.GetRequiredService<UpdateCustomer>();
        var delete = app.Services.GetRequiredService<DeleteCustomer>();
        var assign = app.Services.GetRequiredService<AssignPlan>();

        app.MapPost("/v1/customers", (RequestDelegate)(context => CreateAsync(context, create)))
            .RequireKey(Access.Secret, Scope.CustomersWrite)
            .Describe(CustomerDescriptions.Create);
        app.MapGet("/v1/customers", (RequestDelegate)(context => ListAsync(context, queries)))
            .RequireKey(Access.Secret, Scope.CustomersRead)
            .Describe(CustomerDescriptions.List);
        app.MapGet("/v1/customers.csv", app.Services.GetRequiredService<Exports>().Bounded(context => CsvAsync(context, queries)))
            .RequireKey(Access.Secret, Scope.CustomersRead).WithLoad(Load.Own).Describe(CustomerDescriptions.Csv);
        app.MapGet("/v1/customers/{id}", (RequestDelegate)(context => ShowAsync(context, queries)))
            .RequireKey(Access.Secret, Scope.CustomersRead)
            .Describe(CustomerDescriptions.Show);
        app.MapPatch("/v1/customers/{id}", (RequestDelegate)(context => UpdateAsync(context, update)))
            .RequireKey(Access.Secret, Scope.CustomersWrite)
            .Describe(CustomerDescriptions.Update);
        app.MapDelete("/v1/customers/{id}", (RequestDelegate)(context => DeleteAsync(context, delete)))
            .RequireKey(Access.Secret, Scope.CustomersWrite)
            .Describe(CustomerDescriptions.Delete);
        app.MapPut("/v1/customers/{id}/plan", (RequestDelegate)(context => AssignPlanAsync(context, assign)))
            .RequireKey(Access.Secret, Scope.CustomersWrite)
            .Describe(CustomerDescriptions.AssignPlan);
    }

    /// <summary>The id of the path. Null: it is invalid, and the problem is written.</summary>
    internal static async ValueTask<string?> IdAsync(HttpContext context)
    {
        var id = RawPath.Id(context);
        var faults = new Faults();
        if (faults.Id(id, "id"))
        {
            return id;
        }

        await faults.WriteAsync(context);
        return null;
    }

    private static async Task CreateAsync(HttpContext context, CreateCustomer create)
    {
        if (await Body.ReadAsync(context, WireJson.Default.CreateCustomerRequest) is not { } body)
        {
            return;
        }

        var profile = ProfileOf(body);
        var faults = new Faults();
        faults.Id(body.Id, "id");
        faults.Add(CustomerRules.FaultsOf(profile));
        if (faults.Any)
        {
            await faults.WriteAsync(context);
            return;
        }

        var (outcome, customer) = await create.RunAsync(context.Project(), body.Id!, profile, context.RequestAborted);
        if (customer is null)
        {
            await Problems.WriteAsync(context, ErrorCode.CustomersLimited);
            return;
        }

        if (outcome == CreateCustomerOutcome.Conflict)
        {
            await Problems.WriteAsync(context, ErrorCode.CustomerExists, param: "id");
            return;
        }

        var status = outcome == CreateCustomerOutcome.Created ? StatusCodes.Status201Created : StatusCodes.Status200OK;
        await AnswerAsync(context, status, customer);
    }

    private static async Task ListAsync(HttpContext context, CustomerQueries queries)
    {
        var list = ListQuery.Read(context);
        var search = list.Text("search", LongestSearch);
        if (await list.IsRefusedAsync())
        {
            return;
        }

        var rows = await queries.ListAsync(context.Project(), list.Probe, list.StartingAfter, search, context.RequestAborted);
        await list.AnswerAsync(rows, CustomerAnswers.Of, static (data, more) => new(data, more), WireJson.Default.CustomerList);
    }

    private static async Task CsvAsync(HttpContext context, CustomerQueries queries)
    {
        var list = ListQuery.OfFile(context);
        var search = list.Text("search", LongestSearch);
        if (await list.IsRefusedAsync())
        {
            return;
        }

        var (project, cancel) = (context.Project(), context.RequestAborted);
        await CsvExport.WriteAsync(
            context, "customers", CustomerCsv.Columns,
            CsvExport.PagesAsync<Customer>(last => queries.ListAsync(project, CsvExport.PageRows, last?.Id, search, cancel)),
            static (csv, customer) => CustomerCsv.Line(csv, CustomerAnswers.Of(customer)));
    }

    private static async Task ShowAsync(HttpContext context, CustomerQueries queries)
    {
        if (await IdAsync(context) is not { } id)
        {
            return;
        }

        var found = await queries.FindAsync(context.Project(), id, context.RequestAborted);
        await (found is null
            ? Problems.WriteAsync(context, ErrorCode.CustomerNotFound)
            : AnswerAsync(context, StatusCodes.Status200OK, found.Customer));
    }

    private static async Task UpdateAsync(HttpContext context, UpdateCustomer update)
    {
        if (await IdAsync(context) is not { } id
            || await Body.ReadAsync(context, WireJson.Default.UpdateCustomerRequest) is not { } body)
        {
            return;
        }

        if (await update.RunAsync(context.Project(), id, PatchOf(body), context.RequestAborted) is not { } updated)
        {
            await Problems.WriteAsync(context, ErrorCode.CustomerNotFound);
            return;
        }

        var faults = new Faults();
        faults.Add(updated.Faults);
        await (updated switch
        {
            _ when faults.Any => faults.WriteAsync(context),
            { CurrencyFixed: true } => Problems.WriteAsync(
                context, ErrorCode.CurrencyFixed, $"The customer's subscriptions and invoices are in {updated.Customer.Profile.Currency}.",
                "currency"),
            _ => AnswerAsync(context, StatusCodes.Status200OK, updated.Customer),
        });
    }

    private static async Task DeleteAsync(HttpContext context, DeleteCustomer delete)
    {
        if (await IdAsync(context) is not { } id)
        {
            return;
        }

        var outcome = await delete.RunAsync(context.Project(), id, context.RequestAborted);
        await (outcome switch
        {
            DeleteCustomerOutcome.Deleted => Answer.Nothing(context),
            DeleteCustomerOutcome.Unknown => Problems.WriteAsync(context, ErrorCode.CustomerNotFound),
            DeleteCustomerOutcome.HasUsage =>
                Problems.WriteAsync(context, ErrorCode.Conflict, "This customer has recorded usage, which Tollgate never deletes."),
            DeleteCustomerOutcome.HasReservations =>
                Problems.WriteAsync(context, ErrorCode.Conflict, "This customer has made reservations."),
            DeleteCustomerOutcome.HasSubscriptions =>
                Problems.WriteAsync(
                    context, ErrorCode.Conflict,
                    "This customer has or had a subscription, an invoice, credit, a payment or a checkout, and these records "
                        + "refer to it."),
            DeleteCustomerOutcome.HasMembers =>
                Problems.WriteAsync(context, ErrorCode.Conflict, "This customer has members; remove them first."),
            DeleteCustomerOutcome.IsMember => Problems.WriteAsync(context, ErrorCode.CustomerIsMember),
            DeleteCustomerOutcome.HasDecisions =>
                Problems.WriteAsync(context, ErrorCode.Conflict, "Tollgate has recorded a decision for this customer, such as a refusal."),
            _ => throw new InvalidOperationException($"{outcome} is no outcome."),
        });
    }

    private static async Task AssignPlanAsync(HttpContext context, AssignPlan assign)
    {
        if (await IdAsync(context) is not { } id || await Body.ReadAsync(context, WireJson.Default.AssignPlanRequest) is not { } body)
        {
            return;
        }

        var faults = new Faults();
        if (!body.IsNamed)
        {
            faults.Add("plan", FaultCode.Required, "A plan's code is expected, or null for the default plan.");
            await faults.WriteAsync(context);
            return;
        }

        var (outcome, customer) = await assign.RunAsync(context.Project(), id, body.Plan, context.RequestAborted);
        await (outcome switch
        {
            AssignPlanOutcome.PlanUnknown => UnknownNames.WritePlanAsync(context, body.Plan!, "plan"),
            AssignPlanOutcome.IsMember => MembersEndpoints.WriteIsMemberAsync(context, id, customer!.Owner!),
            AssignPlanOutcome.Subscribed => Problems.WriteAsync(context, ErrorCode.SubscriptionExists,
                $"The plan of customer '{Spelling.Shown(id)}' comes from its subscription. Change that one with PATCH /v1/subscriptions/{{id}}; GET /v1/subscriptions?customer= names it."),
            _ => AnswerAsync(context, StatusCodes.Status200OK, customer!),
        });
    }

    private static Task AnswerAsync(HttpContext context, int status, Customer customer) =>
        Answer.Json(context, status, CustomerAnswers.Of(customer), WireJson.Default.CustomerView);

    /// <summary>Replaces missing members by empty ones, which the rules refuse.</summary>
    private static TaxExemption? ExemptionOf(TaxExemptBody? body) => body is null ? null : new(body.Reason ?? "", body.Document ?? "");

    private static CustomerProfile ProfileOf(CreateCustomerRequest body) => new()
    {
        Name = body.Name,
        Email = body.Email,
        Currency = body.Currency,
        TimeZone = body.TimeZone,
        Country = body.Country,
        TaxId = body.TaxId,
        TaxExempt = ExemptionOf(body.TaxExempt),
        Metadata = body.Metadata ?? CustomerProfile.Blank.Metadata,
    };

    private static CustomerPatch PatchOf(UpdateCustomerRequest body) => new()
    {
        Name = new(body.Names(nameof(body.Name)), body.Name),
        Email = new(body.Names(nameof(body.Email)), body.Email),
        Currency = new(body.Names(nameof(body.Currency)), body.Currency),
        TimeZone = new(body.Names(nameof(body.TimeZone)), body.TimeZone),
        Country = new(body.Names(nameof(body.Country)), body.Country),
        TaxId = new(body.Names(nameof(body.TaxId)), body.TaxId),
        TaxExempt = new(body.Names(nameof(body.TaxExempt)), ExemptionOf(body.TaxExempt)),
        Metadata = new(body.Names(nameof(body.Metadata)), body.Metadata),
    };
}
