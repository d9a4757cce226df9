using System.Globalization;
using System.Net;
using Tollgate.Core.Outbound;
using Tollgate.Engine.Customers;
using Tollgate.Engine.Ledger;
using Tollgate.Engine.Payments;
using Tollgate.Engine.Payments.Paymob;
using Tollgate.Engine.Payments.Stripe;
using Tollgate.Engine.Postgres;
using Tollgate.Engine.Projects;
using Tollgate.Engine.Secrets;
using Tollgate.Server.Customers;
using Tollgate.Server.Gateway;
using Tollgate.Server.Http;
using Tollgate.Server.Limits;
using Tollgate.Server.Mail;
using Tollgate.Server.Payments;
using Tollgate.Server.Webhooks;

namespace Tollgate.Server.Hosting;

/// <summary>The options of <c>up</c> from flags and environment, read and validated together.</summary>
public sealed record ServerOptions
{
    public const int DefaultPort = 8080;
    public const string DefaultData = ".tollgate";
    public const string DefaultListen = "127.0.0.1";

    /// <summary>TCP port, 1 to 65535.</summary>
    public required int Port { get; init; }

    /// <summary>The address to listen on. Default: loopback.</summary>
    public required IPAddress Listen { get; init; }

    /// <summary>The absolute path of the data folder.</summary>
    public required string Data { get; init; }

    /// <summary>An Npgsql connection string; null: the private PostgreSQL.</summary>
    public string? Database { get; init; }

    /// <summary>True: starts with a warning, instead of a refusal, on an external database that may lose acknowledged facts.</summary>
    public bool AllowUnsafeDatabase { get; init; }

    /// <summary>The source of the key that encrypts secrets in the database.</summary>
    public MasterKeySource MasterKey { get; init; } = new(null, null, MasterKeySource.FileName);

    /// <summary>True: replaces a lost master key. The operator must set the secrets that it encrypted again.</summary>
    public bool NewMasterKey { get; init; }

    /// <summary>True: creates an admin key and writes it to keys.env, for an operator who lost that file.</summary>
    public bool NewAdminKey { get; init; }

    /// <summary>Adds demo customers with a usage history.</summary>
    public bool Demo { get; init; }

    /// <summary>The seed of the demo data: the same seed gives the same data.</summary>
    public long Seed { get; init; } = 1;

    /// <summary>The project of public reads of the seed doors without a key.</summary>
    public string? DefaultProject { get; init; }

    /// <summary>The keys of Stripe for the default project, by the names of its credentials; null: none.</summary>
    public IReadOnlyDictionary<string, string>? StripeKeys { get; init; }

    /// <summary>The key with which the app of the default project signs its users' tokens; null: it signs none.</summary>
    public ReadOnlyMemory<byte>? AppSecret { get; init; }

    /// <summary>The address at which customers reach this server; null: the address of the request that creates a link.</summary>
    public Uri? PublicUrl { get; init; }

    /// <inheritdoc cref="Settings.MaxBodyBytes"/>
    public long MaxBodyBytes { get; init; } = Settings.MaxBodyBytes.Default;

    /// <summary>The limits on the sockets of clients and the gateway.</summary>
    public SocketBudget Sockets { get; init; } = new(
        Settings.MaxConnections.Default, Settings.ConnectionsPerAddress.Default, Settings.UpstreamConnections.Default);

    /// <summary>The proxies whose <c>X-Forwarded-For</c> Tollgate trusts.</summary>
    public TrustedProxies TrustedProxies { get; init; } = TrustedProxies.None;

    /// <inheritdoc cref="Settings.HeaderSeconds"/>
    public TimeSpan HeaderTime { get; init; } = TimeSpan.FromSeconds(Settings.HeaderSeconds.Default);

    /// <inheritdoc cref="Settings.IdleSeconds"/>
    public TimeSpan IdleTime { get; init; } = TimeSpan.FromSeconds(Settings.IdleSeconds.Default);

    /// <inheritdoc cref="Settings.StallSeconds"/>
    public TimeSpan StallTime { get; init; } = TimeSpan.FromSeconds(Settings.StallSeconds.Default);

    /// <inheritdoc cref="Settings.MinAnswerBytesPerSecond"/>
    public long MinAnswerBytesPerSecond { get; init; } = Settings.MinAnswerBytesPerSecond.Default;

