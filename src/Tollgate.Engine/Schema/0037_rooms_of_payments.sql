-- Who writes these tables is another room than the one that made them. A migration is never edited, so it is said here.

-- Room: Checkouts
COMMENT ON TABLE checkouts IS 'What somebody is asked to pay for on a page. Written by the room Checkouts.';
COMMENT ON TABLE checkout_facts IS 'What happened to checkouts, appended. Written by the room Checkouts.';
COMMENT ON TABLE portal_sessions IS 'Addresses under which customers see what they have. Written by the room Checkouts.';

-- Room: Dunning
COMMENT ON TABLE collections IS 'Invoices that are collected by themselves, and how that goes. Written by the room Dunning.';
COMMENT ON TABLE collection_facts IS 'What happened to collections, appended. Written by the room Dunning.';
COMMENT ON TABLE dunning_policies IS 'How often a project tries again, and what comes after that. Written by the room Dunning.';

-- Room: Inbox
COMMENT ON TABLE provider_events IS 'What payment providers told, as it came in, and what became of it. Written by the room Inbox.';
