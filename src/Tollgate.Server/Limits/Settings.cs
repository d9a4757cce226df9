namespace Tollgate.Server.Limits;

/// <summary>Every limit of the server in one list: read and checked together, shown by <c>tollgate up --help</c>.</summary>
public static class Settings
{
    /// <summary>The largest request body.</summary>
    public static readonly Setting MaxBodyBytes = new(
        "TOLLGATE_MAX_BODY_BYTES", "bytes", 16 * 1024 * 1024, 64 * 1024, 1024L * 1024 * 1024,
        "Ten thousand events of 1.6 kB. It does not limit streams (NDJSON), which the server reads line by line.");

    /// <summary>Open client connections at one time.</summary>
    public static readonly Setting MaxConnections = new(
        "TOLLGATE_MAX_CONNECTIONS", "connections", 10_000, 10, 1_000_000,
        "An idle connection costs about 10 kB. The server closes further ones at once. If the file limit allows less, "
            + "the default is less.");

    /// <summary>Open connections of one address at one time.</summary>
    public static readonly Setting ConnectionsPerAddress = new(
        "TOLLGATE_CONNECTIONS_PER_ADDRESS", "connections", 1_000, 1, 1_000_000,
        "A tenth of TOLLGATE_MAX_CONNECTIONS, at least 64: one client cannot take them all. It does not limit trusted proxies.");

    /// <summary>Open connections of the gateway to upstreams at one time.</summary>
    public static readonly Setting UpstreamConnections = new(
        "TOLLGATE_UPSTREAM_CONNECTIONS", "connections", 10_000, 1, 1_000_000,
        "Each call in flight has one; a call beyond the limit waits up to 10 seconds. If the file limit allows less, the default is less.");

    /// <summary>Failed keys, tokens, page URLs and links of one address per minute.</summary>
    public static readonly Setting FailedAttempts = new(
        "TOLLGATE_FAILED_ATTEMPTS_PER_MINUTE", "attempts", 60, 1, 1_000_000,
        "Per address (IPv6: per /64). Further attempts get 429 and cost no query, so a caller with a wrong key still sees the reason for a "
            + "while. Valid keys are never limited.");

    /// <summary>Requests of one key in a minute.</summary>
    public static readonly Setting KeyRequests = new(
        "TOLLGATE_KEY_REQUESTS_PER_MINUTE", "requests", 0, 0, 100_000_000,
        "On each server; a minute's number at once, then at that rate. Further requests get 429. 0: no limit, because the shares of projects "
            + "already protect the server. The admin key has none.");

    /// <summary>Requests of one customer in a minute with its own tokens.</summary>
    public static readonly Setting CustomerRequests = new(
        "TOLLGATE_CUSTOMER_REQUESTS_PER_MINUTE", "requests", 0, 0, 100_000_000,
        "On each server, for all tokens of a customer together: a minute's number at once, then at that rate. Further requests get 429. "
            + "0: no limit, because an agent may send thousands of calls through the gateway with its customer's token. 600 suits browsers.");

    /// <summary>Requests of one address in a minute.</summary>
    public static readonly Setting AddressRequests = new(
        "TOLLGATE_ADDRESS_REQUESTS_PER_MINUTE", "requests", 0, 0, 100_000_000,
        "On each server, with any key or none (IPv6: per /64). Further requests get 429. 0: no limit, because an app's back end sends all "
            + "of its requests from one address. Trusted proxies have none.");

    /// <summary>Time for a request's head to arrive.</summary>
    public static readonly Setting HeaderSeconds = new(
        "TOLLGATE_HEADER_SECONDS", "seconds", 10, 1, 600,
        "Time for a request's head to arrive, for the first one from the moment of connecting: a silent client would hold a connection for "
            + "ever.");

    /// <summary>The longest idle time of a connection between two requests.</summary>
    public static readonly Setting IdleSeconds = new(
        "TOLLGATE_IDLE_SECONDS", "seconds", 90, 1, 3_600,
        "Longer than the 60 seconds for which load balancers keep connections, so that they never send into a closing one. "
        + "If the server is more than half full, new connections get the time for a head instead.");

    /// <summary>The longest time for which a client may read nothing of its answer.</summary>
    public static readonly Setting StallSeconds = new(
        "TOLLGATE_STALL_SECONDS", "seconds", 30, 1, 600,
        "A client that reads nothing is gone, or holds the answer in the server's memory on purpose.");