    /// <inheritdoc cref="Settings.FailedAttempts"/>
    public GuessOptions Guesses { get; init; } = new((int)Settings.FailedAttempts.Default);

    /// <summary>The limits on the requests of a key and of an address.</summary>
    public RequestLimitOptions Requests { get; init; } = new(
        Settings.KeyRequests.Default, Settings.AddressRequests.Default, Settings.CustomerRequests.Default);

    /// <inheritdoc cref="Settings.MinBodyBytesPerSecond"/>
    public long MinBodyBytesPerSecond { get; init; } = Settings.MinBodyBytesPerSecond.Default;

    /// <inheritdoc cref="Settings.ExportsPerProject"/>
    public int ExportsPerProject { get; init; } = (int)Settings.ExportsPerProject.Default;

    /// <inheritdoc cref="Settings.DrainSeconds"/>
    public TimeSpan DrainTime { get; init; } = TimeSpan.FromSeconds(Settings.DrainSeconds.Default);

    /// <summary>Sizes and time limits of the database connections.</summary>
    public DatabaseOptions Connections { get; init; } = new();

    /// <summary>Limits of the hot path.</summary>
    public LedgerOptions Ledger { get; init; } = new();

    /// <summary>The share of the server that one project may use at one time.</summary>
    public FairShareOptions Share { get; init; } = new();

    /// <summary>The limits on a project's keys, coupons, checkouts and tokens.</summary>
    public ThingLimits Things { get; init; } = new();

    /// <summary>Limits of customers.</summary>
    public CustomerOptions Customers { get; init; } = new();

    /// <summary>The service that checks VAT ids.</summary>
    public ViesOptions Vies { get; init; } = ViesOptions.Default;

    /// <inheritdoc cref="Settings.PaymentSeconds"/>
    public PaymentOptions Payments { get; init; } = PaymentOptions.Default;

    /// <summary>The address of Paymob.</summary>
    public PaymobOptions Paymob { get; init; } = PaymobOptions.Default;

    /// <summary>Limits of the gateway.</summary>
    public GatewayOptions Gateway { get; init; } = new();

    /// <summary>The allowed targets of outgoing webhooks.</summary>
    public WebhookOptions Webhooks { get; init; } = new();

    /// <summary>The delivery of mail.</summary>
    public MailOptions Mail { get; init; } = new();

    /// <inheritdoc cref="Settings.ProjectProviderEvents"/>
    public long ProviderEventsMiBADay { get; init; } = Settings.ProjectProviderEvents.Default;

    /// <summary>The address at which clients on this machine reach the server.</summary>
    public string Url
    {
        get
        {
            var host = Listen.Equals(IPAddress.Any) ? "127.0.0.1" : Listen.Equals(IPAddress.IPv6Any) ? "[::1]" : Printed(Listen);
            return string.Create(CultureInfo.InvariantCulture, $"http://{host}:{Port}");
        }
    }

