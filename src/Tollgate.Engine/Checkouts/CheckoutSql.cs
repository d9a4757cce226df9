using Tollgate.Engine.Jobs;
using Tollgate.Engine.Payments;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Checkouts;

/// <summary>The statements on checkouts and portal sessions.</summary>
internal static class CheckoutSql
{
    /// <summary>The columns that <c>CheckoutRow.Read</c> reads.</summary>
    private const string Columns =
        """
        k.partition, k.account, k.project_id, k.id, c.id AS customer_id, k.kind, k.wanted::text AS wanted, k.success_url, k.cancel_url, k.status, k.created_at, k.expires_at,
               k.finished_at, k.subscription, k.invoice, k.payment
        """;

    private const string From = "checkouts k JOIN customers c ON c.partition = k.partition AND c.account = k.account";

    // ---- reading -----------------------------------------------------------------------------------------------

    /// <summary>$1 project, $2 id.</summary>
    public const string Find = $"SELECT {Columns} FROM {From} WHERE k.project_id = $1 AND k.id = $2";

    /// <summary>The page's address alone identifies the checkout: it contains 256 random bits. $1 hash.</summary>
    public const string FindByToken = $"SELECT {Columns} FROM {From} WHERE k.token_hash = $1";

    /// <summary>$1 project, $2 ids.</summary>
    public const string FindSeveral = $"SELECT {Columns} FROM {From} WHERE k.project_id = $1 AND k.id = ANY ($2)";

    /// <summary>
    /// Newest first, without checkouts that have no page. $1 project, $2 customer or null, $3 status or null, $4 the id after which the
    /// list starts or null, $5 rows.
    /// </summary>
    public const string List =
        $"""
        SELECT {Columns}
          FROM {From}
         WHERE k.project_id = $1 AND ($2::text IS NULL OR c.id = $2) AND ($3::text IS NULL OR k.status = $3) AND k.token_hash IS NOT NULL
           AND ($4::uuid IS NULL OR k.sequence < (SELECT f.sequence FROM checkouts f WHERE f.project_id = $1 AND f.id = $4))
         ORDER BY k.sequence DESC
         LIMIT $5
        """;

    /// <summary>Newest first. $1 partition, $2 account, $3 checkout.</summary>
    public const string Payments =
        $"""
        SELECT {PaymentSql.Columns}
          FROM payments p
          JOIN customers c ON c.partition = p.partition AND c.account = p.account
         WHERE p.partition = $1 AND p.account = $2 AND p.checkout = $3
         ORDER BY p.sequence DESC
         LIMIT 20
        """;

    /// <summary>Open checkouts that have expired by the clock of their project. $1 rows. Rows: project, id.</summary>
    public const string Overdue =
        $"""
        SELECT p.id, w.id
          FROM projects p
         CROSS JOIN LATERAL (SELECT k.id, k.expires_at, row_number() OVER (ORDER BY k.expires_at) AS turn
                               FROM checkouts k
                              WHERE k.project_id = p.id AND k.status = 'open' AND k.expires_at <= coalesce(p.test_clock, now())
                                AND {ParkedSql.NotParked} 'checkouts' AND q.project_id = k.project_id AND q.subject = k.id::text)
                              ORDER BY k.expires_at
                              LIMIT $1) AS w
         ORDER BY w.turn, w.expires_at
         LIMIT $1
        """;

    /// <summary>
    /// Pages that count towards the customer's limit, oldest first. Pages that are few anyway do not count: those in mails; those that end
    /// in a provider-managed subscription, one for a customer; and those of an invoice whose payment is pending, one for an invoice. $1
    /// partition, $2 account, $3 rows. Rows: id, true if a payment is pending.
    /// </summary>
    public const string OpenPages =
        """
        SELECT w.id, w.is_pending
          FROM (SELECT k.id, k.kind, k.sequence,
                       EXISTS (SELECT FROM payments p
                                WHERE p.partition = k.partition AND p.account = k.account AND p.checkout = k.id
                                  AND p.settled_at IS NULL) AS is_pending
                  FROM checkouts k
                 WHERE k.partition = $1 AND k.account = $2 AND k.status = 'open' AND k.token_hash IS NOT NULL AND k.managed_by IS NULL
                   AND num_nonnulls(k.issuer, k.token, k.session) > 0) AS w
         WHERE NOT (w.kind = 'invoice' AND w.is_pending)
         ORDER BY w.sequence
         LIMIT $3
        """;

