-- Room: Projects. The user name and password with which a customer gets a token (POST /auth/login), as the product's app sets them. A setting: the next
-- PUT replaces it. It refers to no row of customers, as a token does: the first record of a customer creates it.
CREATE TABLE customer_logins (
    project_id    integer     NOT NULL REFERENCES projects (id),
    username      text        COLLATE "C" NOT NULL CHECK (length(username) BETWEEN 1 AND 255),
    customer      text        COLLATE "C" NOT NULL CHECK (length(customer) BETWEEN 1 AND 255),
    password_hash text        NOT NULL CHECK (length(password_hash) BETWEEN 1 AND 255), -- PBKDF2 with its salt and count, never the password
    issuer        uuid,                                                                 -- lineage of the key that set it; the login ends with the key
    updated_at    timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (project_id, username),
    UNIQUE (project_id, customer)
);

SELECT allow_possible_values('customer_logins');