    /// <summary>Reads flags (which win) and environment.</summary>
    /// <param name="flag">A flag's text, or null when it was not given.</param>
    /// <param name="faults">All faults, each with the value seen and its source.</param>
    public static ServerOptions? Read(Func<string, string?> flag, Func<string, string?> environment, out IReadOnlyList<string> faults)
    {
        var found = new List<string>();
        var text = new Texts(flag, environment);
        var listen = ReadListen(text, found);
        var data = Path.GetFullPath(text.Of("--data", "TOLLGATE_DATA") ?? DefaultData);
        var connections = ReadConnections(environment, found);
        var lanes = (int)Settings.Lanes.Read(environment, found);
        var sockets = SocketBudget.Read(environment, FileLimit.Read(), connections, lanes, found);
        var options = WithProduct(environment, found, new()
        {
            Port = (int)ReadNumber(text, "--port", "TOLLGATE_PORT", DefaultPort, 1, 65535, "a TCP port", found),
            Listen = listen, Data = data,
            Database = ReadDatabase(text, found),
            AllowUnsafeDatabase = ReadSwitch(environment, DatabaseCheck.UnsafeVariable, found),
            MasterKey = MasterKeySource.Read(environment, data, found),
            NewMasterKey = text.Of("--new-master-key", null) is not null,
            NewAdminKey = text.Of("--new-admin-key", null) is not null,
            Demo = text.Of("--demo", null) is not null || ReadSwitch(environment, "TOLLGATE_DEMO", found),
            Seed = ReadNumber(text, "--seed", "TOLLGATE_SEED", 1, 0, long.MaxValue, "a seed", found),
            DefaultProject = text.Of("--default-project", "TOLLGATE_DEFAULT_PROJECT"),
            PublicUrl = ReadAddress(environment, "TOLLGATE_PUBLIC_URL", found),
            MaxBodyBytes = Settings.MaxBodyBytes.Read(environment, found),
            Sockets = sockets,
            Guesses = new GuessOptions((int)Settings.FailedAttempts.Read(environment, found)),
            Requests = ReadRequests(environment, found),
            TrustedProxies = TrustedProxies.Read(environment, found),
            HeaderTime = TimeSpan.FromSeconds(Settings.HeaderSeconds.Read(environment, found)),
            IdleTime = TimeSpan.FromSeconds(Settings.IdleSeconds.Read(environment, found)),
            StallTime = TimeSpan.FromSeconds(Settings.StallSeconds.Read(environment, found)),
            MinAnswerBytesPerSecond = Settings.MinAnswerBytesPerSecond.Read(environment, found),
            MinBodyBytesPerSecond = Settings.MinBodyBytesPerSecond.Read(environment, found),
            ExportsPerProject = (int)Settings.ExportsPerProject.Read(environment, found),
            DrainTime = TimeSpan.FromSeconds(Settings.DrainSeconds.Read(environment, found)),
            Connections = connections,
            Share = ReadShare(environment, found),
            Things = ReadThings(environment, found),
            Customers = new CustomerOptions { MostMembers = (int)Settings.MostMembers.Read(environment, found) },
            Vies = CustomersRoom.ReadVies(environment, found),
            Paymob = PaymobSetup.Read(environment, ReadAddress(environment, "TOLLGATE_PUBLIC_URL", []), found),
            Payments = new PaymentOptions(TimeSpan.FromSeconds(Settings.PaymentSeconds.Read(environment, found)))
            {
                Stripe = ReadStripe(environment, found),
            },
            Gateway = ReadGateway(environment, sockets.UpstreamConnections, found),
            Mail = MailOptions.Read(environment, found) with { MostAnHour = (int)Settings.ProjectMails.Read(environment, found) },
            ProviderEventsMiBADay = Settings.ProjectProviderEvents.Read(environment, found),
            Webhooks = new WebhookOptions { AllowLocal = ReadSwitch(environment, WebhookOptions.AllowLocalVariable, found) },
            Ledger = new LedgerOptions
            {
                Lanes = lanes,
                QueueLength = (int)Settings.QueueLength.Read(environment, found),
                MaxBatch = (int)Settings.MaxBatch.Read(environment, found),
                AccountsPerLane = (int)Settings.AccountsPerLane.Read(environment, found),
                NewCustomersPerMinute = (int)Settings.ProjectNewCustomers.Read(environment, found),
            },
        });
        faults = found;
        return found.Count == 0 ? options : null;
    }

    private static DatabaseOptions ReadConnections(Func<string, string?> environment, List<string> faults) => new()
    {
        PoolSize = (int)Settings.PoolSize.Read(environment, faults),
        ConnectSeconds = (int)Settings.ConnectSeconds.Read(environment, faults),
        CommandSeconds = (int)Settings.CommandSeconds.Read(environment, faults),
    };

    private static RequestLimitOptions ReadRequests(Func<string, string?> environment, List<string> faults) => new(
        Settings.KeyRequests.Read(environment, faults), Settings.AddressRequests.Read(environment, faults),
        Settings.CustomerRequests.Read(environment, faults));

    private static FairShareOptions ReadShare(Func<string, string?> environment, List<string> faults) => new()
    {
        Requests = ShareOf((int)Settings.PoolSize.Read(environment, []), environment, faults),
        Heavy = (int)Settings.ProjectHeavy.Read(environment, faults),
        Bulk = (int)Settings.ProjectBulk.Read(environment, faults),
        Waiting = (int)Settings.ProjectWaiting.Read(environment, faults),
        Wait = TimeSpan.FromSeconds(Settings.ProjectWaitSeconds.Read(environment, faults)),
        BodyTime = TimeSpan.FromSeconds(Settings.BodySeconds.Read(environment, faults)),
    };

