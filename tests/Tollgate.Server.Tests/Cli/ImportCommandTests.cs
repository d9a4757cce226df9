using System.Text.Json;
using Tollgate.Server.Tests.Metering;
using Tollgate.Testing;

namespace Tollgate.Server.Tests.Cli;

/// <summary><c>tollgate import</c> against a running server: a product's tables become history, and both sides reconcile.</summary>
public sealed class ImportCommandTests(MeteringHost host) : IClassFixture<MeteringHost>
{
    private const string Dump =
        """
        COPY public.plan_prices (id, plan_id, billing_period, price_cents, currency) FROM stdin;
        1	2	monthly	2999	USD
        \.
        COPY public.pricing_plans (id, code, name) FROM stdin;
        1	free	Free
        2	pro	Pro
        \.
        COPY public.subscriptions (id, user_id, plan_id, billing_period, status, current_period_start, current_period_end, created_at, updated_at) FROM stdin;
        sub-1	u-1	2	monthly	canceled	2024-05-01 00:00:00	2024-06-01 00:00:00	2024-02-01 00:00:00	2024-05-20 00:00:00
        sub-2	u-2	1	monthly	active	2024-05-01 00:00:00	2024-06-01 00:00:00	2024-02-01 00:00:00	2024-05-20 00:00:00
        sub-3	u-3	2	monthly	incomplete	2024-05-01 00:00:00	2024-06-01 00:00:00	2024-02-01 00:00:00	2024-05-20 00:00:00
        \.
        COPY public.token_usage_log (id, user_id, plan_id, feature_code, model_name, input_tokens, output_tokens, cost_usd, request_id, metadata_json, created_at) FROM stdin;
        1	u-1	2	cv_generate	gpt-4o	900	100	0.003250	req-1	{"lang": "ar"}	2024-03-05 10:00:00
        2	u-1	2	cv_generate	gpt-4o-mini	900	100	0.000195	\N	\N	2024-03-05 10:00:01.5
        3	\N	2	cv_generate	gpt-4o	900	100	0.003250	\N	\N	2024-03-05 10:00:02
        \.
        COPY public.user_feature_usage (id, user_id, plan_id, feature_code, period_start, period_end, used_count) FROM stdin;
        1	u-1	2	cv_generate	2024-03-01 00:00:00	2024-04-01 00:00:00	12
        2	u-1	2	mock_interview	2024-03-01 00:00:00	2024-04-01 00:00:00	0
        3	u-2	1	cv_generate	2024-03-01 00:00:00	2024-04-01 00:00:00	2
        \.
        INSERT INTO public.users (id, email, full_name, created_at) VALUES ('u-1', 'm@example.com', 'محمد o''Neil', '2024-01-01 00:00:00');
        """;

