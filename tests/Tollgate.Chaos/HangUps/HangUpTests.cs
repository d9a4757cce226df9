using System.Globalization;
using Tollgate.Chaos.Client;
using Tollgate.Chaos.Servers;
using Tollgate.Chaos.Fuzzing;
using Tollgate.Testing;

namespace Tollgate.Chaos.HangUps;

/// <summary>
/// Clients hang up at random instants, on every operation that changes something. They leave nothing behind: no turn, no connection, no
/// lock, no payment without an answer.
/// </summary>
public sealed class HangUpTests(ChaosServers servers)
{
    /// <summary>Hang-ups in a round. The suite has ten rounds.</summary>
    private const int HangUps = 1_000;

    private const int Clients = 12;

    /// <summary>The number of alert rules, of which each customer needs some.</summary>
    private const string MostRules = "10000";

    /// <summary>Requests of a client on one customer's objects, until it takes a new customer.</summary>
    private const int RequestsOfOne = 90;

    private const int OperationsOfOne = 12;

    private const int Pool = 4;

    private const int LatestMicroseconds = 12_000;

    /// <summary>Fewer than the 50 that a project may have.</summary>
    private const int FewEndpoints = 20;

    /// <summary>Operations that have no effect here, by the beginning of their name, with the reason.</summary>
    private static readonly (string Name, string Reason)[] Idle =
    [
        ("POST /v1/stripe", "the project has no account at Stripe"),
        ("POST /v1/webhooks", "a provider's signature is the key"),
        ("POST /webhooks/stripe", "a provider's signature is the key"),
        ("POST /billing/webhook", "a provider's signature is the key"),
        ("POST /v1/mail/unsubscribe", "the signed link of a mail is the key"),
        ("POST /v1/provider-events/{id}", "no event of a provider is parked"),
        ("POST /v1/parked", "nothing is parked"),
        ("POST /v1/alerts", "no alert has fired"),
        ("POST /v1/customers/{id}/alerts", "no alert of the customer has fired"),
        ("POST /v1/deliveries", "nothing was delivered"),
        ("DELETE /v1/payment-settings", "no credentials of Paymob are kept"),
    ];

    /// <summary>
    /// Leaves out the doors of other products and the upstreams of providers, which have no part in the catalogue.
    /// </summary>
    private const string OurPaths = "/v1/";

    [Fact]
    public async Task Every_operation_does_its_work_with_one_connection_of_the_pool()
    {
        await using var chaos = await servers.OneServerAsync(
            new Dictionary<string, string>
            {
                ["TOLLGATE_POOL_SIZE"] = "1", ["TOLLGATE_CONNECT_SECONDS"] = "10", ["TOLLGATE_MOST_ALERT_RULES"] = MostRules,
            });
        using var cast = await Cast.GatherAsync(chaos);
        var faults = new List<string>();
        var callers = cast.CallerSets[0];
        foreach (var (number, operation) in cast.Operations.Index())
        {
            // One operation may end an object that another one needs, such as an invoice or a subscription.
            if (number % OperationsOfOne == 0)
            {
                callers = await CallerSet.GatherAsync(cast.Project.Gate);
            }

            await cast.HaveEndpointAsync();
            var answer = await cast.AskAsync(operation, callers);
            Form.Say($"{operation.Name}: {answer.Status} {answer.Code}");
            if (answer.Fate is Fate.Refused or Fate.Broken or Fate.Unknown)
            {
                faults.Add($"{operation.Name}: {answer}");
            }
            else if (operation.Mutates && answer.Fate == Fate.Invalid && operation.Path.StartsWith(OurPaths, StringComparison.Ordinal)
                && !Idle.Any(idle => operation.Name.StartsWith(idle.Name, StringComparison.Ordinal)))
            {
                faults.Add($"{operation.Name} is sent a request with which it does nothing, so hanging up on it shows nothing: {answer}");
            }
        }

        faults.ShouldBeEmpty(string.Join('\n', faults));
        await chaos.ShouldVerifyAsync();
    }

