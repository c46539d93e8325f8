-- Statements that only the PostgreSQL driver runs, by name.

-- name: begin
BEGIN;
-- name: commit
COMMIT;
-- name: rollback
ROLLBACK;
-- name: wait_for_the_disk
SET synchronous_commit TO on;
-- name: leave_the_disk_behind
SET synchronous_commit TO off;
-- name: mark_transaction
UPDATE yard_meta SET value = $1 WHERE name = 'transaction';
-- name: insert_entries
INSERT INTO entries (id, context_id, seq, time_us, kind, data)
SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bytea[], $6::bytea[]);
-- name: entries_by_id
SELECT seq, time_us, kind, data FROM entries WHERE id = ANY($1::bigint[]) ORDER BY id;