    /// <summary>As SQLAlchemy writes it: enums by their names, money and costs as floats.</summary>
    private const string Writer =
        """
        CREATE TABLE subscription_plans (id INTEGER NOT NULL, name VARCHAR(50) NOT NULL, tier VARCHAR(10) NOT NULL, price_monthly FLOAT NOT NULL, price_yearly FLOAT NOT NULL, PRIMARY KEY (id));
        CREATE TABLE user_subscriptions (id INTEGER NOT NULL, user_id VARCHAR(100) NOT NULL, plan_id INTEGER NOT NULL, billing_cycle VARCHAR(7), current_period_start DATETIME NOT NULL, current_period_end DATETIME NOT NULL, status VARCHAR(13), is_active BOOLEAN, created_at DATETIME, updated_at DATETIME, PRIMARY KEY (id));
        CREATE TABLE usage_summaries (id INTEGER NOT NULL, user_id VARCHAR(100) NOT NULL, billing_period VARCHAR(20) NOT NULL, gemini_calls INTEGER, metaphor_calls INTEGER, exa_calls INTEGER, video_calls INTEGER, gemini_tokens INTEGER, total_calls INTEGER, total_tokens INTEGER, total_cost FLOAT, PRIMARY KEY (id));
        CREATE TABLE api_usage_logs (id INTEGER NOT NULL, user_id VARCHAR(100) NOT NULL, provider VARCHAR(9) NOT NULL, endpoint VARCHAR(200) NOT NULL, method VARCHAR(10) NOT NULL, model_used VARCHAR(100), tokens_input INTEGER, tokens_output INTEGER, cost_total FLOAT, response_time FLOAT NOT NULL, status_code INTEGER NOT NULL, error_message TEXT, timestamp DATETIME NOT NULL, PRIMARY KEY (id));
        CREATE TABLE billing_history (id INTEGER NOT NULL, user_id VARCHAR(100) NOT NULL, billing_period VARCHAR(20) NOT NULL, period_start DATETIME NOT NULL, period_end DATETIME NOT NULL, plan_name VARCHAR(50) NOT NULL, total_cost FLOAT, payment_status VARCHAR(20), payment_date DATETIME, stripe_invoice_id VARCHAR(100), created_at DATETIME, PRIMARY KEY (id));
        INSERT INTO subscription_plans VALUES (1, 'Free', 'FREE', 0.0, 0.0), (3, 'Pro', 'PRO', 79.0, 790.0);
        INSERT INTO user_subscriptions VALUES (1, 'u-1', 3, 'MONTHLY', '2025-01-01 00:00:00', '2025-02-01 00:00:00', 'LIMIT_REACHED', 1, '2025-01-01 00:00:00', '2025-01-20 00:00:00');
        INSERT INTO user_subscriptions VALUES (2, 'u-2', 1, 'MONTHLY', '2025-01-01 00:00:00', '2025-02-01 00:00:00', 'ACTIVE', 0, '2025-01-01 00:00:00', '2025-01-20 00:00:00');
        INSERT INTO usage_summaries VALUES (1, 'u-1', '2025-01', 800, 2, 3, 7, 125000, 805, 125000, 15.75);
        INSERT INTO usage_summaries VALUES (2, 'u-2', '2025-01', 0, 0, 0, 0, 0, 0, 0, 0.0);
        INSERT INTO api_usage_logs VALUES (1, 'u-1', 'GEMINI', '/api/blog', 'POST', 'gemini-2.5-flash', 900, 100, 0.00015000000000000001, 1.2349, 200, NULL, '2025-01-05 10:00:00.000000');
        INSERT INTO api_usage_logs VALUES (2, 'u-1', 'TAVILY', '/api/research', 'POST', NULL, 0, 0, 0.001, 0.25, 503, 'قطع "الاتصال" it''s down', '2025-01-05 11:00:00.000000');
        INSERT INTO billing_history VALUES (1, 'u-1', '2025-01', '2025-01-01 00:00:00', '2025-02-01 00:00:00', 'Pro', 79.0, 'paid', '2025-02-01 08:00:00', 'in_1', '2025-02-01 07:00:00');
        INSERT INTO billing_history VALUES (2, 'u-1', '2025-02', '2025-02-01 00:00:00', '2025-03-01 00:00:00', 'Pro', 79.0, 'pending', NULL, NULL, '2025-03-01 07:00:00');
        """;

    private async Task<string> ProjectAsync(string code, string catalog = "career-coach")
    {
        using var admin = host.Server.NewClient(host.Server.AdminKey);
        using var created = await admin.PostAsync(
            "/v1/projects", MeteringHost.Text($$"""{"code":"{{code}}","name":"Coach","mode":"live","catalog":"{{catalog}}"}"""));
        created.EnsureSuccessStatusCode();
        return JsonElement.Parse(await created.Content.ReadAsStringAsync()).GetProperty("secret_key").GetString()!;
    }

    private Task<(int ExitCode, string Output)> RunAsync(string project, params string[] arguments) =>
        ServerProcess.RunAsync(["import", .. arguments, "--data", host.Server.Data, "--project", project]);

