-- Room: Payments. A provider's page is shown again as long as it can be paid on. Its address is kept as it is: whoever has it can pay, once, and nothing else;
-- it is forgotten when the checkout is over.
ALTER TABLE checkouts
    ADD COLUMN page           text,
    ADD COLUMN page_reference text;                                 -- the provider's id of it