    /// <summary>The slowest rate at which a client may read its answer.</summary>
    public static readonly Setting MinAnswerBytesPerSecond = new(
        "TOLLGATE_MIN_ANSWER_BYTES_PER_SECOND", "bytes per second", 4_096, 0, 1_000_000,
        "The server cuts slower readers after 5 seconds plus the time for the buffered part at this pace. "
            + "The slowest mobile networks reach it. 0 accepts any pace.");

    /// <summary>The slowest rate of a request body.</summary>
    public static readonly Setting MinBodyBytesPerSecond = new(
        "TOLLGATE_MIN_BODY_BYTES_PER_SECOND", "bytes per second", 240, 0, 1_000_000,
        "The server cuts slower bodies after 5 seconds. 0 accepts any pace.");

    /// <summary>Exports of one project at one time.</summary>
    public static readonly Setting ExportsPerProject = new(
        "TOLLGATE_EXPORTS_PER_PROJECT", "exports", 2, 1, 1_000,
        "Exports of events and invoices last as long as their client reads. Each holds about 2 MB at a time; "
            + "further callers get 429 rate_limited.");

    /// <summary>Time for requests in flight after a signal to stop.</summary>
    public static readonly Setting DrainSeconds = new(
        "TOLLGATE_DRAIN_SECONDS", "seconds", 15, 0, 600,
        "Time for requests in flight to finish after SIGTERM; service managers commonly kill after 30.");

    /// <summary>Database connections of the control plane.</summary>
    public static readonly Setting PoolSize = new(
        "TOLLGATE_POOL_SIZE", "connections", 20, 1, 1000,
        "PostgreSQL connections for everything except the lanes; more only queue inside PostgreSQL.");

    /// <summary>Time for a database connection attempt.</summary>
    public static readonly Setting ConnectSeconds = new(
        "TOLLGATE_CONNECT_SECONDS", "seconds", 3, 1, 60,
        "A caller gets its 503 soon instead of waiting for an unavailable database.");

    /// <summary>Time for one statement.</summary>
    public static readonly Setting CommandSeconds = new(
        "TOLLGATE_COMMAND_SECONDS", "seconds", 30, 1, 3600,
        "The server cancels a statement that runs longer. Tollgate's own statements are much shorter.");

    /// <summary>Loops that commit batches of decisions.</summary>
    public static readonly Setting Lanes = new(
        "TOLLGATE_LANES", "lanes", Math.Clamp(Environment.ProcessorCount, 1, 2), 1, 64,
        "One per core, at most 2: three or more batches in flight cost throughput on two cores.");

    /// <summary>Operations that may wait in one lane.</summary>
    public static readonly Setting QueueLength = new(
        "TOLLGATE_QUEUE_LENGTH", "operations", 16_384, 64, 1_000_000,
        "Further callers get 503 overloaded at once instead of waiting for ever.");

    /// <summary>Operations in one transaction.</summary>
    public static readonly Setting MaxBatch = new(
        "TOLLGATE_MAX_BATCH", "operations", 4_096, 1, 65_536,
        "More adds latency and hardly any throughput.");

    /// <summary>Accounts that one lane keeps in memory.</summary>
    public static readonly Setting AccountsPerLane = new(
        "TOLLGATE_ACCOUNTS_PER_LANE", "accounts", 50_000, 100, 10_000_000,
        "About 1 kB each; an account that is not in memory costs one read.");

    /// <summary>Members of one customer whose plan sells no seats.</summary>
    public static readonly Setting MostMembers = new(
        "TOLLGATE_MOST_MEMBERS", "members", 10_000, 1, 1_000_000,
        "They share one balance, which one lane decides on, and each addition counts them. If a plan sells seats, "
            + "the paid seats are the limit instead.");

    /// <summary>The longest time for an answer of a payment provider.</summary>
    public static readonly Setting PaymentSeconds = new(
        "TOLLGATE_PAYMENT_SECONDS", "seconds", 30, 1, 3_600,
        "Afterwards Tollgate queries the provider for the result. Providers answer within seconds; a bank may take longer.");