    [Fact]
    public async Task The_tables_of_career_coach_reconcile_in_a_dry_run_and_in_a_run_and_count_once()
    {
        var key = await ProjectAsync("coach");
        using var folder = TestFolder.Create();
        var path = folder.Combine("dump.sql");
        await File.WriteAllTextAsync(path, Dump);

        var dry = await RunAsync("coach", "career-coach", path, "--dry-run");
        dry.ExitCode.ShouldBe(0, dry.Output);
        dry.Output.ShouldContain("7 records: 7 would be booked, 0 known before, 0 rejected.");
        using var client = host.Server.NewClient(key);
        (await client.GetAsync("/v1/customers/u-1")).StatusCode.ShouldBe(System.Net.HttpStatusCode.NotFound);

        var real = await RunAsync("coach", "career-coach", path);
        real.ExitCode.ShouldBe(0, real.Output);
        real.Output.ShouldContain("7 records: 7 booked, 0 known before, 0 rejected.");
        real.Output.ShouldContain("nothing was used");
        real.Output.ShouldContain("the call has no user");
        real.Output.ShouldContain("a subscription with the status 'incomplete' never began");
        LineOf(real.Output, "usage").ShouldBe("usage cv_generate 2 2 14 14 0");
        LineOf(real.Output, "subscriptions", "pro").ShouldBe("subscriptions pro 1 1 2999 2999 0");
        LineOf(real.Output, "llm_calls", "gpt-4o-mini").ShouldBe("llm_calls gpt-4o-mini 1 1 0.000195 0.000195 0");

        var customer = JsonElement.Parse(await client.GetStringAsync("/v1/customers/u-1"));
        customer.GetProperty("name").GetString().ShouldBe("محمد o'Neil");
        var calls = JsonElement.Parse(await client.GetStringAsync("/v1/llm-calls?customer=u-1&from=2024-01-01T00:00:00Z"));
        var call = calls.GetProperty("data")[1];
        (call.GetProperty("properties").GetProperty("lang").GetString(), call.GetProperty("plan").GetString()).ShouldBe(("ar", "pro"));

        var again = await RunAsync("coach", "career-coach", path, "--json");
        again.ExitCode.ShouldBe(0, again.Output);
        JsonElement.Parse(again.Output[again.Output.IndexOf('{')..]).GetProperty("import").GetProperty("replayed").GetInt64().ShouldBe(7);
    }

    [Fact]
    public async Task The_tables_of_alwrity_reconcile_and_a_provider_without_a_feature_is_named()
    {
        var key = await ProjectAsync("writer", "alwrity");
        using var folder = TestFolder.Create();
        var path = folder.Combine("dump.sql");
        await File.WriteAllTextAsync(path, Writer);

        var dry = await RunAsync("writer", "alwrity", path, "--dry-run");
        dry.ExitCode.ShouldBe(1, dry.Output);
        dry.Output.ShouldContain("usage_summaries line 9: feature_not_found: Unknown feature 'video_calls'.");

        await File.WriteAllTextAsync(path, Writer.Replace("INTO usage_summaries VALUES (1, 'u-1', '2025-01', 800, 2, 3, 7,", "INTO usage_summaries VALUES (1, 'u-1', '2025-01', 800, 2, 3, 0,", StringComparison.Ordinal));
        var real = await RunAsync("writer", "alwrity", path);
        real.ExitCode.ShouldBe(0, real.Output);
        real.Output.ShouldContain("10 records: 10 booked, 0 known before, 0 rejected.");
        LineOf(real.Output, "usage", "gemini_calls").ShouldBe("usage gemini_calls 1 1 800 800 0");
        LineOf(real.Output, "usage", "metaphor_calls").ShouldBe("usage metaphor_calls 2 2 5 5 0");
        LineOf(real.Output, "usage", "llm_cost").ShouldBe("usage llm_cost 1 1 15.75 15.75 0");
        LineOf(real.Output, "llm_calls", "gemini-2.5-flash").ShouldBe("llm_calls gemini-2.5-flash 1 1 0.00015 0.00015 0");
        LineOf(real.Output, "subscriptions", "pro").ShouldBe("subscriptions pro 1 1 7900 7900 0");
        LineOf(real.Output, "invoices").ShouldBe("invoices USD 1 1 7900 7900 0");
        real.Output.ShouldContain("a bill with the payment status 'pending' is open");
        real.Output.ShouldContain("nothing was used");

        using var client = host.Server.NewClient(key);
        var calls = JsonElement.Parse(await client.GetStringAsync("/v1/llm-calls?customer=u-1&from=2025-01-01T00:00:00Z"))
            .GetProperty("data");
        calls.EnumerateArray().Select(static call => (
            call.GetProperty("provider").GetString(), call.GetProperty("model").GetString(), call.GetProperty("latency_ms").GetInt64(),
            call.GetProperty("status").GetInt32())).ShouldBe([("tavily", "tavily", 250, 503), ("gemini", "gemini-2.5-flash", 1235, 200)]);
        var again = await RunAsync("writer", "alwrity", path);
        again.Output.ShouldContain("10 records: 0 booked, 10 known before, 0 rejected.");
    }