    private static ThingLimits ReadThings(Func<string, string?> environment, List<string> faults) => new()
    {
        Keys = (int)Settings.MostKeys.Read(environment, faults),
        Coupons = (int)Settings.MostCoupons.Read(environment, faults),
        Checkouts = (int)Settings.MostCheckouts.Read(environment, faults),
        Tokens = (int)Settings.MostTokens.Read(environment, faults),
        AlertRules = (int)Settings.MostAlertRules.Read(environment, faults),
        Imports = (int)Settings.MostImports.Read(environment, faults),
        CustomerKeys = (int)Settings.CustomerKeys.Read(environment, faults),
    };

    /// <summary>
    /// The requests of one project: it must leave connections to others, also while its visitors use their half in addition
    /// (<see cref="FairShareOptions.OfVisitors"/>).
    /// </summary>
    private static int ShareOf(int pool, Func<string, string?> environment, List<string> faults)
    {
        var (setting, most) = (Settings.ProjectRequests, Math.Max(1, (pool - 1) * 2 / 3));
        var share = (int)setting.Read(environment, faults);
        if (share > most && !string.IsNullOrWhiteSpace(environment(setting.Variable)))
        {
            faults.Add(string.Create(
                CultureInfo.InvariantCulture,
                $"{setting.Variable} is {share} and {Settings.PoolSize.Variable} is {pool}: one project and its visitors could take all connections. Lower the share, or raise the pool."));
        }

        return Math.Min(share, most);
    }

    private static string Printed(IPAddress address) =>
        address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6 ? $"[{address}]" : address.ToString();

    private static IPAddress ReadListen(Texts text, List<string> faults)
    {
        var value = text.Of("--listen", "TOLLGATE_LISTEN") ?? DefaultListen;
        if (IPAddress.TryParse(value == "localhost" ? DefaultListen : value, out var address))
        {
            return address;
        }

        faults.Add(
            $"--listen is \"{value}\": it must be an IP address of this machine, such as 127.0.0.1 (only this machine) or 0.0.0.0 (every "
                + "network).");
        return IPAddress.Loopback;
    }

    private static string? ReadDatabase(Texts text, List<string> faults)
    {
        if (text.Of("--database", "TOLLGATE_DATABASE") is not { } value)
        {
            return null;
        }

        try
        {
            return DatabaseUrl.ToConnectionString(value);
        }
        catch (StartRefusedException e)
        {
            faults.Add(e.Message);
            return null;
        }
    }

    private static Uri? ReadAddress(Func<string, string?> environment, string variable, List<string> faults)
    {
        var value = environment(variable);
        if (string.IsNullOrWhiteSpace(value))
        {
            return null;
        }

        if (Uri.TryCreate(value, UriKind.Absolute, out var address) && address is { Scheme: "http" or "https", PathAndQuery: "/" })
        {
            return address;
        }

        faults.Add(
            $"{variable} is \"{value}\": it must be the URL under which customers reach this server, such as https://billing.example.com, "
                + "without a path.");
        return null;
    }

    private static long ReadNumber(
        Texts text, string name, string variable, long @default, long smallest, long largest, string what, List<string> faults)
    {
        var value = text.Of(name, variable);
        if (value is null)
        {
            return @default;
        }

        if (long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= smallest
            && number <= largest)
        {
            return number;
        }

        faults.Add(
            string.Create(
                CultureInfo.InvariantCulture, $"{name} (or {variable}) is \"{value}\": it must be {what}, {smallest} to {largest}."));
        return @default;
    }

    /// <summary>Adds the variables of a product that moves over.</summary>
    private static ServerOptions WithProduct(Func<string, string?> environment, List<string> faults, ServerOptions options) => options with
    {
        StripeKeys = StripeFromEnvironment.Read(environment),
        AppSecret = ReadAppSecret(environment, options.DefaultProject, faults),
    };

