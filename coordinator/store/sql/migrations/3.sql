-- From version 2 to 3: the body of a broadcast is stored once, and lists are read by an index.
-- The words in braces are those of schema.sql.

ALTER TABLE messages ADD COLUMN body_of BIGINT;
DROP INDEX messages_by_recipient;
CREATE INDEX messages_by_status ON messages (recipient, status, id);
CREATE INDEX tombstones_by_name ON tombstones (name, id);
CREATE INDEX tombstones_by_repo ON tombstones (repo, id);
