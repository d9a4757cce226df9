-- Room: Invoicing
-- An invoice is written under the lock of its customer, which is of the project: to look for the project again for each row proves nothing.
ALTER TABLE invoices DROP CONSTRAINT invoices_project_id_fkey;
