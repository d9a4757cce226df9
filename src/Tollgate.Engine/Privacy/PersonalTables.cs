using static Tollgate.Engine.Privacy.PersonalTable;

namespace Tollgate.Engine.Privacy;

/// <summary>
/// Every table of the database: either with data of customers, and what happens to it, or without, and why. <c>PersonalTablesTests</c>
/// compares the lists with the schema, so that a later table or column cannot be forgotten.
/// </summary>
public static class PersonalTables
{
    private const string Numbers = "quantities and times of the pseudonym, which balances and invoices are made of";
    private const string Law = "tax law keeps invoices and their corrections unchanged, with the buyer that they name";
    private const string Books = "amounts, times and provider's numbers of the pseudonym, which tax law keeps";
    private const string OfPayment =
        "t.project_id = $3 AND EXISTS (SELECT FROM payments p WHERE p.partition = $1 AND p.account = $2 AND p.id = t.key)";
    private const string OfRefund =
        "t.project_id = $3 AND EXISTS (SELECT FROM refunds p WHERE p.partition = $1 AND p.account = $2 AND p.id = t.key)";

    /// <summary>The customer itself may be the actor of a fact.</summary>
    private static readonly (string, string) Actor =
        ("actor", "CASE WHEN t.actor LIKE 'customer %' THEN 'customer ' || $5 ELSE t.actor END");

    /// <summary>
    /// A reason that other customers gave too is a category, and reports of churn show it; any other is the customer's own text.
    /// </summary>
    private const string Category =
        """
        CASE WHEN EXISTS (SELECT FROM mrr_movements o
                           WHERE o.project_id = $3 AND (o.partition, o.account) <> ($1, $2) AND o.reason = t.{0}) THEN t.{0} ELSE {1} END
        """;

    private static string CategoryOf(string column, string otherwise) =>
        Category.Replace("{0}", column, StringComparison.Ordinal).Replace("{1}", otherwise, StringComparison.Ordinal);

