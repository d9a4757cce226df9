-- Room: Payments. Who renews and bills new subscriptions: Tollgate, or the payment provider on whose page they begin.
ALTER TABLE payment_settings
    ADD COLUMN subscriptions text NOT NULL DEFAULT 'tollgate' CHECK (subscriptions IN ('tollgate', 'provider'));

-- The provider that has a subscription at the end of a checkout: its page is paid there, and there is no payment of ours. Null: none has.
ALTER TABLE checkouts ADD COLUMN managed_by text;
