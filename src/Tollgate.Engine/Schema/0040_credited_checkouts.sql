-- Room: Checkouts. Money that came when what it was for could not be had any more is the end of a checkout, which nobody can pay or expire after that.
ALTER TABLE checkouts DROP CONSTRAINT checkouts_status_check;
ALTER TABLE checkouts ADD CONSTRAINT checkouts_status_check CHECK (status IN ('open', 'completed', 'expired', 'credited'));
ALTER TABLE checkout_facts DROP CONSTRAINT checkout_facts_verb_check;
ALTER TABLE checkout_facts ADD CONSTRAINT checkout_facts_verb_check CHECK (verb IN ('open', 'complete', 'expire', 'credit'));

-- Those whose money came like that before. Nobody is told of them by webhooks: it was told of their payments then.
UPDATE checkouts k
   SET status = 'credited', finished_at = p.settled_at, payment = p.id, page = NULL
  FROM payments p
 WHERE p.partition = k.partition AND p.account = k.account AND p.checkout = k.id AND p.status = 'succeeded' AND p.invoice IS NULL AND k.status IN ('open', 'expired');

-- Room: Payments. Whether a method was ever one that is charged, and not only tried: by the times alone that cannot be told while a sandbox's clock stands still.
ALTER TABLE payment_methods ADD COLUMN was_kept boolean NOT NULL DEFAULT true;
UPDATE payment_methods m
   SET was_kept = false
 WHERE m.removed_at <= m.added_at
   AND NOT EXISTS (SELECT FROM payments p WHERE p.partition = m.partition AND p.account = m.account AND p.method = m.id AND p.status = 'succeeded');