    /// <summary>In the order in which an erasure changes them.</summary>
    public static readonly IReadOnlyList<PersonalTable> Personal =
    [
        // The ledger.
        new("balances", "usage by feature and period", Own, Erasing.Keep) { Kept = "room", Why = Numbers, Hidden = ["room"] },
        new("grants", "given, bought and carried units", Own, Erasing.Strip) { Sets = [("reference", "NULL")], Kept = "source" },
        new("holds", "reservations", Own, Erasing.Step) { Kept = "state reference member data" },
        new("rate_states", "rate windows", Own, Erasing.Keep) { Why = Numbers },
        new("unique_values", "hashes of values that unique meters have seen", Own, Erasing.Step),
        new("level_reports", "reported levels", Own, Erasing.Keep) { Why = Numbers },
        new("threshold_crossings", "crossed thresholds", Own, Erasing.Keep) { Why = Numbers },
        new("late_changes", "changes of ended periods", Own, Erasing.Keep) { Why = Numbers },
        new("usage_keys", "keys that encrypt texts of usage", Own, Erasing.Delete)
        {
            NotExported = "keys; the export has the texts that they encrypt",
        },
        new("events", "usage events, calls to models among them (data.props: your properties)", Own, Erasing.Step) { Kept = "data" },
        new("signals", "signals of customer success", Own, Erasing.Step)
        {
            Kept = "type name unit", NotExported = "the same signals are in events",
        },
        new("customer_signals", "first signals of customer success", Own, Erasing.Step),
        new("call_queue", "calls that the rollups have not counted yet", Own, Erasing.Keep)
        {
            Why = Numbers, NotExported = "the same calls are in events",
        },
        new("call_customer_days", "calls to models by day", Own, Erasing.Keep)
        {
            Kept = "provider model feature", Why = "sums of the pseudonym by the names of providers, models and features",
        },
        new("retention_marks", "how long the texts of its usage are kept", Own, Erasing.Keep) { Why = Numbers },
        new("gateway_jobs", "jobs at model providers", Named, Erasing.Delete),
        new("grant_schedules", "recurring grants", Own, Erasing.Strip)
        {
            Sets = [("name", "t.id::text"), ("due_at", "NULL"), ("ended_at", "coalesce(t.ended_at, now())")], Kept = "source every",
        },
        new("grant_withdrawals", "withdrawn units", Own, Erasing.Strip)
        {
            Sets = [("reference", "NULL"), ("reason", "NULL")], Kept = "source",
        },

        // The customer.
        new("customer_terms", "history of plans and overrides", Own, Erasing.Keep)
        {
            Kept = "cause overrides add_ons sets", Why = "names of plans and features, and numbers, by which past usage was billed",
        },
        new("members", "the customer's members", Own, Erasing.Delete),
        new("past_members", "earlier members, and earlier memberships of its own", $"({Own}) OR (t.project_id = $3 AND t.id = $4)",
            Erasing.Delete),
        new("customer_requests", "answered requests with an Idempotency-Key", Own, Erasing.Delete),
        new("vat_checks", "answers of VIES about VAT ids",
            Own + " AND NOT EXISTS (SELECT FROM invoices i WHERE i.partition = $1 AND i.account = $2)",
            Erasing.Delete) { Why = "with an invoice they are the proof of its tax, which tax law keeps" },
        new("customer_tokens", "tokens, without their texts", Named, Erasing.Delete) { Hidden = ["customer"] },
        new("customer_logins", "user names of logins, without passwords", Named, Erasing.Delete) { Hidden = ["customer", "password_hash"] },
        new("portal_sessions", "portal sessions, without their addresses", Own, Erasing.Delete),

        // Subscriptions, before the invoices that name them.
        new("trial_fingerprints", "fingerprints of trials",
            "t.project_id = $3 AND EXISTS (SELECT FROM subscriptions s WHERE s.partition = $1 AND s.account = $2 AND s.id = t.subscription)",
            Erasing.Delete),
        new("subscription_facts", "timeline of subscriptions", Own, Erasing.Strip)
        {
            Sets =
            [
                Actor, ("cause",
                    "CASE WHEN t.cause = t.after ->> 'cancel_reason' THEN " + CategoryOf("cause", "NULL") + " ELSE t.cause END"),
                ("after",
                    "CASE WHEN t.after ->> 'cancel_reason' IS NULL THEN t.after ELSE jsonb_set(t.after, '{cancel_reason}', coalesce(to_jsonb("
                    + CategoryOf("after ->> 'cancel_reason'", "NULL") + "), 'null')) END"),
            ],
            Kept = "verb",
        },
        new("subscriptions", "subscriptions", Own, Erasing.Strip)
        {
            Sets =
            [
                ("reference", "NULL"), ("cancel_comment", "NULL"), ("cancel_reason", CategoryOf("cancel_reason", "NULL")),
                ("parked_reason", "CASE WHEN t.parked_at IS NOT NULL THEN 'erased' END"),
            ],
            Kept = "status managed_by provider_price interval currency discount add_ons scheduled",
        },
        new("mrr_movements", "changes of recurring revenue", Own, Erasing.Strip)
        {
            Sets = [("reason", "CASE WHEN t.reason IS NULL THEN NULL ELSE " + CategoryOf("reason", "'erased'") + " END")],
            Kept = "kind currency plan_before plan interval",
        },

        new("imported_records", "imported subscriptions and invoices", Own, Erasing.Strip)
        {
            Sets = [("id", "t.object::text")], Kept = "kind",
        },

        // Books.
        new("invoices", "invoices", Own, Erasing.Keep) { Kept = "number kind status currency details", Why = Law },
        new("invoice_lines", "lines of invoices", Own, Erasing.Keep) { Kept = "kind description steps", Why = Law },
        new("revenue_lines", "revenue of the lines of invoices", Own, Erasing.Keep)
        {
            Kept = "currency plan", Why = Books, NotExported = "computed from invoices and invoice_lines",
        },
        new("revenue_queue", "invoices whose revenue is computed next", Own, Erasing.Keep)
        {
            Why = Books, NotExported = "names invoices only",
        },
        new("invoice_facts", "history of invoices", Own, Erasing.Strip)
        {
            Sets = [Actor, ("note", "CASE t.note WHEN 'credits' THEN t.note END")], Kept = "verb",
        },
        new("credit_notes", "credit notes", Own, Erasing.Keep) { Kept = "number reason lines", Why = Law },
        new("rated_usage", "billed usage", Own, Erasing.Keep) { Kept = "currency parts", Why = Books },
        new("minimum_periods", "agreed minimums", Own, Erasing.Keep) { Kept = "currency tax_category", Why = Books },
        new("customer_credits", "credits", Own, Erasing.Strip) { Sets = [Actor, ("note", "NULL")], Kept = "currency cause" },
        new("redemptions", "coupons and promotional credits", Own, Erasing.Strip)
        {
            Sets = [Actor, ("note", "NULL")], Kept = "code currency",
        },
        new("pack_purchases", "bought credit packs", Own, Erasing.Strip) { Sets = [("reference", "NULL")], Kept = "pack name currency" },
        new("provider_lines", "lines for invoices of a provider", Own, Erasing.Keep)
        {
            Kept = "description currency reference", Why = Books,
        },

        // Payments.
        new("provider_customers", "ids at payment providers", Own, Erasing.Delete),
        new("payment_methods", "payment methods, without the provider's token", Own, Erasing.Strip)
        {
            Sets =
            [
                ("brand", "'erased'"), ("last4", "'0000'"), ("is_default", "false"), ("removed_at", "coalesce(t.removed_at, now())"),
            ],
            Kept = "provider token", Why = "a step of the erasure replaces the encrypted token",
        },
        new("payments", "payments", Own, Erasing.Keep)
        {
            Kept = "provider_invoice provider currency status failure reference", Why = Books,
        },
        new("payment_facts", "history of payments", Own, Erasing.Strip) { Sets = [Actor, ("note", "NULL")], Kept = "verb" },
        new("refunds", "refunds", Own, Erasing.Strip) { Sets = [("reason", "NULL")], Kept = "status reference" },
        new("disputes", "disputes", Own, Erasing.Strip) { Sets = [("reason", "NULL")], Kept = "reference status" },
        new("provider_invoices", "invoices of a provider", Own, Erasing.Strip)
        {
            Sets = [("url", "NULL")], Kept = "provider reference number status currency lines", Why = Books, Hidden = ["url"],
        },
        new("paymob_orders", "orders at Paymob", OfPayment, Erasing.Keep)
        {
            Kept = "reference page", Why = "numbers of payments; the address of the page is encrypted, and the page has ended",
            Hidden = ["page"],
        },
        new("paymob_refunds", "refunds at Paymob", OfRefund, Erasing.Keep) { Kept = "failure", Why = Books },
        new("sandbox_charges", "charges of the sandbox", OfPayment, Erasing.Keep) { Kept = "failure reference", Why = Books },
        new("sandbox_behaviors", "next outcomes in the sandbox", Named, Erasing.Delete),
        new("checkouts", "checkouts", Own, Erasing.Strip)
        {
            Sets =
            [
                ("success_url", "NULL"), ("cancel_url", "NULL"), ("page", "NULL"), ("page_reference", "NULL"), ("token_hash", "NULL"),
                ("status", "CASE t.status WHEN 'open' THEN 'expired' ELSE t.status END"), ("finished_at", "coalesce(t.finished_at, now())"),
            ],
            Kept = "kind wanted managed_by",
        },
        new("checkout_facts", "history of checkouts", Own, Erasing.Strip) { Sets = [Actor, ("note", "NULL")], Kept = "verb" },
        new("collections", "collection of invoices", Own, Erasing.Keep) { Kept = "state last_failure", Why = Books },
        new("collection_facts", "history of collections", Own, Erasing.Keep) { Kept = "verb failure", Why = Books },

        // Messages, by the customer's id. Mails to operators go before the alerts that they quote.
        new("mails", "mails",
            "t.project_id = $3 AND (t.customer = $4 OR t.type = 'report' AND t.data ->> 'customer' = $4 OR t.type = 'alert' AND t.cause IN "
                + "(SELECT a.id || '/' || m.address FROM alerts a CROSS JOIN LATERAL unnest(a.mail_to) AS m (address) "
                + "WHERE a.project_id = $3 AND a.customer = $4))",
            Erasing.Delete),
        new("report_schedules", "scheduled reports", Named, Erasing.Delete),
        new("mail_refusals", "opt-outs of mails", Named, Erasing.Delete),
        new("alert_mutes", "muted alerts",
            "t.project_id = $3 AND EXISTS (SELECT FROM alerts a WHERE a.project_id = $3 AND a.customer = $4 AND a.subject = t.subject)",
            Erasing.Delete),
        new("alerts", "alerts", Named, Erasing.Delete),
        new("webhook_events", "events of outgoing webhooks",
            "t.project_id = $3 AND (t.payload::jsonb #>> '{data,customer,id}' = $4 OR t.payload::jsonb #>> '{data,alert,customer}' = $4)",
            Erasing.Step) { Kept = "type object_type object payload" },
        new("customers", "profile", Own, Erasing.Strip)
        {
            Sets =
            [
                ("id", "$5"), ("name", "NULL"), ("email", "NULL"), ("time_zone", "NULL"), ("country", "NULL"), ("tax_id", "NULL"),
                ("tax_exempt", "NULL"), ("metadata", "'{}'"), ("vat_check_at", "NULL"),
            ],
            Kept = "owner overrides cycles add_ons currency", Why = "the terms of the plan, by which past usage was billed",
        },

        // Found by their content, by steps of the erasure.
        new("webhook_objects", "", null, Erasing.Step) { Kept = "object_type object", NotExported = "counters of events" },
        new("webhook_deliveries", "", null, Erasing.Step)
        {
            Kept = "object_type object state", NotExported = "deliveries repeat webhook_events",
        },
        new("webhook_attempts", "", null, Erasing.Step)
        {
            Kept = "url signature error response", NotExported = "answers of the project's own receivers",
        },
        new("provider_events", "events of payment providers, without their bodies", null, Erasing.Step)
        {
            Kept = "provider id type object body state reason waits_for waits_for_id",
            NotExported = "copies of objects at the payment provider, which exports them",
        },
        new("idempotency_keys", "", null, Erasing.Step)
        {
            Kept = "key operation body_hash content_type body", NotExported = "copies of answers, deleted after 35 days",
        },
        new("import_rejections", "", null, Erasing.Step) { Kept = "record customer code detail", NotExported = "mistakes in files of the operator" },
        new("import_chunks", "", null, Erasing.Keep)
        {
            Kept = "records", Why = "records that are not booked yet; booking deletes them",
            NotExported = "records that are not booked yet",
        },
        new("parked_work", "", null, Erasing.Step)
        {
            Kept = "work subject error_type error", NotExported = "failures of the server's own work",
        },
    ];

