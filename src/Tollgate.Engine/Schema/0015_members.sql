-- Members: users that belong to a customer and use its balances. See docs/decisions/0012-members.md.

-- Room: Customers ----------------------------------------------------------------------------------------------
-- Whose balances this customer uses; null: its own. Its own rows stay where they are, for the time after.
ALTER TABLE customers ADD COLUMN owner text COLLATE "C";

-- Partition and account are the owner's: whoever decides on its balances finds beside them who belongs to it.
CREATE TABLE members (
    partition  smallint    NOT NULL,
    account    integer     NOT NULL,
    id         text        COLLATE "C" NOT NULL CHECK (length(id) BETWEEN 1 AND 255),
    project_id integer     NOT NULL REFERENCES projects (id),
    name       text,
    email      text,
    role       text,
    added_at   timestamptz NOT NULL,
    PRIMARY KEY (partition, account, id)
);

-- Room: Ledger -------------------------------------------------------------------------------------------------
-- Which member of the customer made the reservation; null: the customer itself.
ALTER TABLE holds ADD COLUMN member text;