    [Fact]
    public async Task A_folder_of_CSV_files_names_the_rejected_row_and_exits_with_1()
    {
        await ProjectAsync("coach-csv");
        using var folder = TestFolder.Create();
        await File.WriteAllTextAsync(
            folder.Combine("user_feature_usage.csv"),
            "id,user_id,feature_code,used_count,period_start\n1,u-1,cv_generate,3,2024-03-01 00:00:00\n2,u-1,cv_generat,1,2024-03-01 00:00:00\n");
        var (code, output) = await RunAsync("coach-csv", "career-coach", folder.Path);
        code.ShouldBe(1, output);
        output.ShouldContain("user_feature_usage line 3: feature_not_found: Unknown feature 'cv_generat'. Did you mean 'cv_generate'?");
        output.ShouldContain("2 records: 1 booked, 0 known before, 1 rejected.");
    }

    /// <summary>Nothing is passed over in silence. Without a project, the one with the product's name gets the rows.</summary>
    [Fact]
    public async Task Rows_that_are_not_imported_are_counted_and_a_dump_without_the_products_tables_is_refused()
    {
        await ProjectAsync("trendit-dump", "trendit");
        using var folder = TestFolder.Create();
        var path = folder.Combine("dump.sql");
        await File.WriteAllTextAsync(
            path, "INSERT INTO usage_record (id, user_id) VALUES (1, 'علي \"x\" o''Neil'), (2, 'b');\nINSERT INTO plan_prices (id) VALUES (1);\n");
        var (code, output) = await RunAsync("trendit-dump", "trendit", path, "--dry-run");
        code.ShouldBe(1, output);
        output.ShouldContain("2 of usage_record: not imported");
        output.ShouldContain("1 of plan_prices: plans and prices of subscriptions");
        output.ShouldContain("No rows to import: the product's tables are users, subscriptions, usage_records.");

        await File.WriteAllTextAsync(
            path, "INSERT INTO usage_records (id, user_id, usage_type, cost_units, created_at) VALUES (1, 1, 'export', 1, '2024-03-05');\n");
        var own = await ServerProcess.RunAsync(["import", "trendit", path, "--dry-run", "--data", host.Server.Data]);
        own.ExitCode.ShouldBe(0, own.Output);
        own.Output.ShouldContain("1 records: 1 would be booked");
    }

    [Theory]
    [InlineData(2, "Did you mean 'career-coach'?", "career-couch", "dump.sql")]
    [InlineData(1, "cannot be read", "career-coach", "/no/such/dump.sql")]
    [InlineData(2, "is not a time zone", "career-coach", "dump.sql", "--time-zone", "Mars")]
    public async Task A_fault_is_one_sentence_and_an_exit_code(int expected, string sentence, params string[] arguments)
    {
        var (code, output) = await RunAsync("meters", arguments);
        code.ShouldBe(expected, output);
        output.ShouldContain(sentence);
    }

    [Fact]
    public async Task A_dump_that_is_cut_off_imports_nothing()
    {
        var key = await ProjectAsync("coach-cut");
        using var folder = TestFolder.Create();
        var path = folder.Combine("dump.sql");
        await File.WriteAllTextAsync(path, Dump[..(Dump.IndexOf("3\tu-2", StringComparison.Ordinal))]);
        var (code, output) = await RunAsync("coach-cut", "career-coach", path);
        code.ShouldBe(1, output);
        output.ShouldContain("the dump is cut off");
        using var client = host.Server.NewClient(key);
        var events = JsonElement.Parse(await client.GetStringAsync("/v1/events?customer=u-1&from=2024-01-01T00:00:00Z"));
        events.GetProperty("data").GetArrayLength().ShouldBe(0);
    }

    /// <summary>Returns the words of the first line that begins so.</summary>
    private static string LineOf(string output, params string[] begin) => output.Split('\n')
        .Select(static line => string.Join(' ', line.Split(' ', StringSplitOptions.RemoveEmptyEntries)))
        .First(line => line.StartsWith(string.Join(' ', begin) + " ", StringComparison.Ordinal));
}
