
using Tollgate.Engine.Jobs;

namespace Tollgate.Engine.Customers;

/// <summary>The statements of VAT checks. <c>customers.vat_check_at</c> is real time, and <c>asked_at</c> is the project's.</summary>
internal static class VatSql
{
    /// <summary>
    /// Takes customers whose VAT id is due, for a minute: other servers skip them, and after a crash they become due again. It takes a few
    /// of each project, with the projects in random order, so that none waits until another has no more. $1 number of rows, $2 the work's
    /// name, $3 number of rows of one project. Rows: project, id, country, tax id, country and tax id of the seller or null.
    /// </summary>
    public const string Claim =
        $"""
          WITH due AS (
                SELECT w.partition, w.account
                  FROM (SELECT id FROM projects ORDER BY random()) p
                 CROSS JOIN LATERAL (
                        SELECT d.partition, d.account
                          FROM customers d
                         WHERE d.project_id = p.id AND d.vat_check_at <= now() AND d.country IS NOT NULL AND d.tax_id IS NOT NULL
                           AND {ParkedSql.NotParked} $2 AND q.project_id = d.project_id AND q.subject = d.id || '/' || d.tax_id)
                         ORDER BY d.vat_check_at
                         LIMIT $3
                           FOR NO KEY UPDATE SKIP LOCKED) w
                 LIMIT $1)
        UPDATE customers c
           SET vat_check_at = now() + interval '1 minute'
          FROM due
         WHERE c.partition = due.partition AND c.account = due.account
        RETURNING c.project_id, c.id, c.country, c.tax_id,
                  (SELECT s.document -> 'seller' ->> 'country' FROM invoice_settings s WHERE s.project_id = c.project_id),
                  (SELECT s.document -> 'seller' ->> 'tax_id'  FROM invoice_settings s WHERE s.project_id = c.project_id)
        """;

    /// <summary>
    /// The answer for the same id of another customer. $1 project, $2 id in VIES, $3 since when. Row: answer, source, asked_at,
    /// consultation, name.
    /// </summary>
    public const string Shared =
        """
        SELECT k.answer, k.source, k.asked_at, k.consultation, k.name
          FROM vat_checks k
         WHERE k.project_id = $1 AND k.vies_id = $2 AND k.answer <> 'unavailable' AND k.asked_at > $3
         ORDER BY k.asked_at DESC
         LIMIT 1
        """;

    /// <summary>
    /// Writes an answer, unless the customer's id has changed since. $1 partition, $2 project, $3 customer, $4 country, $5 tax id, $6 id of
    /// the fact, $7 id in VIES, $8 answer, $9 source, $10 asked_at, $11 consultation, $12 name, $13 detail, $14 seconds until the next
    /// check.
    /// </summary>
    public const string Record =
        """
          WITH c AS (
                UPDATE customers
                   SET vat_check_at = now() + make_interval(secs => $14)
                 WHERE partition = $1 AND project_id = $2 AND id = $3 AND country = $4 AND tax_id = $5
                RETURNING partition, account, project_id)
        INSERT INTO vat_checks (partition, account, project_id, country, tax_id, id, vies_id, answer, source, asked_at,
          consultation, name, detail)
        SELECT c.partition, c.account, c.project_id, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13
          FROM c
        """;

    /// <summary>Ends the checks of an id. $1 partition, $2 project, $3 customer, $4 tax id.</summary>
    public const string Drop =
        "UPDATE customers SET vat_check_at = NULL WHERE partition = $1 AND project_id = $2 AND id = $3 AND tax_id = $4";

    /// <summary>Deletes the checks of a customer that is deleted. $1 partition, $2 account.</summary>
    public const string DeleteAll = "DELETE FROM vat_checks WHERE partition = $1 AND account = $2";
}