    /// <summary>Tables without data of customers.</summary>
    public static readonly IReadOnlyList<ImpersonalTable> Impersonal =
    [
        new("projects", "of the operator"), new("project_hosts", "of the operator"), new("api_keys", "of the operator"),
        new("servers", "of the operator"), new("master_keys", "of the operator"), new("signing_keys", "of the operator"),
        new("features", "the catalogue"), new("plan_versions", "the catalogue"), new("catalogs", "the catalogue"),
        new("unmatched_events", "names of event types, which the caller's code chooses, and sums of the project"),
        new("value_names", "names of values, which the caller's code chooses"), new("signal_months", "sums of the project"),
        new("model_prices", "prices"), new("unpriced_models", "names of models"), new("llm_settings", "settings"),
        new("upstreams", "settings"), new("call_days", "sums of the project"), new("call_latencies", "sums of the project"),
        new("invoice_series", "counters"), new("invoice_settings", "the seller"), new("branding", "settings"), new("coupons", "offers of the project"),
        new("payment_settings", "settings"), new("provider_credentials", "settings"),
        new("sandbox_webhooks", "test messages about charges, sent within seconds"), new("sandbox_webhook_behaviors", "settings of tests"),
        new("dunning_policies", "settings"), new("webhook_projects", "a counter"), new("webhook_endpoints", "of the operator"),
        new("webhook_endpoint_facts", "of the operator"), new("mail_place", "a counter"), new("alert_place", "a counter"),
        new("alert_looks", "times of loops"),
        new("alert_projects", "settings"), new("alert_rules", "of the operator"), new("exchange_rates", "rates"),
        new("imports", "requests of the operator, and counts"), new("import_sums", "sums of an import"),
        new("import_seen", "hashes of records, deleted at the end of a dry run"), new("imported_usage_days", "sums of the project"),
        new("sla_targets", "settings"), new("feature_months", "sums of the project"), new("feature_month_runs", "a counter"),
        new("feature_days", "sums of the project"), new("revenue_days", "sums of the project"),
        new("acquisition_spend", "the project's own spend"),
        new("erasures", "the log of erasures, which names nobody"), new("privacy_settings", "settings"),
        new("retention_runs", "the log of retention, which counts rows"),
    ];
}