    /// <summary>The largest request body that the gateway forwards.</summary>
    public static readonly Setting GatewayBodyBytes = new(
        "TOLLGATE_GATEWAY_BODY_BYTES", "bytes", 64 * 1024 * 1024, 64 * 1024, 1024L * 1024 * 1024,
        "Providers take 20 to 50 MB, with images and sound; the body of a call is in memory until it is sent.");

    /// <summary>The largest request body that the gateway forwards for a customer token.</summary>
    public static readonly Setting GatewayCustomerBodyBytes = new(
        "TOLLGATE_GATEWAY_CUSTOMER_BODY_BYTES", "bytes", 32 * 1024 * 1024, 64 * 1024, 1024L * 1024 * 1024,
        "Tollgate reads the body before it knows the customer's balance. A recording of 25 MB, the largest that OpenAI takes, fits.");

    /// <summary>Memory of bodies and answers in the gateway.</summary>
    public static readonly Setting GatewayMemory = new(
        "TOLLGATE_GATEWAY_MEMORY", "MiB", 512, 1, 1024 * 1024,
        "Request bodies until they are sent, and answers that Tollgate reads whole, for all calls together. "
            + "A project may use as much as stays free: half if it is alone. "
        + "Further callers get 429 gateway_busy. Must be at least four times TOLLGATE_GATEWAY_BODY_BYTES.");

    /// <summary>The longest silence of an upstream.</summary>
    public static readonly Setting UpstreamSeconds = new(
        "TOLLGATE_UPSTREAM_SECONDS", "seconds", 600, 1, 3600,
        "Models that think before they answer are silent for minutes; official clients wait 600 seconds.");

    /// <summary>Running requests of one project.</summary>
    public static readonly Setting ProjectRequests = new(
        "TOLLGATE_PROJECT_REQUESTS", "requests", 6, 1, 1000,
        "A third of the default pool: one project never has all connections. Further ones wait. Check, "
            + "consume and small batches of events do not count.");

    /// <summary>Running heavy requests of one project.</summary>
    public static readonly Setting ProjectHeavy = new(
        "TOLLGATE_PROJECT_HEAVY", "requests", Math.Max(1, Environment.ProcessorCount / 2), 1, 1000,
        "Exports, PDFs, analyses, catalogues, clock advances and verification each use a core for seconds; "
            + "half of the cores stay free for other projects.");

    /// <summary>Large bodies of one project at one time.</summary>
    public static readonly Setting ProjectBulk = new(
        "TOLLGATE_PROJECT_BULK", "requests", 8, 1, 10_000,
        "Batches and streams of events beyond 256 KiB: 16 MB on the wire are 100 MB in memory. Raise it for more streams that stay open.");

    /// <summary>Requests of one project that wait for their turn.</summary>
    public static readonly Setting ProjectWaiting = new(
        "TOLLGATE_PROJECT_WAITING", "requests", 1_000, 0, 1_000_000,
        "The server queues an import with hundreds of connections instead of refusing it; each waiting request costs about 10 kB.");

    /// <summary>Customers that one project may create per minute.</summary>
    public static readonly Setting ProjectNewCustomers = new(
        "TOLLGATE_PROJECT_NEW_CUSTOMERS", "customers a minute", 60_000, 1, 100_000_000,
        "An import of 100,000 takes a minute. Each costs a row, 1 kB of memory and 20 microseconds of a lane that all projects share.");

    /// <summary>Mails that one project may send an hour.</summary>
    public static readonly Setting ProjectMails = new(
        "TOLLGATE_PROJECT_MAILS", "mails an hour", 10_000, 1, 100_000_000,
        "All projects write in the operator's name through one mail server, whose owner counts what it gets. Further mails wait.");

    /// <summary>Events of payment providers that one project may store a day.</summary>
    public static readonly Setting ProjectProviderEvents = new(
        "TOLLGATE_PROJECT_PROVIDER_EVENTS", "MiB a day", 256, 1, 1_048_576,
        "On each server. An event has 2 to 5 kB, and Tollgate keeps it: enough for 60,000 a day. A project that knows its signing secret "
            + "could fill the disk. Further events get 429, and providers send them again for days.");

    /// <summary>API keys of one project.</summary>
    public static readonly Setting MostKeys = new(
        "TOLLGATE_MOST_KEYS", "keys", 1_000, 1, 1_000_000,
        "Every server has all keys in memory and reads them again when one changes. Keys that ended within 30 days count too.");

