using System.Diagnostics;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Options;
using Tollgate.Contracts.Http;
using Tollgate.Core;
using Tollgate.Core.Catalog;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Projects;
using Tollgate.Server.Http.Pages;

namespace Tollgate.Server.Http;

/// <summary>
/// The middleware in front of all endpoints. In order, it refuses a doubtful end and a path with dot segments, finds the key, resolves it,
/// compares it with the endpoint's requirement, runs the endpoint (through <see cref="Idempotency"/> if a retry could repeat an effect),
/// and writes failures as problem+json.
/// </summary>
/// <remarks>
/// It precedes the most frequent endpoints. For a key of the project it costs one SHA-256, one dictionary look-up and no allocation; only
/// customer tokens need the database.
/// </remarks>
public sealed class FrontDoor(
    RequestDelegate next,
    ProjectDirectory directory,
    ProjectQueries queries,
    Clock clock,
    Idempotency idempotency,
    Guesses guesses,
    AppTokens apps,
    RequestLimits limits,
    IOptions<HttpOptions> options,
    RequestTimes times,
    FairShare share,
    IHostApplicationLifetime lifetime,
    ILogger<FrontDoor> log)
{
    public async Task InvokeAsync(HttpContext context)
    {
        var (started, aborted) = (Stopwatch.GetTimestamp(), false);
        using var scope = RequestScope.Enter(context);
        var span = SpanRoute.Begin(context);
        AnswerHeaders.Begin(context.Response);
        try
        {
            await RunAsync(context);
            await FinishAsync(context);
        }
        catch (Exception e) when (HasLeft(context, e))
        {
            // Both can reach the request before they reach RequestAborted.
            aborted = true;
        }
        catch (CatalogTooOldException e) when (!context.Response.HasStarted)
        {
            await RunAgainAsync(context, e);
        }
        catch (Exception e)
        {
            await AnswerFailureAsync(context, e);
        }
        finally
        {
            times.Observe(context, started, aborted);
            if (span is not null)
            {
                SpanRoute.End(span, context);
            }
        }
    }

    /// <summary>
    /// Handles a request that read a row which another request wrote with a newer catalogue: a read repeats with that catalogue. A change
    /// fails with 503, since part of it may have taken effect, and its repetition has the new catalogue.
    /// </summary>
    private async Task RunAgainAsync(HttpContext context, CatalogTooOldException old)
    {
        try
        {
            await directory.RefreshAsync(context.RequestAborted);
            if (!HttpMethods.IsGet(context.Request.Method) && !HttpMethods.IsHead(context.Request.Method))
            {
                await AnswerFailureAsync(context, old);
                return;
            }

            context.Response.Clear();
            AnswerHeaders.Begin(context.Response);
            await RunAsync(context);
            await FinishAsync(context);
        }
        catch (Exception e) when (HasLeft(context, e))
        {
            // Nobody can be answered.
        }
        catch (Exception e)
        {
            await AnswerFailureAsync(context, e);
        }
    }

    /// <summary>Writes the problem of an answer that is only a status, of routing or a limit of the server.</summary>
    private static Task FinishAsync(HttpContext context)
    {
        if (!IsBareFailure(context.Response))
        {
            return Task.CompletedTask;
        }

        var code = Problems.Of(context.Response.StatusCode);
        return code == ErrorCode.NotFound && context.GetEndpoint() is null && StartPages.IsBrowser(context.Request)
            ? StartPages.WriteNotFoundAsync(context)
            : Problems.WriteAsync(context, code, DetailOf(context, code));
    }

    /// <summary>Finds the endpoint's caller, and runs the endpoint or refuses.</summary>
    private async Task RunAsync(HttpContext context)
    {
        var requirement = context.GetEndpoint()?.Metadata.GetMetadata<KeyRequirement>();
        if (limits.TakeAddress(context) is { } pause)
        {
            await Problems.WriteAsync(
                context, ErrorCode.RateLimited,
                "This address sends too many requests. The server limits the requests of an address in a minute.", retryAfter: pause);
        }
        else if (HasTwoEnds(context.Request.Headers))
        {
            await Problems.WriteAsync(
                context, ErrorCode.MalformedRequest,
                "The request has both Content-Length and Transfer-Encoding, which end its body at different places. Send one of them.");
        }
        else if (RawPath.DotSegment(context) is { } dots)
        {
            await Problems.WriteAsync(
                context, ErrorCode.MalformedRequest,
                $"The path has the segment '{dots}'. Send the path without '.' and '..' segments. No id is '.' or '..'.");
        }
        else if (requirement is null)
        {
            await RunOpenAsync(context);
        }
        else
        {
            var answer = Resolve(context, requirement, out var token);
            if (token is { } hash)
            {
                answer = guesses.MayAsk(context, KeyReader.Read(context, requirement.Headers).Span)
                    ? await ResolveTokenAsync(context, hash)
                    : ErrorCode.KeyInvalid;
            }

            await (answer.Caller is { } caller ? EnterAsync(context, caller, requirement) : RefuseAsync(context, answer));
        }
    }

    /// <summary>
    /// True if the caller has disconnected, or the server stops and has closed the connection, and then whatever the request used: the
    /// database, the connection's memory. Then nobody can be answered, and nothing has failed.
    /// </summary>
    private bool HasLeft(HttpContext context, Exception e) =>
        e is ConnectionResetException or OperationCanceledException { InnerException: ConnectionAbortedException }
            or ObjectDisposedException { ObjectName: "MemoryPool" }
        || (e is OperationCanceledException or IOException && context.RequestAborted.IsCancellationRequested)
        || (lifetime.ApplicationStopping.IsCancellationRequested
            && (e is ObjectDisposedException || context.RequestAborted.IsCancellationRequested));

    /// <summary>
    /// True for a body in chunks that has a length too: a proxy may have read the length. Kestrel reads the chunks, renames the length, and
    /// closes the connection afterwards.
    /// </summary>
    private static bool HasTwoEnds(IHeaderDictionary headers) =>
        headers.TransferEncoding.Count > 0 && headers.ContainsKey("X-Content-Length");

    /// <summary>
    /// Writes the refusal, or a 429 if keys of the address fail too often, which does not affect valid keys of the address.
    /// </summary>
    private Task RefuseAsync(HttpContext context, Resolution answer)
    {
        var code = answer.Refusal!;
        return Guesses.IsGuess(code) && guesses.Fail(context, code.Code) is { } pause
            ? Problems.WriteAsync(
                context, ErrorCode.RateLimited,
                $"Too many requests with invalid keys came from this address. Error of the last one: {code.Code}.", retryAfter: pause)
            : Problems.WriteAsync(context, code, answer.Detail, retryAfter: answer.Pause);
    }

    private readonly record struct Resolution(Caller? Caller, ErrorCode? Refusal, string? Detail = null, TimeSpan? Pause = null)
    {
        public static implicit operator Resolution(Caller caller) => new(caller, null);

        public static implicit operator Resolution(ErrorCode refusal) => new(null, refusal);
    }

    /// <summary>
    /// Resolves the caller from memory. It returns a customer token in <paramref name="token"/>, for a look-up in the database.
    /// </summary>
    private Resolution Resolve(HttpContext context, KeyRequirement requirement, out KeyHash? token)
    {
        token = null;
        var text = KeyReader.Read(context, requirement.Headers).Span;
        if (text.IsEmpty)
        {
            return requirement.Access.HasFlag(Access.Keyless)
                ? KeylessCaller(context)
                : new Resolution(null, ErrorCode.KeyMissing, KeyReader.WhyNone(context));
        }

        if (AppTokens.IsOne(text))
        {
            return OfApp(context, text);
        }

        if (!KeyHash.TryOf(text, out var hash))
        {
            return ErrorCode.KeyInvalid;
        }

        if (KeyText.IsCustomerToken(text))
        {
            token = hash;
            return default;
        }

        if (directory.Find(hash) is not { } key)
        {
            return ErrorCode.KeyInvalid;
        }

        return Judge(context, key);
    }

    /// <summary>Resolves a token that the app of the default project has signed, without the database.</summary>
    private Resolution OfApp(HttpContext context, ReadOnlySpan<char> text)
    {
        if (apps.Read(text) is not { } token || options.Value.DefaultProject is not { } code || directory.Find(code) is not { } project)
        {
            return ErrorCode.KeyInvalid;
        }

        var now = clock.Now();
        return token.ExpiresAt <= now ? ErrorCode.KeyExpired
            : token.ExpiresAt > now.Plus(AppTokens.LongestLife)
            ? new Resolution(null, ErrorCode.KeyInvalid, $"The token ends more than {AppTokens.LongestLife.Days} days from now.")
            : OfItsProject(
                context, new(KeyKind.CustomerToken, project, Scope.All, token.Customer, null) { ExpiresAt = token.ExpiresAt });
    }

    private Resolution Judge(HttpContext context, ResolvedKey key)
    {
        var now = clock.Now();
        if (key.RevokedAt is not null)
        {
            return ErrorCode.KeyRevoked;
        }

        if (key.ExpiresAt <= now)
        {
            return ErrorCode.KeyExpired;
        }

        if (!KeyRules.Allows(key.Networks, context.Connection.RemoteIpAddress))
        {
            return ErrorCode.NetworkNotAllowed;
        }

        key.Use.Note(now);
        if (limits.TakeKey(key) is { } pause)
        {
            return new Resolution(
                null, ErrorCode.RateLimited, "This key sends too many requests. The server limits the requests of a key in a minute.", pause);
        }

        return key.Caller.Kind == KeyKind.Admin ? WithProject(context, key.Caller) : OfItsProject(context, key.Caller);
    }

    /// <summary>
    /// The key determines the project. Refuses a request that names another one, because it would change the wrong project.
    /// </summary>
    private static Resolution OfItsProject(HttpContext context, Caller caller)
    {
        string? named = context.Request.Headers["X-Project"];
        var own = caller.Project!.Code;
        if (!string.IsNullOrEmpty(named) && named != own)
        {
            return new(
                null, ErrorCode.MalformedRequest,
                $"X-Project names '{Spelling.Shown(named)}', but the key belongs to '{own}'. Leave the header out, "
                    + $"or send a key of '{Spelling.Shown(named)}' or the admin key.");
        }

        return context.Features.Get<ProjectOfPath>() is { Project.Code: var code } && code != own
            ? new Resolution(
                null, ErrorCode.MalformedRequest,
                $"The path begins with /p/{code}, but the key belongs to '{own}'. Leave /p/{code} out, or send a key of '{code}'.")
            : caller;
    }

    /// <summary>The admin key works on the project that <c>X-Project</c> or the path names.</summary>
    private Resolution WithProject(HttpContext context, Caller admin)
    {
        string? code = context.Request.Headers["X-Project"];
        var ofPath = context.Features.Get<ProjectOfPath>()?.Project;
        if (string.IsNullOrEmpty(code))
        {
            return ofPath is null ? admin : admin with { Project = ofPath };
        }

        if (ofPath is not null && ofPath.Code != code)
        {
            return new(
                null, ErrorCode.MalformedRequest,
                $"X-Project names '{Spelling.Shown(code)}', but the path begins with /p/{ofPath.Code}. Leave one of them out.");
        }

        return directory.Find(code) is { } project
            ? admin with { Project = project }
            : new Resolution(
                null, ErrorCode.ProjectNotFound,
                Spelling.Unknown("project", code, directory.Current.ProjectsById.Values.Select(static one => one.Code)));
    }

    /// <summary>
    /// A caller without a key reads public data of the project that the request selects.
    /// </summary>
    private Resolution KeylessCaller(HttpContext context) =>
        PublicProject.Of(context, directory, options.Value) is { } project
            ? new Caller(KeyKind.Public, project, Scope.All, null, null)
            : ErrorCode.KeyMissing;

    private static readonly string ManyWait = FormattableString.Invariant(
        $"{TokenLookUps.WaitingOfOne} requests with this customer token already wait for its look-up. Send fewer at one time.");

    /// <summary>Resolves a customer token, which has the scopes and networks of the key that issued it, and ends with that key.</summary>
    private async Task<Resolution> ResolveTokenAsync(HttpContext context, KeyHash hash)
    {
        using var turn = await share.TakeLookUpAsync(hash, context.RequestAborted);
        if (turn is null)
        {
            return new Resolution(null, ErrorCode.RateLimited, ManyWait);
        }

        if (await queries.FindTokenAsync(hash, context.RequestAborted) is not { } token)
        {
            guesses.Bury(hash);
            return ErrorCode.KeyInvalid;
        }

        var now = clock.Now();
        if (token.RevokedAt is not null || token.Issuer.RevokedAt is not null)
        {
            return ErrorCode.KeyRevoked;
        }

        if (token.ExpiresAt <= now || token.Issuer.ExpiresAt <= now)
        {
            guesses.Bury(hash);
            return ErrorCode.KeyExpired;
        }

        if (!KeyRules.Allows(token.Issuer.Networks, context.Connection.RemoteIpAddress))
        {
            return ErrorCode.NetworkNotAllowed;
        }

        return directory.Current.ProjectsById.TryGetValue(token.ProjectId, out var project)
            ? OfItsProject(
                context,
                new(KeyKind.CustomerToken, project, token.Issuer.Scopes, token.Customer, null)
                {
                    Token = token.Id, ExpiresAt = token.ExpiresAt,
                })
            : ErrorCode.KeyInvalid;
    }

    private Task EnterAsync(HttpContext context, Caller caller, KeyRequirement requirement)
    {
        if (limits.TakeCustomer(caller) is { } pause)
        {
            return Problems.WriteAsync(
                context, ErrorCode.RateLimited,
                "The customer sends too many requests with its tokens. The server limits the requests of a customer in a minute.",
                retryAfter: pause);
        }

        if (Refuse(caller, requirement) is { } refusal)
        {
            return Problems.WriteAsync(context, refusal.Code, refusal.Detail);
        }

        if (QueryFaults.Of(context) is { Any: true } faults)
        {
            return faults.WriteAsync(context, ErrorCode.UnknownParameter);
        }

        context.Features.Set(caller);
        return caller.Kind == KeyKind.Public ? RunPublicAsync(context, caller, requirement)
            : context.GetEndpoint()!.Metadata.GetMetadata<NoBody>() is null ? RunAsync(context, caller, requirement)
            : RunWithoutBodyAsync(context, caller, requirement);
    }

    private async Task RunPublicAsync(HttpContext context, Caller caller, KeyRequirement requirement)
    {
        await (context.GetEndpoint()!.Metadata.GetMetadata<NoBody>() is null
            ? RunAsync(context, caller, requirement)
            : RunWithoutBodyAsync(context, caller, requirement));
        AnswerHeaders.EndOf(context, caller, requirement);
    }

    private Task RunAsync(HttpContext context, Caller caller, KeyRequirement requirement) =>
        caller.Project is null || FairShare.LoadOf(context) is var load && load is Load.Own ? GoAsync(context, caller, requirement)
        : load is not Load.Light ? RunInTurnAsync(context, caller, requirement, load)
        : FairShare.NeedsRoom(context.Request) ? RunInRoomAsync(context, caller, requirement)
        : GoAsync(context, caller, requirement);

    /// <summary>
    /// Runs an endpoint without a key. Pages and webhooks of providers use the share of their address; health and documentation have no
    /// <see cref="LoadOf"/> and use none.
    /// </summary>
    private async Task RunOpenAsync(HttpContext context)
    {
        if (context.GetEndpoint()?.Metadata.GetMetadata<LoadOf>() is not { } open)
        {
            await next(context);
        }
        else if (await share.TakeAsync(context, null, open.For(context.Request)) is { } turn)
        {
            using var held = new FairShare.OpenTurn(turn);
            context.Features.Set(held);
            await next(context);
        }
    }

    private async Task RunInTurnAsync(HttpContext context, Caller caller, KeyRequirement requirement, Load load)
    {
        if (await share.TakeAsync(context, caller, load) is { } turn)
        {
            using (turn)
            {
                await GoAsync(context, caller, requirement);
            }
        }
    }

    private async Task RunInRoomAsync(HttpContext context, Caller caller, KeyRequirement requirement)
    {
        if (await share.ArriveAsync(context, caller))
        {
            await GoAsync(context, caller, requirement);
        }
    }

    private Task GoAsync(HttpContext context, Caller caller, KeyRequirement requirement) =>
        Idempotency.IsWanted(context) ? idempotency.RunAsync(context, caller, requirement, next) : next(context);

    private async Task RunWithoutBodyAsync(HttpContext context, Caller caller, KeyRequirement requirement)
    {
        if (await Body.ReadAsync(context, WireJson.WithoutNulls.NoMembers, new()) is not null)
        {
            await RunAsync(context, caller, requirement);
        }
    }

    /// <summary>Compares the caller with the requirement of the endpoint; null: allowed.</summary>
    private static (ErrorCode Code, string? Detail)? Refuse(Caller caller, KeyRequirement requirement)
    {
        var wanted = caller.Kind switch
        {
            KeyKind.Admin => Access.Admin | Access.Secret | Access.Public | Access.Keyless,
            KeyKind.Secret or KeyKind.Restricted => Access.Secret | Access.Public | Access.Keyless,
            KeyKind.Public => Access.Public | Access.Keyless,
            _ => Access.CustomerToken,
        };
        if ((requirement.Access & wanted) == Access.None)
        {
            return (ErrorCode.KeyNotAllowed,
                $"A {ProjectQueries.NameOf(caller.Kind)} key may not do this. Accepted: "
                    + $"{Names(requirement.Access)}.{(caller.Kind == KeyKind.CustomerToken ? " A customer's own usage is at GET /me/usage." : "")}");
        }

        if (caller.Project is null && !requirement.Access.HasFlag(Access.Admin))
        {
            return (ErrorCode.ProjectRequired, null);
        }

        if ((caller.Scopes & requirement.Scope) != requirement.Scope)
        {
            var of = caller.Kind == KeyKind.CustomerToken ? " The key that issued the token lacks it." : "";
            return (ErrorCode.ScopeMissing, $"The scope {string.Join(" ", Scopes.ToNames(requirement.Scope))} is needed.{of}");
        }

        return null;
    }

    private static string Names(Access access) => string.Join(", ", ((string?[])
    [
        access.HasFlag(Access.Secret) ? "secret key" : null,
        access.HasFlag(Access.Public) ? "public key" : null,
        access.HasFlag(Access.CustomerToken) ? "customer token" : null,
        access.HasFlag(Access.Admin) ? "admin key" : null,
    ]).OfType<string>());

    /// <summary>Explains a wrong path or method and suggests the nearest; null: the code is sufficient.</summary>
    private static string? DetailOf(HttpContext context, ErrorCode code) =>
        code == ErrorCode.NotFound
            ? $"No operation has the path '{Spelling.Shown(context.Request.Path.Value ?? "")}'.{NearestPath.DidYouMean(context)}"
        : code == ErrorCode.MethodNotAllowed && context.Response.Headers.Allow.ToString() is { Length: > 0 } allowed
            ? $"{Spelling.Shown(context.Request.Method)} is not a method of this path. Methods: {allowed}."
        : code == ErrorCode.UnsupportedMediaType ? Problems.WrongType(context)
        : null;

    /// <summary>True if routing or a limit of the server answered with only a status.</summary>
    private static bool IsBareFailure(HttpResponse response) =>
        response is { StatusCode: >= 400, HasStarted: false, ContentLength: null, ContentType: null };

    private async Task AnswerFailureAsync(HttpContext context, Exception exception)
    {
        var (code, detail) = Problems.Of(exception);
        if (code.Status >= 500)
        {
            log.LogError(
                exception, "{Method} {Route} failed: {Code}, request {RequestId}",
                context.Request.Method, RequestTimes.RouteOf(context.GetEndpoint()), code.Code, context.RequestId());
        }

        if (context.Response.HasStarted)
        {
            // Part of the answer is sent, so only a cut connection can show that it is incomplete.
            context.Abort();
            return;
        }

        context.Response.Clear();
        AnswerHeaders.Begin(context.Response);
        await Problems.WriteAsync(context, code, detail);
    }
}
