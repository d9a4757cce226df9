-- Imported subscriptions and invoices: closed history. A subscription has ended, an invoice is paid or void. Their facts have the place 0, which is before
-- every reader of facts, so that no webhook, mail or alert follows from them.

-- Room: Subscriptions ---------------------------------------------------------------------------------------------
ALTER TABLE subscriptions ADD COLUMN imported_by integer;           -- number of the import; null: Tollgate began it

-- Room: Invoicing -------------------------------------------------------------------------------------------------
-- An imported invoice has the number that it had, and a serial below 0 in the order of importing: it is in no series.
ALTER TABLE invoices ADD COLUMN imported_by integer;                -- number of the import; null: Tollgate sent it
CREATE SEQUENCE imported_invoice_serials AS bigint;

-- Room: Imports ---------------------------------------------------------------------------------------------------
ALTER TABLE imports DROP CONSTRAINT imports_kind_check;
ALTER TABLE imports ADD CONSTRAINT imports_kind_check
    CHECK (kind IN ('customers', 'subscriptions', 'invoices', 'usage', 'llm_calls'));

-- Imported subscriptions and invoices by their own ids: a repeat books nothing.
CREATE TABLE imported_records (
    partition smallint NOT NULL,
    account   integer  NOT NULL,
    kind      text     NOT NULL CHECK (kind IN ('subscriptions', 'invoices')),
    id        text     COLLATE "C" NOT NULL,
    object    uuid     NOT NULL,                                    -- the row that it became
    content   uuid     NOT NULL,                                    -- a hash of the record
    import    integer  NOT NULL,
    PRIMARY KEY (partition, account, kind, id)
);