    /// <summary>Without a default project the variable is somebody else's.</summary>
    private static ReadOnlyMemory<byte>? ReadAppSecret(Func<string, string?> environment, string? defaultProject, List<string> faults)
    {
        const string variable = "SECRET_KEY";
        const int shortest = 32;
        if (defaultProject is null || environment(variable) is not { } text || string.IsNullOrWhiteSpace(text))
        {
            return null;
        }

        var secret = System.Text.Encoding.UTF8.GetBytes(text.Trim());
        if (secret.Length < shortest)
        {
            faults.Add(string.Create(
                CultureInfo.InvariantCulture,
                $"{variable} has {secret.Length} bytes: a key for HS256 has at least {shortest}. Create one: openssl rand -hex 32."));
        }

        return secret;
    }

    /// <summary>Reads the address of Stripe, which receives keys, so it must use TLS unless it is this machine.</summary>
    private static StripeOptions ReadStripe(Func<string, string?> environment, List<string> faults)
    {
        if (environment(StripeOptions.UrlVariable) is not { } text || string.IsNullOrWhiteSpace(text))
        {
            return StripeOptions.Default;
        }

        if (Uri.TryCreate(text.Trim(), UriKind.Absolute, out var url)
            && (url.Scheme == Uri.UriSchemeHttps || (url.Scheme == Uri.UriSchemeHttp && url.IsLoopback)))
        {
            return StripeOptions.Default with { Url = url };
        }

        faults.Add($"{StripeOptions.UrlVariable} is \"{text}\": it must be an https address, or http on this machine.");
        return StripeOptions.Default;
    }

    private static GatewayOptions ReadGateway(Func<string, string?> environment, long connections, List<string> faults) => new()
    {
        MaxBodyBytes = Settings.GatewayBodyBytes.Read(environment, faults),
        MaxCustomerBodyBytes = Settings.GatewayCustomerBodyBytes.Read(environment, faults),
        MostMemoryMiB = ReadGatewayMemory(environment, faults),
        IdleTime = TimeSpan.FromSeconds(Settings.UpstreamSeconds.Read(environment, faults)),
        MostConnections = connections,
        MostCalls = SocketBudget.CallsOf(Settings.GatewayCalls.Read(environment, faults), connections),
        Networks = ReadNetworks(environment, GatewayOptions.NetworksVariable, faults),
    };

    /// <summary>
    /// Reads the memory of the gateway: at least four times the largest body, since one project gets at most half, and a growing body
    /// briefly exists twice.
    /// </summary>
    private static long ReadGatewayMemory(Func<string, string?> environment, List<string> faults)
    {
        var (memory, largest) = (Settings.GatewayMemory.Read(environment, faults), Settings.GatewayBodyBytes.Read(environment, []));
        var needed = (4 * largest + (1024 * 1024) - 1) / (1024 * 1024);
        if (memory < needed)
        {
            faults.Add(string.Create(
                CultureInfo.InvariantCulture,
                $"{Settings.GatewayMemory.Variable} is {memory} MiB and {Settings.GatewayBodyBytes.Variable} is {largest} bytes: the memory must be at least four times the largest body, {needed} MiB. Raise {Settings.GatewayMemory.Variable}, or lower {Settings.GatewayBodyBytes.Variable}."));
        }

        return memory;
    }

    private static IReadOnlyList<IPNetwork> ReadNetworks(Func<string, string?> environment, string variable, List<string> faults)
    {
        var networks = Reach.ReadNetworks(environment(variable), out var fault);
        if (fault is not null)
        {
            faults.Add($"{variable} is \"{environment(variable)}\": {fault}");
        }

        return networks;
    }

    private static bool ReadSwitch(Func<string, string?> environment, string variable, List<string> faults)
    {
        switch (environment(variable)?.Trim().ToUpperInvariant())
        {
            case null or "" or "0" or "FALSE" or "NO":
                return false;
            case "1" or "TRUE" or "YES":
                return true;
            default:
                faults.Add($"{variable} is \"{environment(variable)}\": it must be 1 or 0.");
                return false;
        }
    }

    private sealed record Texts(Func<string, string?> Flag, Func<string, string?> Environment)
    {
        public string? Of(string flag, string? variable)
        {
            var value = Flag(flag) ?? (variable is null ? null : Environment(variable));
            return string.IsNullOrWhiteSpace(value) ? null : value;
        }
    }
}