    // ---- writing: the caller holds the customer ----------------------------------------------------------------

    /// <summary>
    /// $1 partition, $2 account, $3 id, $4 project, $5 kind, $6 order, $7 hash or null, $8 and $9 addresses or null, $10 creation, $11
    /// expiry; the creator: $12 the key, $13 the customer token, $14 the portal session, each or null.
    /// </summary>
    public const string Insert =
        """
        INSERT INTO checkouts (partition, account, id, project_id, kind, wanted, token_hash, success_url, cancel_url, created_at,
             expires_at, issuer, token, session)
             VALUES ($1, $2, $3, $4, $5, $6::jsonb, $7, $8, $9, $10, $11,
                     coalesce((SELECT lineage FROM api_keys WHERE id = $12), (SELECT issuer FROM customer_tokens WHERE id = $13),
                              (SELECT issuer FROM portal_sessions WHERE partition = $1 AND account = $2 AND id = $14)),
                     coalesce($13, (SELECT token FROM portal_sessions WHERE partition = $1 AND account = $2 AND id = $14)), $14)
        """;

    /// <summary>
    /// The issuer of the page with this address. $1 hash. Rows: true if the token or session that opened it was revoked, the issuer.
    /// </summary>
    public const string IssuerOf =
        $"""
        SELECT EXISTS (SELECT FROM customer_tokens t WHERE t.id = k.token AND t.revoked_at IS NOT NULL)
               OR EXISTS (SELECT FROM portal_sessions s WHERE s.partition = k.partition AND s.account = k.account AND s.id = k.session
                   AND s.revoked_at IS NOT NULL),
               k.issuer, {IssuerState.Columns}
          FROM checkouts k
          LEFT JOIN api_keys i ON i.lineage = k.issuer
         WHERE k.token_hash = $1
        """;

    /// <summary>
    /// Open checkouts whose issuer was revoked within the last hour: nobody can open them any more. $1 rows. Rows: project, id.
    /// </summary>
    public const string Withdrawn =
        """
        SELECT k.project_id, k.id
          FROM api_keys i
          JOIN checkouts k ON k.issuer = i.lineage AND k.status = 'open'
         WHERE i.revoked_at > now() - interval '1 hour'
         UNION
        SELECT k.project_id, k.id
          FROM customer_tokens t
          JOIN checkouts k ON k.token = t.id AND k.status = 'open'
         WHERE t.revoked_at > now() - interval '1 hour'
         LIMIT $1
        """;

    /// <summary>
    /// Finishes a checkout. Money may still arrive for an expired one. $1 partition, $2 account, $3 id, $4 status, $5 when, $6
    /// subscription, $7 invoice, $8 payment.
    /// </summary>
    public const string Finish =
        """
        UPDATE checkouts
           SET status = $4, finished_at = $5, subscription = $6, invoice = $7, payment = $8, page = NULL
         WHERE partition = $1 AND account = $2 AND id = $3 AND (status = 'open' OR (status = 'expired' AND $4 = 'credited'))
        """;

    /// <summary>Adds the next fact of a checkout. $1 partition, $2 account, $3 checkout, $4 verb, $5 at, $6 actor, $7 note.</summary>
    public const string AddFact =
        """
        INSERT INTO checkout_facts (partition, account, checkout, sequence, verb, at, actor, note)
        SELECT $1, $2, $3, coalesce(max(sequence), 0) + 1, $4, $5, $6, $7
          FROM checkout_facts
         WHERE partition = $1 AND account = $2 AND checkout = $3
        """;

    // ---- a provider's pages ------------------------------------------------------------------------------------

