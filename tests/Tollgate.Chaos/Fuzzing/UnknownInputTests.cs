using System.Text.Json.Nodes;
using Tollgate.Chaos.Client;
using Tollgate.Chaos.Servers;

namespace Tollgate.Chaos.Fuzzing;

/// <summary>
/// Every operation of the OpenAPI document × {no key, an unknown key, another project's key, a public key, a revoked key}: never a 2xx that
/// the key has no right to, never data of another project, never a 5xx.
/// </summary>
public sealed class UnknownInputTests(ChaosServers servers)
{
    private const string Customer = "customer-of-ours";

    private const string Member = "member-of-ours";

    /// <summary>Part of every free text of the walked project; it must never reach a stranger.</summary>
    private const string Mark = "zebra-7f3a";

    /// <summary>Operations that answer everyone, by the beginning of their path, with the reason.</summary>
    private static readonly (string Path, string Reason)[] Open =
    [
        ("/health", "load balancers and supervisors have no key; nothing of a project is in the answer"),
        ("/metrics", "figures of the server, of no project or customer"),
        ("/openapi", "the description of the API"),
        ("/docs", "the description of the API"),
        ("/admin/health/database", "seed A's health door"),
        ("/v1/webhooks/", "a provider's signature is the key"),
        ("/webhooks/stripe", "a provider's signature is the key"),
        ("/billing/webhook", "a provider's signature is the key"),
        ("/v1/mail/unsubscribe", "the signed link of a mail is the key"),
        ("/auth/login", "the password is the key"),
        ("/billing/success", "where a browser comes back to; it says thank you and nothing else"),
        ("/billing/cancel", "where a browser comes back to; it says so and nothing else"),
    ];

    /// <summary>Reads that seed doors serve without a key: what the seeds publish, and nothing else.</summary>
    private static readonly string[] OpenReadsOfTheDefaultProject = ["/pricing/", "/api/subscription/plans", "/api/subscription/pricing", "/billing/status", "/billing/upgrade"];

    /// <summary>The reads of a public key.</summary>
    private static readonly string[] ForPublicKeys =
        ["/v1/plans", "/v1/features", "/pricing", "/api/subscription/plans", "/api/subscription/pricing", "/v1/catalog",
            "/api/features/available", "/v1/experiments", "/billing/status", "/billing/upgrade"];

