-- Room: Subscriptions. The price at the payment provider of the subscriptions that it manages (Stripe: price_…).
ALTER TABLE subscriptions ADD COLUMN provider_price text;           -- as of its last answer; null: Tollgate manages it, or an older version followed it