    [Fact]
    public async Task Clients_that_hang_up_at_any_instant_leave_nothing_behind()
    {
        await using var chaos = await servers.OneServerAsync(
            new Dictionary<string, string>
            {
                ["TOLLGATE_POOL_SIZE"] = Pool.ToString(CultureInfo.InvariantCulture), ["TOLLGATE_PAYMENT_SECONDS"] = "5",
                ["TOLLGATE_MOST_ALERT_RULES"] = MostRules,
            });
        using var cast = await Cast.GatherAsync(chaos);
        await Form.Of(rounds: 10).EachAsync(async seed =>
        {
            await Task.WhenAll(Enumerable.Range(0, Clients).Select(async client =>
            {
                var random = Form.ChanceOf(seed, client);
                for (var n = client; n < HangUps; n += Clients)
                {
                    await cast.HangUpAsync(client, random);
                }
            }));
            await ShouldBeFreeAsync(chaos, cast);
        });

        // Work that began is finished: every payment that a provider was asked for has its answer.
        await Eventually.UntilAsync(async () => await chaos.CountAsync("SELECT count(*) FROM payments WHERE status = 'pending'") == 0);
        chaos.Server.Log.Split('\n').Where(line => line.Contains("failed: internal", StringComparison.Ordinal)).ShouldBeEmpty();
        await chaos.ShouldVerifyAsync();
    }

    /// <summary>No turn of the server, no connection of its pool and no lock in PostgreSQL is held.</summary>
    private static async Task ShouldBeFreeAsync(ChaosServer chaos, Cast cast)
    {
        // A transaction may be open for a moment; one that was left behind stays.
        await Eventually.UntilAsync(
            async () => await chaos.CountAsync(
                """
                SELECT count(*) FROM pg_stat_activity
                 WHERE datname = current_database() AND pid <> pg_backend_pid()
                   AND (state LIKE 'idle in transaction%' OR wait_event_type = 'Lock')
                """) == 0);
        await Eventually.UntilAsync(async () => await cast.UsedConnectionsAsync() == 0);
        foreach (var callers in cast.Seen)
        {
            using var patch = GateClient.Raw("""{"metadata":{"seen":"yes"}}""", "application/json");
            var answer = await cast.Project.Gate.SendAsync(HttpMethod.Patch, $"/v1/customers/{callers}", patch);
            answer.Status.ShouldBeOneOf([200, 404], $"{callers} is locked: {answer}");
        }

        var reads = await Task.WhenAll(Enumerable.Range(0, 4 * Pool)
            .Select(_ => cast.Project.Gate.SendAsync(HttpMethod.Get, "/v1/payments", null)));
        reads.ShouldAllBe(static answer => answer.Status == 200);
        (await chaos.IsReadyAsync()).ShouldBeTrue();
    }

    /// <summary>The project, the customers and the callers.</summary>
    private sealed class Cast : IDisposable
    {
        private readonly ChaosServer _theatre;
        private readonly GateClient _admin;
        private readonly HashSet<string> _seen = [];
        private readonly int[] _left = new int[Clients];
        private DateTime _clock = new(2033, 1, 1, 0, 0, 0, DateTimeKind.Utc);
        private string _endpoint = "";

        private Cast(ChaosServer chaos, Project project, IReadOnlyList<Operation> operations)
        {
            (_theatre, Project, Operations) = (chaos, project, operations);
            _admin = new(chaos.Server.Url, chaos.Server.AdminKey);
        }

        public Project Project { get; }

        public IReadOnlyList<Operation> Operations { get; }

        /// <summary>One for each client.</summary>
        public CallerSet[] CallerSets { get; } = new CallerSet[Clients];

        /// <summary>The customers since the last round.</summary>
        public IReadOnlyList<string> Seen
        {
            get
            {
                string[] seen = [.. _seen];
                _seen.Clear();
                return [.. seen, .. CallerSets.Select(static callers => callers.Customer)];
            }
        }

        public static async Task<Cast> GatherAsync(ChaosServer chaos)
        {
            var project = await chaos.ProjectAsync("hangups", CallerSet.Shop, "sandbox");
            var cast = new Cast(chaos, project, await Operation.AllAsync(project.Gate));
            await cast.AdvanceAsync();
            await cast.HaveEndpointAsync();
            for (var n = 0; n < Clients; n++)
            {
                cast.CallerSets[n] = await CallerSet.GatherAsync(project.Gate);
            }

            return cast;
        }