    /// <summary>
    /// Stores the page that the provider made. $1 partition, $2 account, $3 id, $4 address, $5 the provider's id of the page.
    /// </summary>
    public const string KeepPage =
        "UPDATE checkouts SET page = $4, page_reference = $5 WHERE partition = $1 AND account = $2 AND id = $3 AND status = 'open'";

    /// <summary>Marks a page that ends in a provider-managed subscription. $1 partition, $2 account, $3 id, $4 provider.</summary>
    public const string SetManagedBy = "UPDATE checkouts SET managed_by = $4 WHERE partition = $1 AND account = $2 AND id = $3";

    /// <summary>An open page that ends in a provider-managed subscription. $1 project, $2 id. Rows: provider, its id of the page.</summary>
    public const string ProviderManagedPage =
        "SELECT managed_by, page_reference FROM checkouts WHERE project_id = $1 AND id = $2 AND status = 'open' AND num_nulls(managed_by, "
            + "page_reference) = 0";

    /// <summary>The customer's open pages of that kind. $1 project, $2 customer. Rows: checkout.</summary>
    public const string OpenProviderManagedPages =
        """
        SELECT k.id
          FROM customers c
          JOIN checkouts k ON k.partition = c.partition AND k.account = c.account
         WHERE c.project_id = $1 AND c.id = $2 AND k.status = 'open' AND num_nulls(k.managed_by, k.page_reference) = 0
        """;

    /// <summary>
    /// The page on which the customer can pay an invoice, while nobody has. $1 project, $2 invoice. Rows: payment, checkout, provider, the
    /// provider's id of the page, its address, amount, when the payment was created.
    /// </summary>
    public const string PageOf =
        """
        SELECT p.id, k.id, p.provider, k.page_reference, k.page, p.amount, p.created_at
          FROM payments p
          JOIN checkouts k ON k.partition = p.partition AND k.account = p.account AND k.id = p.checkout
         WHERE p.project_id = $1 AND p.invoice = $2 AND p.settled_at IS NULL AND p.method IS NULL AND k.page IS NOT NULL
        """;

    // ---- its payments ------------------------------------------------------------------------------------------

    /// <summary>Returns the id of the pending payment. $1 partition, $2 account, $3 checkout.</summary>
    public const string PendingOf =
        "SELECT id FROM payments WHERE partition = $1 AND account = $2 AND checkout = $3 AND settled_at IS NULL";

    /// <summary>
    /// A pending payment for the customer's plan, except on pages that nobody can close: the customer may never pay those. $1 partition, $2
    /// account, $3 providers that close no pages. Returns its id.
    /// </summary>
    public const string PendingOfPlan =
        """
        SELECT p.id
          FROM payments p
          JOIN checkouts k ON k.partition = p.partition AND k.account = p.account AND k.id = p.checkout
         WHERE p.partition = $1 AND p.account = $2 AND p.settled_at IS NULL AND k.kind IN ('subscription', 'change')
           AND NOT (p.method IS NULL AND k.page IS NOT NULL AND p.provider = ANY ($3))
         LIMIT 1
        """;

    /// <summary>
    /// Payments for the customer's plan that may never end without action: on a provider's page, or waiting for an answer to the bank. $1
    /// project, $2 customer, $3 a checkout whose own payments do not count, $4 the providers that use Tollgate's pages. Rows: payment,
    /// provider, the provider's id of the page or null, currency, amount.
    /// </summary>
    public const string LeftOfPlan =
        """
        SELECT p.id, p.provider, k.page_reference, p.currency, p.amount
          FROM customers c
          JOIN payments  p ON p.partition = c.partition AND p.account = c.account
          JOIN checkouts k ON k.partition = p.partition AND k.account = p.account AND k.id = p.checkout
         WHERE c.project_id = $1 AND c.id = $2 AND k.id <> $3 AND k.kind = 'subscription' AND p.settled_at IS NULL
           AND (k.page IS NOT NULL OR (p.status = 'requires_action' AND p.provider = ANY ($4)))
        """;

