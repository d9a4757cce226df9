using Tollgate.Testing;

namespace Tollgate.Engine.Tests.Postgres;

/// <summary>
/// PostgreSQL itself refuses duplicates of unique things, for any program. The test lists each rule as PostgreSQL prints its index, so that
/// a migration which weakens one fails. Further indexes are welcome.
/// </summary>
public sealed class UniqueRulesTests(FreshDatabase database) : IClassFixture<FreshDatabase>
{
    [Theory]
    [InlineData("events_pkey", "(partition, account, id, month)")]
    [InlineData("balances_pkey", "(partition, account, feature, period_start)")]
    [InlineData("grants_pkey", "(partition, account, id)")]
    [InlineData("holds_pkey", "(partition, account, id)")]
    [InlineData("customers_partition_project_id_id_key", "(partition, project_id, id)")]
    [InlineData("idempotency_keys_pkey", "(project_id, key)")]
    [InlineData("api_keys_hash_key", "(hash)")]
    [InlineData("invoice_series_pkey", "(project_id, series)")]
    [InlineData("invoices_once",
        "(partition, account, subscription, period_start, kind) WHERE ((subscription IS NOT NULL) AND (kind = ANY (ARRAY['start'::text, "
            + "'renewal'::text, 'usage'::text, 'final'::text])) AND (status <> 'void'::text))")]
    [InlineData("subscriptions_one_live", "(partition, account) WHERE (ended_at IS NULL)")]
    [InlineData("pack_purchases_by_invoice", "(partition, account, invoice)")]
    [InlineData("payments_one_pending", "(partition, account, invoice) WHERE (settled_at IS NULL)")]
    [InlineData(
        "payments_one_pending_of_checkout", "(partition, account, checkout) WHERE ((settled_at IS NULL) AND (checkout IS NOT NULL))")]
    [InlineData("payments_of_provider_invoice", "(partition, account, provider, provider_invoice) WHERE (provider_invoice IS NOT NULL)")]
    [InlineData("paymob_refunds_one_open", "(project_id, transaction) WHERE (NOT is_done)")]
    [InlineData("webhook_events_project_id_object_type_object_sequence_key", "(project_id, object_type, object, sequence)")]
    public async Task Rows_that_must_exist_once_are_unique_in_the_database(string index, string columns)
    {
        var definition = await database.Database.ScalarAsync<string>(
            "SELECT pg_get_indexdef(i.oid) FROM pg_class i WHERE i.relname = $1 AND i.relkind IN ('i', 'I')", index);
        definition.ShouldNotBeNull($"No index is named {index}.");
        definition.ShouldStartWith("CREATE UNIQUE INDEX");
        definition.ShouldEndWith("USING btree " + columns);
    }
}
