-- Room: Customers. What VIES answered for customers' VAT ids. Facts: rows are added and never changed. What a customer's id is known to be is the last row of the
-- customer, its country and its id that says valid or invalid.
CREATE TABLE vat_checks (
    partition    smallint    NOT NULL,
    account      integer     NOT NULL,
    id           uuid        NOT NULL,
    project_id   integer     NOT NULL REFERENCES projects (id),
    country      text        NOT NULL,                                  -- country and id as the customer had them then
    tax_id       text        NOT NULL,
    vies_id      text        NOT NULL,                                  -- as VIES was asked: EL094259216
    answer       text        NOT NULL CHECK (answer IN ('valid', 'invalid', 'unavailable')),
    source       text        NOT NULL CHECK (source IN ('vies', 'sandbox')),
    asked_at     timestamptz NOT NULL,                                  -- the project's time; of an answer that another customer's check got: of that check
    recorded_at  timestamptz NOT NULL DEFAULT now(),
    consultation text,                                                  -- VIES's number of the consultation
    name         text,                                                  -- of the id's owner, where its country tells
    detail       text,                                                  -- why there was no answer
    PRIMARY KEY (partition, account, id)
);
-- What was answered for the same id of another customer.
CREATE INDEX vat_checks_shared ON vat_checks (project_id, vies_id, asked_at DESC) WHERE answer <> 'unavailable';

-- When VIES is asked next for the customer's VAT id, in real time; null: it is not asked.
ALTER TABLE customers ADD COLUMN vat_check_at timestamptz;
CREATE INDEX customers_vat_check ON customers (project_id, vat_check_at) WHERE vat_check_at IS NOT NULL;

-- Ids that older versions took are asked for, too. The loop drops those that VIES cannot know.
UPDATE customers SET vat_check_at = now() WHERE tax_id IS NOT NULL AND country IS NOT NULL;

-- Each new id is asked for, and no id that was removed, also where a server of an older version writes the row.
CREATE FUNCTION ask_for_vat_id() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.vat_check_at := CASE WHEN NEW.country IS NOT NULL AND NEW.tax_id IS NOT NULL THEN now() END;
    RETURN NEW;
END $$;
CREATE TRIGGER customers_new_vat_id BEFORE INSERT ON customers
    FOR EACH ROW WHEN (NEW.tax_id IS NOT NULL) EXECUTE FUNCTION ask_for_vat_id();
CREATE TRIGGER customers_other_vat_id BEFORE UPDATE OF country, tax_id ON customers
    FOR EACH ROW WHEN (OLD.country IS DISTINCT FROM NEW.country OR OLD.tax_id IS DISTINCT FROM NEW.tax_id) EXECUTE FUNCTION ask_for_vat_id();