    // ---- portal ------------------------------------------------------------------------------------------------

    /// <summary>
    /// $1 partition, $2 account, $3 id, $4 project, $5 hash, $6 return address or null, $7 expiry, $8 the key or null, $9 the customer
    /// token or null.
    /// </summary>
    public const string InsertSession =
        """
        INSERT INTO portal_sessions (partition, account, id, project_id, token_hash, return_url, expires_at, issuer, token)
             VALUES ($1, $2, $3, $4, $5, $6, $7,
                     coalesce((SELECT lineage FROM api_keys WHERE id = $8), (SELECT issuer FROM customer_tokens WHERE id = $9)), $9)
        """;

    /// <summary>The time at which the session, its customer token or the key behind them was revoked.</summary>
    private const string SessionRevokedAt =
        "coalesce(s.revoked_at, t.revoked_at, CASE WHEN s.issuer IS NOT NULL AND i.id IS NULL THEN s.created_at ELSE i.revoked_at END)";

    private const string Sessions =
        """
        portal_sessions s
          JOIN customers c ON c.partition = s.partition AND c.account = s.account
          LEFT JOIN customer_tokens t ON t.id = s.token
          LEFT JOIN api_keys i ON i.lineage = s.issuer
        """;

    /// <summary>$1 hash. Rows: project, customer, return address, expiry, id, when revoked, the issuer.</summary>
    public const string FindSession =
        $"""
        SELECT s.project_id, c.id, s.return_url, s.expires_at, s.id, {SessionRevokedAt}, s.issuer, {IssuerState.Columns}
          FROM {Sessions}
         WHERE s.token_hash = $1
        """;

    private const string SessionColumns =
        $"s.id, c.id, s.return_url, i.id, s.token, s.created_at, least(s.expires_at, i.expires_at), {SessionRevokedAt}";

    /// <summary>Newest first. $1 project, $2 customer or null, $3 the last id of the previous page or null, $4 rows.</summary>
    public const string ListSessions =
        $"""
        SELECT {SessionColumns}
          FROM {Sessions}
         WHERE s.project_id = $1 AND ($2::text IS NULL OR c.id = $2) AND ($3::uuid IS NULL OR s.id < $3)
         ORDER BY s.id DESC
         LIMIT $4
        """;

    /// <summary>$1 project, $2 id.</summary>
    public const string ShowSession = $"SELECT {SessionColumns} FROM {Sessions} WHERE s.project_id = $1 AND s.id = $2";

    /// <summary>$1 project, $2 id.</summary>
    public const string RevokeSession =
        "UPDATE portal_sessions SET revoked_at = coalesce(revoked_at, now()) WHERE project_id = $1 AND id = $2";

    /// <summary>Ends the customer's oldest valid sessions. $1 partition, $2 account, $3 the number of sessions that stay.</summary>
    public const string EndOldSessions =
        """
        UPDATE portal_sessions
           SET expires_at = now()
         WHERE partition = $1 AND account = $2
           AND id IN (SELECT o.id FROM portal_sessions o
                       WHERE o.partition = $1 AND o.account = $2 AND o.revoked_at IS NULL AND o.expires_at > now()
                       ORDER BY o.id DESC
                      OFFSET $3)
        """;

    /// <summary>
    /// Deletes old sessions. An ended session answers "expired" for a week, then it is unknown. If a customer has many, the oldest answer
    /// for 10 minutes, enough for requests in progress. Revoked sessions stay for the week: while they exist, Tollgate refuses checkouts
    /// that were opened on their pages. $1 partition, $2 account, $3 the number of sessions that stay.
    /// </summary>
    public const string ForgetSessions =
        """
        DELETE FROM portal_sessions
         WHERE partition = $1 AND account = $2
           AND (expires_at < now() - interval '7 days'
                OR (revoked_at IS NULL AND expires_at < now() - interval '10 minutes'
                    AND id IN (SELECT o.id FROM portal_sessions o WHERE o.partition = $1 AND o.account = $2 ORDER BY o.id DESC OFFSET $3)))
        """;
}