        /// <summary>
        /// Makes sure that the endpoint which all operations on endpoints use still exists, and removes left-over ones, which fill the
        /// project.
        /// </summary>
        public async Task HaveEndpointAsync()
        {
            var list = await Project.Gate.SendAsync(HttpMethod.Get, "/v1/webhook-endpoints?limit=100", null);
            var ids = list.Member("data").EnumerateArray().Select(static one => one.GetProperty("id").GetString()!).ToArray();
            if (ids.Length <= FewEndpoints && ids.Contains(_endpoint))
            {
                return;
            }

            foreach (var id in ids)
            {
                await Project.Gate.SendAsync(HttpMethod.Delete, "/v1/webhook-endpoints/" + id, null);
            }

            _endpoint = await CallerSet.EndpointAsync(Project.Gate);
        }

        public async Task<Answer> AskAsync(Operation operation, CallerSet callers)
        {
            var request = RequestOf(operation, callers, null);
            using var gate = new GateClient(
                _theatre.Server.Url, request.Key, request.Key == _theatre.Server.AdminKey ? Project.Code : null);
            using var content = request.Body is null ? null : GateClient.Raw(request.Body, request.MediaType);
            return await gate.SendAsync(operation.HttpMethod, request.Path, content, patience: TimeSpan.FromSeconds(60));
        }

        public async Task HangUpAsync(int client, Random random)
        {
            if (_left[client]++ % RequestsOfOne == RequestsOfOne - 1)
            {
                lock (_seen)
                {
                    _seen.Add(CallerSets[client].Customer);
                }

                CallerSets[client] = await CallerSet.GatherAsync(Project.Gate);
                await HaveEndpointAsync();
            }

            // Every fourth request is about another client's customer: several changes of one customer at a time.
            var callers = CallerSets[random.Next(4) == 0 ? random.Next(Clients) : client];
            var mutating = Operations.Where(static one => one.Mutates).ToArray();
            var operation = mutating[random.Next(mutating.Length)];
            var idempotencyKey = operation.Method is "post" or "patch" && random.Next(3) == 0
                ? random.NextInt64().ToString(CultureInfo.InvariantCulture)
                : null;
            await HangUp.LeaveAsync(
                _theatre.Server.Url, RequestOf(operation, callers, idempotencyKey),
                TimeSpan.FromMicroseconds(random.Next(LatestMicroseconds)),
                isReset: random.Next(2) == 0, isWhole: random.Next(20) > 0);
        }

        /// <summary>The connections of the pool in use, as <c>/metrics</c> shows them.</summary>
        public async Task<int> UsedConnectionsAsync()
        {
            var text = (await _admin.SendAsync(HttpMethod.Get, "/metrics", null)).Text;
            var line = text.Split('\n').Single(static one =>
                one.StartsWith("db_client_connection", StringComparison.Ordinal) && one.Contains("\"control\"", StringComparison.Ordinal)
                    && one.Contains("\"used\"", StringComparison.Ordinal));
            return int.Parse(line[(line.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture);
        }

        public void Dispose()
        {
            _admin.Dispose();
            Project.Dispose();
        }

        private RawRequest RequestOf(Operation operation, CallerSet callers, string? idempotencyKey)
        {
            // Eight hours further each time: sometimes a month ends and subscriptions renew.
            var clock = operation.Name == "POST /v1/test-clock" ? Later() : _clock;
            var key = operation.Path.StartsWith("/v1/projects", StringComparison.Ordinal) ? _theatre.Server.AdminKey
                : operation.Path.StartsWith(OurPaths, StringComparison.Ordinal) ? Project.SecretKey
                : callers.Token;
            return callers.RequestOf(operation, key, _endpoint, clock, idempotencyKey);
        }

        private DateTime Later()
        {
            lock (_seen)
            {
                return _clock = _clock.AddHours(8);
            }
        }

        private async Task AdvanceAsync()
        {
            using var content = GateClient.Raw($$"""{"advance_to":"{{_clock:yyyy-MM-dd'T'HH:mm:ss'Z'}}"}""", "application/json");
            (await Project.Gate.SendAsync(HttpMethod.Post, "/v1/test-clock", content)).Status.ShouldBe(200);
        }
    }
}