    [Fact]
    public async Task Nobody_without_a_valid_key_gets_an_answer()
    {
        using var walk = await Walk.StartAsync(servers);
        string?[] keys = [null, "tg_sk_0000000000000000000000000000000000000000000", "tg_sk_", "nonsense", "tg_ct_AAAA", walk.RevokedKey];
        var faults = new List<string>();
        foreach (var operation in walk.Operations.Where(operation =>
            !Open.Any(open => operation.Path.StartsWith(open.Path, StringComparison.Ordinal))))
        {
            foreach (var key in keys)
            {
                var answer = await walk.SendAsync(operation, key);
                var mayRead = key is null && !operation.Mutates
                    && OpenReadsOfTheDefaultProject.Any(path => operation.Path.StartsWith(path, StringComparison.Ordinal));
                if (answer.Status is not (401 or 403) && !mayRead)
                {
                    faults.Add(
                        $"{operation.Name} with {(key is null ? "no key" : key == walk.RevokedKey ? "a revoked key" : $"\"{key}\"")}: "
                            + $"{answer}");
                }

                if (answer.Text.Contains(Mark, StringComparison.Ordinal))
                {
                    faults.Add($"{operation.Name}: a project's data reached somebody without its key: {answer}");
                }
            }
        }

        faults.ShouldBeEmpty(string.Join('\n', faults));
    }

    [Fact]
    public async Task The_key_of_another_project_opens_nothing_of_ours()
    {
        using var walk = await Walk.StartAsync(servers);
        var before = await Usage.OfAsync(walk.Ours.Gate, Customer, Catalogue.Thousand);
        var faults = new List<string>();
        foreach (var operation in walk.Operations)
        {
            foreach (var withOurProjectNamed in (bool[])[false, true])
            {
                var answer = await walk.SendAsync(operation, walk.Theirs.SecretKey, withOurProjectNamed ? walk.Ours.Code : null);
                if (answer.Text.Contains(Mark, StringComparison.Ordinal)
                    || answer.Text.Contains(walk.Ours.SecretKey, StringComparison.Ordinal))
                {
                    faults.Add($"{operation.Name}: our data reached another project: {answer}");
                }

                if (answer.Fate is Fate.Broken or Fate.Unknown)
                {
                    faults.Add($"{operation.Name}: {answer}");
                }
            }
        }

        faults.ShouldBeEmpty(string.Join('\n', faults));

        // The calls with our ids have changed nothing of ours.
        (await Usage.OfAsync(walk.Ours.Gate, Customer, Catalogue.Thousand)).ShouldBe(before);
        var held = await walk.Ours.Gate.SettleAsync(walk.Hold, new Dictionary<string, decimal> { [Catalogue.Thousand] = 5 });
        held.Fate.ShouldBe(Fate.Granted, $"our reservation was touched: {held}");
        (await walk.Ours.Gate.SendAsync(HttpMethod.Get, "/v1/features", null)).Text.ShouldContain(Mark);
        await walk.ChaosServer.ShouldVerifyAsync();
    }

    [Fact]
    public async Task A_public_key_reads_the_catalogue_and_nothing_else()
    {
        using var walk = await Walk.StartAsync(servers);
        var faults = new List<string>();
        foreach (var operation in walk.Operations.Where(operation =>
            !Open.Any(open => operation.Path.StartsWith(open.Path, StringComparison.Ordinal))))
        {
            var answer = await walk.SendAsync(operation, walk.Ours.PublicKey);
            var allowed = !operation.Mutates && ForPublicKeys.Any(path => operation.Path.StartsWith(path, StringComparison.Ordinal));
            if (answer.Status is not (401 or 403) && !(allowed && answer.Status is 200 or 404))
            {
                faults.Add($"{operation.Name}: {answer}");
            }
        }

        faults.ShouldBeEmpty(string.Join('\n', faults));
    }

    /// <summary>Two projects; ours has a customer with a member, events and a reservation, all marked.</summary>
    private sealed class Walk : IDisposable
    {
        private Walk(
            ChaosServer chaos, Project ours, Project theirs, string revokedKey, string hold, IReadOnlyList<Operation> operations) =>
            (ChaosServer, Ours, Theirs, RevokedKey, Hold, Operations) = (chaos, ours, theirs, revokedKey, hold, operations);

        public ChaosServer ChaosServer { get; }

        public Project Ours { get; }

        public Project Theirs { get; }

        public string RevokedKey { get; }

        public string Hold { get; }

        public IReadOnlyList<Operation> Operations { get; }

        public static async Task<Walk> StartAsync(ChaosServers servers)
        {
            var chaos = await servers.TwoServersAsync();
            var ours = await chaos.ProjectAsync("ours", Catalogue.Text.Replace("A thousand", Mark, StringComparison.Ordinal));
            var theirs = await chaos.ProjectAsync("theirs");
            var gate = ours.Gate;
            ShouldDo(await gate.PostAsync("/v1/customers", new JsonObject
            {
                ["id"] = Customer,
                ["name"] = Mark,
                ["email"] = $"{Mark}@example.org",
                ["metadata"] = new JsonObject { ["note"] = Mark },
            }));
            ShouldDo(await gate.PostAsync($"/v1/customers/{Customer}/members", new JsonObject { ["id"] = Member, ["name"] = Mark }));
            ShouldDo(await gate.PostAsync("/v1/consume", new JsonObject
            {
                ["customer"] = Customer,
                ["feature"] = Catalogue.Thousand,
                ["amount"] = 7,
                ["id"] = "event-of-ours",
                ["properties"] = new JsonObject { ["note"] = Mark },
            }));
            var hold = await gate.ReserveAsync(Customer, new Dictionary<string, decimal> { [Catalogue.Thousand] = 5 }, 3_600);
            ShouldDo(hold);
            var key = await gate.PostAsync("/v1/api-keys", new JsonObject { ["kind"] = "secret", ["name"] = Mark });
            ShouldDo(key);
            ShouldDo(await gate.SendAsync(HttpMethod.Delete, $"/v1/api-keys/{key.Id}", null));
            return new(chaos, ours, theirs, key.Member("key").GetString()!, hold.Id, await Operation.AllAsync(gate));
        }

        /// <summary>Sends the operation with our ids in its path, and the documented example or a plausible body.</summary>
        public async Task<Answer> SendAsync(Operation operation, string? key, string? project = null)
        {
            using var gate = new GateClient(ChaosServer.Server.Url, key, project);
            var path = operation.PathWith(name => ValueOf(name, operation.Path));
            using var content = operation.Mutates && operation.BodySchema.ValueKind == System.Text.Json.JsonValueKind.Object
                ? GateClient.Raw(Body(operation), "application/json")
                : null;
            return await gate.SendAsync(operation.HttpMethod, path, content);
        }

        public void Dispose()
        {
            Ours.Dispose();
            Theirs.Dispose();
        }

        private string ValueOf(string name, string path) => (name, path) switch
        {
            ("member", _) => Member,
            (_, var at) when at.StartsWith("/v1/reservations", StringComparison.Ordinal) => Hold,
            (_, var at) when at.StartsWith("/v1/events", StringComparison.Ordinal)
                || at.StartsWith("/v1/decisions", StringComparison.Ordinal) => "event-of-ours",
            (_, var at) when at.StartsWith("/v1/projects", StringComparison.Ordinal) => Ours.Code,
            (_, var at) when at.StartsWith("/v1/plans", StringComparison.Ordinal)
                || at.StartsWith("/pricing/plans", StringComparison.Ordinal) => Catalogue.Small,
            _ => Customer,
        };

        private static string Body(Operation operation)
        {
            var body = operation.BodyExample is { } example ? JsonNode.Parse(example.GetRawText()) : new JsonObject();
            if (body is JsonObject fields && fields.ContainsKey("customer"))
            {
                fields["customer"] = Customer;
            }

            return body?.ToJsonString() ?? "{}";
        }

        private static void ShouldDo(Answer answer) => answer.Fate.ShouldBe(Fate.Granted, answer.ToString());
    }
}