    /// <summary>Coupons of one project.</summary>
    public static readonly Setting MostCoupons = new(
        "TOLLGATE_MOST_COUPONS", "coupons", 10_000, 1, 10_000_000,
        "One coupon may be redeemed any number of times; ten thousand are a campaign with a code for each.");

    /// <summary>Open checkouts of one project.</summary>
    public static readonly Setting MostCheckouts = new(
        "TOLLGATE_MOST_CHECKOUTS", "checkouts", 20_000, 1, 10_000_000,
        "An unpaid checkout lives for a day at most: enough for twenty thousand undecided visitors.");

    /// <summary>Valid tokens of one customer.</summary>
    public static readonly Setting MostTokens = new(
        "TOLLGATE_MOST_TOKENS", "tokens", 1_000, 1, 1_000_000,
        "Enough for a token an hour for 40 days; a token lives at most ten years.");

    /// <summary>Alert rules of one project.</summary>
    public static readonly Setting MostAlertRules = new(
        "TOLLGATE_MOST_ALERT_RULES", "rules", 100, 1, 10_000,
        "Tollgate compares each fact with each rule of its kind. A hundred are some for each kind, and ten thousand alerts of one fact help "
            + "nobody.");

    /// <summary>Imports of one project that are not finished.</summary>
    public static readonly Setting MostImports = new(
        "TOLLGATE_MOST_IMPORTS", "imports", 20, 1, 1_000,
        "Imports that arrive, wait or run. Tollgate stores the whole file of each, and books one of a project at a time. Further callers get "
            + "429 rate_limited.");

    /// <summary>New idempotency keys of the tokens of one customer per day.</summary>
    public static readonly Setting CustomerKeys = new(
        "TOLLGATE_CUSTOMER_IDEMPOTENCY_KEYS", "keys a day", 1_000, 1, 10_000_000,
        "Keys that customer tokens send, on each server. The server keeps a key with its answer, about 1 kB, for 35 days; "
            + "no person at a browser reaches the limit. Further callers get 429 rate_limited.");

    /// <summary>The longest time for which a request waits for its project's turn.</summary>
    public static readonly Setting ProjectWaitSeconds = new(
        "TOLLGATE_PROJECT_WAIT_SECONDS", "seconds", 10, 1, 600,
        "Clients give up after 30 seconds or more; they should get an answer first.");

    /// <summary>The longest time for an ordinary body to arrive.</summary>
    public static readonly Setting BodySeconds = new(
        "TOLLGATE_BODY_SECONDS", "seconds", 30, 1, 3600,
        "Long enough for a megabyte at 300 kbit/s. Until the whole body has arrived, it takes memory, and the request does not start.");

    /// <summary>Calls of one project in progress in the gateway.</summary>
    public static readonly Setting GatewayCalls = new(
        "TOLLGATE_GATEWAY_CALLS", "calls", 1_000, 1, 100_000,
        "For each project, on each server. A call holds two sockets until the provider answers; a project may use at most a third of "
            + "TOLLGATE_UPSTREAM_CONNECTIONS. Further callers get 429 gateway_busy.");

    public static IReadOnlyList<Setting> All { get; } =
    [
        MaxBodyBytes, MaxConnections, ConnectionsPerAddress, UpstreamConnections, FailedAttempts, KeyRequests,
        CustomerRequests, AddressRequests,
        HeaderSeconds, IdleSeconds, StallSeconds,
        MinBodyBytesPerSecond,
        MinAnswerBytesPerSecond, ExportsPerProject, DrainSeconds, PoolSize, ConnectSeconds, CommandSeconds,
        Lanes, QueueLength, MaxBatch, AccountsPerLane, MostMembers, PaymentSeconds, GatewayBodyBytes, GatewayCustomerBodyBytes,
        GatewayMemory,
        UpstreamSeconds, GatewayCalls,
        ProjectRequests, ProjectHeavy, ProjectBulk, ProjectWaiting, ProjectWaitSeconds, BodySeconds, ProjectNewCustomers, ProjectMails,
        ProjectProviderEvents, MostKeys, MostCoupons, MostCheckouts, MostTokens, MostAlertRules, MostImports,
        CustomerKeys,
    ];
}
