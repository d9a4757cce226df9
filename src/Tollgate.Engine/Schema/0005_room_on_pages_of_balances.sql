-- Room on the pages of balances that PostgreSQL does not clean up at every update.
--
-- A fillfactor of 50 leaves room for new versions of a row on its page, but it also is the mark at which PostgreSQL cleans
-- a page: with the page half full, every update cleaned it once more, a fifth of the update's time. So the room is made by
-- the rows themselves: a new row is twice as wide as it needs to be, and its first update gives that back. Pages then are
-- half empty, and cleaned when they are nine tenths full.
ALTER TABLE balances ADD COLUMN room text NOT NULL DEFAULT '';
ALTER TABLE balances ALTER COLUMN room SET STORAGE PLAIN, ALTER COLUMN room SET DEFAULT repeat('.', 130);
ALTER TABLE balances SET (fillfactor = 90);
