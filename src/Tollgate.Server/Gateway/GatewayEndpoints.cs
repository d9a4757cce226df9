using System.Buffers;
using Microsoft.AspNetCore.Http.Features;
using Tollgate.Contracts.Gateway;
using Tollgate.Contracts.Http;
using Tollgate.Core;
using Tollgate.Core.Catalog;
using Tollgate.Core.Customers;
using Tollgate.Core.Gateway;
using Tollgate.Core.Llm;
using Tollgate.Core.Llm.Requests;
using Tollgate.Core.Llm.Shapes;
using Tollgate.Core.Money;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Llm;
using Tollgate.Engine.Projects;
using Tollgate.Engine.Quotas;
using Tollgate.Server.Catalog;
using Tollgate.Server.Http;
using Tollgate.Server.Quotas;

namespace Tollgate.Server.Gateway;

/// <summary>
/// The provider's own paths and bodies, behind <c>/gateway/{provider}</c>. A call: 1. identify the caller and the target; 2. read the
/// request; 3. hold its possible usage on every limit, or refuse; 4. forward; 5. pass the answer on and read the usage; 6. settle.
/// </summary>
internal sealed class GatewayEndpoints(
    GuardLlmCalls guard, QuotaGate gate, UpstreamSecrets secrets, Forwarder forwarder, SettleLater later, ProviderJobs jobs,
    ByteBudget memory, Clock clock, GatewayOptions options)
{
    public const string CustomerHeader = "X-Tollgate-Customer";
    public const string FeatureHeader = "X-Tollgate-Feature";
    public const string AttributeHeader = "X-Tollgate-Attribute-To";

    /// <summary>The error detail if the memory budget has no room for a body or an answer.</summary>
    public const string NoRoom =
        "The project's gateway calls use all the memory that it may use now (TOLLGATE_GATEWAY_MEMORY). "
            + "Repeat the call when other calls have finished.";

    private readonly GatewayCrowd _crowd = new(options.MostCalls);

    private static readonly string[] Methods = ["GET", "POST", "PUT", "PATCH", "DELETE"];

    public static void Map(IEndpointRouteBuilder app)
    {
        var gateway = ActivatorUtilities.CreateInstance<GatewayEndpoints>(app.ServiceProvider);
        foreach (var method in Methods)
        {
            app.MapMethods("/gateway/{provider}/{**path}", [method], (RequestDelegate)gateway.RunAsync)
                .RequireKey(Access.Secret | Access.CustomerToken, Scope.GateWrite, ProviderHome.KeyHeaders).WithOwnIdempotency()
                .WithLoad(Load.Own)
                .WithMetadata(ProviderErrors.Shape).Describe(GatewayDescriptions.Of(method));
        }
    }

    private async Task RunAsync(HttpContext context)
    {
        if (context.Request.Headers.ContainsKey(Forwarder.HopHeader))
        {
            await Problems.WriteAsync(context, ErrorCode.GatewayLoop);
            return;
        }

        if (!_crowd.TryEnter(context.Project().Id))
        {
            await Problems.WriteAsync(context, ErrorCode.GatewayBusy);
            return;
        }

        try
        {
            await ForwardAsync(context);
        }
        finally
        {
            _crowd.Leave(context.Project().Id);
        }
    }

    private async Task ForwardAsync(HttpContext context)
    {
        using var held = memory.Open(context.Project().Id);
        if (await ReadAsync(context, held) is { } call)
        {
            await (call.Ask is null ? PassAsync(context, call) : MeteredAsync(context, call));
        }
    }

    private readonly record struct Refusal(ErrorCode Code, string? Detail = null, string? Param = null);

    private sealed record Address(ProviderHome Home, UpstreamCredentials Credentials, GatewayTarget Target)
    {
        public LlmRoute Route => Target.Route;
    }

    /// <summary>Null: the answer is written.</summary>
    private async ValueTask<GatewayCall?> ReadAsync(HttpContext context, HeldBytes held)
    {
        // 1. Identify the caller and the target.
        var project = context.Project();
        string? customer = null, feature = null, attributeTo = null;
        if ((FindAddress(context, project, out var to) ?? FindCaller(context, project, to!, out customer, out feature)
            ?? FindPurpose(context, project, out attributeTo)) is { } refusal)
        {
            await Problems.WriteAsync(context, refusal.Code, refusal.Detail, refusal.Param);
            return null;
        }

        // 2. Read the request.
        if (await ReadBodyAsync(context, held) is not { } body)
        {
            return null;
        }

        var (job, notOwn) = await jobs.AdmitAsync(context, to!.Route, body, held);
        if (notOwn is not null)
        {
            await Problems.WriteAsync(context, notOwn.Code, notOwn.Detail);
            return null;
        }

        var isMetered = GatewayRules.IsMetered(to!.Route, context.Request.Method, to.Target.Path);
        var (ask, asked) = isMetered ? await AskAsync(context, to.Route, body, held) : default;
        if (isMetered && ask is null)
        {
            await Problems.WriteAsync(
                context, ErrorCode.MalformedJson,
                "The body could not be read, or it has a member twice that determines the usage of the call (model, stream, max_tokens …). "
                    + "Nothing was forwarded.");
            return null;
        }

        if (ask is not null && GatewayRules.NameOf(to.Route, ask, to.Target.Path) is var model
            && (model.Length > PriceRules.LongestModel || !CustomerRules.IsLine(model)))
        {
            await Problems.WriteAsync(
                context, ErrorCode.ValidationFailed, $"The model's name is a line of at most {PriceRules.LongestModel} characters.",
                "model");
            return null;
        }

        if (asked is not null && !held.TryTake(asked.Length - body.Length))
        {
            await Problems.WriteAsync(context, ErrorCode.GatewayBusy, NoRoom);
            return null;
        }

        return new()
        {
            Project = project, Customer = customer, Feature = feature, AttributeTo = attributeTo, Route = to.Route, Home = to.Home,
            Credentials = to.Credentials, Target = to.Target.Url, Path = to.Target.Path,
            Job = job, Body = asked ?? body, Memory = held, Ask = ask, HidesUsage = asked is not null, StartedAt = clock.Now(project),
        };
    }

    /// <returns>
    /// The request in the body; null: the body cannot be read. And the body that also requests usage; null: the caller's body does.
    /// </returns>
    private static async ValueTask<(LlmRequest? Ask, byte[]? Asked)> AskAsync(
        HttpContext context, LlmRoute route, ReadOnlyMemory<byte> body, HeldBytes held)
    {
        using var turn = await held.TakeTurnAsync(body.Length, context.RequestAborted);
        var ask = RequestReader.Read(route, body.Span, context.Request.ContentType);
        return (ask, ask is { IsStream: true, WantsUsage: false } && UsageOption.IsNeeded(route) ? UsageOption.AddTo(body.Span) : null);
    }

    /// <summary>Null: the answer is written.</summary>
    private async ValueTask<ReadOnlyMemory<byte>?> ReadBodyAsync(HttpContext context, HeldBytes held)
    {
        var most = context.Caller().Kind == KeyKind.CustomerToken
            ? Math.Min(options.MaxCustomerBodyBytes, options.MaxBodyBytes)
            : options.MaxBodyBytes;
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
        {
            size.MaxRequestBodySize = most;
        }

        var body = new HeldBody(held, most, context.Request.ContentLength);
        switch (body.MayFit ? await body.ReadAsync(context.Request.Body, () => context.RequestAborted) : BodyEnd.NoRoom)
        {
            case BodyEnd.TooLarge:
                await Problems.WriteAsync(context, ErrorCode.PayloadTooLarge, $"The gateway forwards at most {most} bytes.");
                return null;
            case BodyEnd.NoRoom:
                await Problems.WriteAsync(context, ErrorCode.GatewayBusy, NoRoom);
                return null;
            default:
                return body.Bytes;
        }
    }

    private Refusal? FindAddress(HttpContext context, ProjectSnapshot project, out Address? address)
    {
        address = null;
        var provider = LlmRoutes.ProviderOf(RawPath.Segment(context, 1), null);
        if (!project.Upstreams.TryGetValue(provider, out var upstream))
        {
            return new(ErrorCode.UpstreamNotConfigured,
                $"The project has no upstream '{Spelling.Shown(provider)}'.{(ProviderHome.IsKnown(provider) ? "" : Spelling.DidYouMean(provider, ProviderHome.Names))}");
        }

        if (secrets.Open(project, upstream) is not { } credentials)
        {
            return new(ErrorCode.UpstreamUnreadable);
        }

        var home = ProviderHome.Of(provider);
        if (GatewayTarget.Of(context, home, provider, upstream.BaseUrl ?? home.BaseUrl!) is not { } target)
        {
            return new(ErrorCode.MalformedRequest, "The gateway cannot forward this path.");
        }

        address = new(home, credentials, target);
        return null;
    }

    private static Refusal? FindCaller(HttpContext context, ProjectSnapshot project, Address to, out string? customer, out string? feature)
    {
        var (method, caller) = (context.Request.Method, context.Caller());
        customer = caller.Customer ?? HeaderOf(context, CustomerHeader);
        feature = HeaderOf(context, FeatureHeader);
        if (caller.Kind == KeyKind.CustomerToken && !GatewayRules.IsForCustomers(to.Route, method, to.Target.Path))
        {
            return new(ErrorCode.PathNotForwarded);
        }

        if (customer is null ? GatewayRules.IsMetered(to.Route, method, to.Target.Path) : Faults.OfId(customer, CustomerHeader) is not null)
        {
            return new(
                ErrorCode.ValidationFailed, $"The header {CustomerHeader} names the customer that the call is for: 1 to 255 characters.",
                CustomerHeader);
        }

        return feature is not null && !project.Catalog.Features.ContainsKey(feature)
            ? new(ErrorCode.FeatureNotFound,
                $"{UnknownNames.Feature(project.Catalog, feature)} A tag for the reports of costs goes into {AttributeHeader}.",
                FeatureHeader)
            : null;
    }

    /// <summary>
    /// Reads the purpose of the cost. Customers may name only features: any other text would become a line in the project's reports.
    /// </summary>
    private static Refusal? FindPurpose(HttpContext context, ProjectSnapshot project, out string? attributeTo)
    {
        attributeTo = HeaderOf(context, AttributeHeader);
        return attributeTo switch
        {
            null => null,
            { Length: > LlmCall.LongestTag } =>
                new(ErrorCode.ValidationFailed, $"At most {LlmCall.LongestTag} characters are accepted.", AttributeHeader),
            _ when !CustomerRules.IsLine(attributeTo) => new(ErrorCode.ValidationFailed, "A line of text is expected.", AttributeHeader),
            _ when context.Caller().Kind == KeyKind.CustomerToken && !project.Catalog.Features.ContainsKey(attributeTo) => new(
                ErrorCode.FeatureNotFound,
                $"{UnknownNames.Feature(project.Catalog, attributeTo)} A customer token names features only.", AttributeHeader),
            _ => null,
        };
    }

    private async Task MeteredAsync(HttpContext context, GatewayCall call)
    {
        // 3. Hold its possible usage on every limit, or refuse.
        if (call.Feature is { } code && call.Project.Catalog.Features[code].Feature.Kind == FeatureKind.Switch
            && GateAnswers.TryWriteProblem(
                context, call.Project, call.Customer,
                await gate.CheckAsync(call.Project, call.Customer!, code, Quantity.One, context.RequestAborted), out var off))
        {
            await off;
            return;
        }

        var meter = new CallMeter(call, guard, gate, later, options);
        if (await meter.ReserveAsync(context.RequestAborted) is { } refused
            && GateAnswers.TryWriteProblem(context, call.Project, call.Customer, refused, out var written))
        {
            await written;
            return;
        }

        // 4. Forward.
        using var idle = new IdleTimeout(options.IdleTime, context.RequestAborted, call.IsSeenThrough ? AnswerRelay.UnreadTime : null);
        var sent = await forwarder.SendAsync(call, context.Request, idle);
        if (sent.Answer is not { } answer)
        {
            // A caller that disconnects before the answer pays for the prompt if the provider received it.
            await (sent.WasSent && !call.IsSeenThrough && context.RequestAborted.IsCancellationRequested
                ? meter.SettleAsync(UsageReport.Silent, default, null, null, CallEnd.CallerLeft)
                : meter.FailAsync(sent.Failure!));
            await Problems.WriteAsync(context, sent.Failure!);
            return;
        }

        // 5. and 6. Pass the answer on, read the usage, settle.
        using (answer)
        {
            try
            {
                await new AnswerRelay(context, call, meter, answer, idle).RunAsync();
            }
            catch when (!meter.IsSettled)
            {
                await meter.FailAsync(ErrorCode.UpstreamUnreachable);
                throw;
            }
        }
    }

    /// <summary>Forwards a call without usage: lists, token counts, results of jobs.</summary>
    private async Task PassAsync(HttpContext context, GatewayCall call)
    {
        using var idle = new IdleTimeout(options.IdleTime, context.RequestAborted);
        var sent = await forwarder.SendAsync(call, context.Request, idle);
        if (sent.Answer is not { } answer)
        {
            await Problems.WriteAsync(context, sent.Failure!);
            return;
        }

        using (answer)
        {
            try
            {
                await PassAnswerAsync(context, call, answer, idle);
            }
            catch (Exception e) when (AnswerRelay.IsOfTransport(e))
            {
                if (context.Response.HasStarted || context.RequestAborted.IsCancellationRequested)
                {
                    context.Abort();
                    return;
                }

                context.Response.Clear();
                await Problems.WriteAsync(context, idle.IsOver ? ErrorCode.UpstreamTimeout : ErrorCode.UpstreamUnreachable);
            }
        }
    }

    private async Task PassAnswerAsync(HttpContext context, GatewayCall call, HttpResponseMessage answer, IdleTimeout idle)
    {
        Forwarder.CopyHead(answer, context.Response);
        if (AnswerRelay.HasNoBody(context.Response.StatusCode))
        {
            await context.Response.StartAsync(context.RequestAborted);
            return;
        }

        if (await jobs.TryPassAsync(context, call, answer, idle))
        {
            return;
        }

        await using var body = await answer.Content.ReadAsStreamAsync(idle.Next());
        var chunk = new byte[AnswerRelay.ChunkBytes];
        while (await body.ReadAsync(chunk, idle.Next()) is > 0 and var read)
        {
            await context.Response.Body.WriteAsync(chunk.AsMemory(0, read), context.RequestAborted);
        }

        // Starts the response, so that an empty answer of the provider does not get this server's error body.
        await context.Response.StartAsync(context.RequestAborted);
    }

    private static string? HeaderOf(HttpContext context, string name) =>
        (string?)context.Request.Headers[name] is { Length: > 0 } text ? text : null;
}
