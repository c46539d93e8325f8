-- Every statement that the store runs, by name. Parameters are $1, $2, …; the plain subset that all
-- drivers understand.

-- name: read_meta
SELECT value FROM yard_meta WHERE name = $1;
-- name: write_meta
UPDATE yard_meta SET value = $2 WHERE name = $1;
-- name: touch_durable
UPDATE yard_meta SET value = value + 1 WHERE name = 'durable';
-- name: largest_ids
SELECT (SELECT coalesce(max(id), 0) FROM entries), (SELECT coalesce(max(id), 0) FROM contexts),
       (SELECT coalesce(max(id), 0) FROM instances), (SELECT coalesce(max(id), 0) FROM tombstones),
       (SELECT coalesce(max(id), 0) FROM messages), (SELECT coalesce(max(id), 0) FROM handoffs);
-- name: count_all
SELECT (SELECT count(*) FROM instances), (SELECT count(*) FROM contexts),
       (SELECT count(*) FROM messages WHERE status < 3), (SELECT count(*) FROM handoffs WHERE state = 0);

-- name: insert_entry
INSERT INTO entries (id, context_id, seq, time_us, kind, data) VALUES ($1, $2, $3, $4, $5, $6);
-- name: read_entry
SELECT seq, time_us, kind, data FROM entries WHERE id = $1;
-- name: entries_after
SELECT id, context_id, seq FROM entries WHERE id > $1 ORDER BY id;
-- name: count_rows
SELECT count(*) FROM entries WHERE context_id = $1 AND seq >= $2 AND seq <= $3;
-- name: insert_block
INSERT INTO entry_blocks (context_id, first_seq, count, ids) VALUES ($1, $2, $3, $4);
-- name: last_block
SELECT first_seq, count FROM entry_blocks WHERE context_id = $1 ORDER BY first_seq DESC LIMIT 1;
-- name: blocks_from
SELECT first_seq, count, ids FROM entry_blocks
 WHERE context_id = $1 AND first_seq < $3
   AND first_seq >= coalesce((SELECT max(first_seq) FROM entry_blocks
                               WHERE context_id = $1 AND first_seq <= $2), 0)
 ORDER BY first_seq;

-- name: insert_context
INSERT INTO contexts (id, name, owner, generation, created_us) VALUES ($1, $2, $3, $4, $5);
-- name: update_context
UPDATE contexts SET owner = $2, generation = $3 WHERE id = $1;
-- name: context_by_name
SELECT id, name, owner, generation FROM contexts WHERE name = $1;
-- name: context_by_id
SELECT id, name, owner, generation FROM contexts WHERE id = $1;

-- name: insert_instance
INSERT INTO instances (id, name, role, repo, worktree_path, tmux_window, task, agent_command,
                       socket_path, pid, pid_start_ticks, boot_id, state, context, created_us)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15);
-- name: instance_exists
SELECT 1 FROM instances WHERE name = $1;
-- name: instance_by_name
SELECT id, name, role, repo, worktree_path, tmux_window, task, agent_command, context, created_us,
       socket_path, pid, pid_start_ticks, boot_id, state
  FROM instances WHERE name = $1;
-- name: all_instances
SELECT id, name, role, repo, worktree_path, tmux_window, task, agent_command, context, created_us,
       socket_path, pid, pid_start_ticks, boot_id, state
  FROM instances ORDER BY name;
-- name: instance_names
SELECT name FROM instances ORDER BY name;
-- name: instance_names_by_role
SELECT name FROM instances WHERE role = $1 ORDER BY name;
-- name: set_instance_state
UPDATE instances SET state = $2 WHERE name = $1;
-- name: set_instance_process
UPDATE instances SET pid = $2, pid_start_ticks = $3, boot_id = $4 WHERE name = $1;
-- name: set_instance_context
UPDATE instances SET context = $2 WHERE name = $1;
-- name: delete_instance
DELETE FROM instances WHERE name = $1;
-- name: insert_tombstone
INSERT INTO tombstones (id, name, role, repo, worktree_path, tmux_window, task, agent_command, context,
                        created_us, ended_us, end_reason, summary)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13);
-- name: newest_tombstones
SELECT id, name, role, repo, worktree_path, tmux_window, task, agent_command, context, created_us,
       ended_us, end_reason, summary
  FROM tombstones ORDER BY id DESC LIMIT $1;

-- name: insert_message
INSERT INTO messages (id, sender, recipient, body, status, sent_us) VALUES ($1, $2, $3, $4, 0, $5);
-- name: message_by_id
SELECT id, sender, recipient, body, status, sent_us, acked_us FROM messages WHERE id = $1;
-- name: open_messages
SELECT id, sender, recipient, body, status, sent_us, acked_us FROM messages
 WHERE recipient = $1 AND id > $2 AND status < 3 ORDER BY id LIMIT $3;
-- name: messages_by_status
SELECT id, sender, recipient, body, status, sent_us, acked_us FROM messages
 WHERE recipient = $1 AND id > $2 AND status = $3 ORDER BY id LIMIT $4;
-- name: raise_message_status
UPDATE messages SET status = $2 WHERE id = $1 AND recipient = $3 AND status < $2;
-- name: ack_message
UPDATE messages SET status = 3, acked_us = $2 WHERE id = $1;

-- name: find_request_key
SELECT fingerprint, result FROM request_keys WHERE caller = $1 AND request_key = $2;
-- name: insert_request_key
INSERT INTO request_keys (caller, request_key, fingerprint, result, created_us)
VALUES ($1, $2, $3, $4, $5);

-- name: insert_handoff
INSERT INTO handoffs (id, giver, receiver, context, generation, digest, count, summary, state, offered_us)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, $9);
-- name: handoff_by_id
SELECT id, giver, receiver, context, generation, digest, count, summary, state, offered_us, decided_us
  FROM handoffs WHERE id = $1;
-- name: handoffs_of
SELECT id, giver, receiver, context, generation, digest, count, summary, state, offered_us, decided_us
  FROM handoffs WHERE giver = $1
UNION
SELECT id, giver, receiver, context, generation, digest, count, summary, state, offered_us, decided_us
  FROM handoffs WHERE receiver = $1
 ORDER BY id;
-- name: all_handoffs
SELECT id, giver, receiver, context, generation, digest, count, summary, state, offered_us, decided_us
  FROM handoffs ORDER BY id;
-- name: pending_handoffs
SELECT id, giver, receiver, context, generation, digest, count, summary, state, offered_us, decided_us
  FROM handoffs WHERE state = 0 ORDER BY id;
-- name: decide_handoff
UPDATE handoffs SET state = $2, generation = $3, decided_us = $4 WHERE id = $1;
