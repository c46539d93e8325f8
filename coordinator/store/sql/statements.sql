-- Every statement that the store runs, by name, in the plain subset that all drivers understand.
-- Columns that several statements have in common stand once, below "-- columns: NAME", for {NAME}.
-- {MessageStatus::acked} and its like stand for the numbers that coordinator/domain gives them.
--
-- Parameters are $1, $2, … without gaps. PostgreSQL infers their types from the columns that they
-- are compared with or stored in, and is sent 8 bytes for a number: each number must meet a BIGINT
-- column (or LIMIT), never an expression whose type is open.

-- name: read_meta
SELECT value FROM yard_meta WHERE name = $1;
-- name: write_meta
UPDATE yard_meta SET value = $2 WHERE name = $1;
-- name: set_yard
INSERT INTO yard_meta (name, value) VALUES ($1, $2)
ON CONFLICT (name) DO UPDATE SET value = excluded.value;
-- name: touch_durable
UPDATE yard_meta SET value = value + 1 WHERE name = 'durable';
-- name: largest_ids
SELECT (SELECT coalesce(max(id), 0) FROM entries), (SELECT coalesce(max(id), 0) FROM contexts),
       (SELECT coalesce(max(id), 0) FROM instances), (SELECT coalesce(max(id), 0) FROM tombstones),
       (SELECT coalesce(max(id), 0) FROM messages), (SELECT coalesce(max(id), 0) FROM handoffs),
       (SELECT coalesce(max(id), 0) FROM repositories);
-- name: count_all
SELECT (SELECT count(*) FROM instances), (SELECT count(*) FROM contexts),
       (SELECT count(*) FROM messages WHERE status < {MessageStatus::acked}),
       (SELECT count(*) FROM handoffs WHERE state = {HandoffState::pending}),
       (SELECT count(*) FROM dead_letters);

-- name: insert_entry
INSERT INTO entries (id, context_id, seq, time_us, kind, data) VALUES ($1, $2, $3, $4, $5, $6);
-- name: read_entry
SELECT seq, time_us, kind, data FROM entries WHERE id = $1;
-- name: entries_after
SELECT id, context_id, seq FROM entries WHERE id > $1 ORDER BY id;
-- name: count_rows
SELECT count(*) FROM entries
 WHERE id > $4 AND id <= $5 AND context_id = $1 AND seq >= $2 AND seq <= $3;
-- name: last_entry
SELECT coalesce(max(id), 0) FROM entries;
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

-- Instances and tombstones share the first list; store_instances.cpp has them in the same order.
-- columns: instance
id, created_us, name, role, repo, worktree_path, tmux_window, task, agent_command, context,
branch, base_branch, repo_path, log_path
-- columns: living
socket_path, base_commit, session_id, tmux_session, tmux_pane, ending_reason, ending_summary,
state, owned, pid, pid_start_ticks, boot_id
-- columns: ended
end_reason, summary, exit_status, last_output, rescue, ended_us

-- name: insert_instance
INSERT INTO instances ({instance}, {living})
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20,
        $21, $22, $23, $24, $25, $26);
-- name: instance_exists
SELECT 1 FROM instances WHERE name = $1;
-- name: instance_context
SELECT context FROM instances WHERE name = $1;
-- name: instance_by_name
SELECT {instance}, {living},
       (SELECT count(*) FROM wanted_instances WHERE wanted_instances.name = instances.name)
  FROM instances WHERE name = $1;
-- name: all_instances
SELECT {instance}, {living},
       (SELECT count(*) FROM wanted_instances WHERE wanted_instances.name = instances.name)
  FROM instances ORDER BY name;
-- name: instances_after
SELECT {instance}, {living},
       (SELECT count(*) FROM wanted_instances WHERE wanted_instances.name = instances.name),
       (SELECT generation FROM contexts WHERE contexts.name = instances.context)
  FROM instances WHERE name > $1 ORDER BY name LIMIT $2;
-- name: instance_names
SELECT name, repo FROM instances ORDER BY name;
-- name: instance_names_by_role
SELECT name, repo FROM instances WHERE role = $1 ORDER BY name;
-- name: instance_names_by_repo
SELECT name FROM instances WHERE repo = $1 ORDER BY name;
-- name: supervisors_of_repo
SELECT name FROM instances WHERE repo = $1 AND role = 'supervisor'
UNION
SELECT name FROM wanted_instances WHERE repo = $1 AND role = 'supervisor'
 ORDER BY name;
-- name: names_like
SELECT name FROM contexts WHERE name LIKE $1
UNION ALL
SELECT name FROM instances WHERE name LIKE $1;
-- name: set_instance_state
UPDATE instances SET state = $2 WHERE name = $1;
-- name: note_instance_ending
UPDATE instances SET state = $2, ending_reason = $3, ending_summary = $4 WHERE name = $1;
-- name: set_instance_window
UPDATE instances SET tmux_pane = $2, pid = $3, pid_start_ticks = $4, boot_id = $5 WHERE name = $1;
-- name: set_instance_commit
UPDATE instances SET base_commit = $2 WHERE name = $1;
-- name: set_instance_context
UPDATE instances SET context = $2 WHERE name = $1;
-- name: delete_instance
DELETE FROM instances WHERE name = $1;
-- name: insert_tombstone
INSERT INTO tombstones ({instance}, {ended})
SELECT {instance}, $2, $3, $4, $5, $6, $7 FROM instances WHERE name = $1;
-- name: newest_tombstones
SELECT {instance}, {ended} FROM tombstones WHERE id < $1 ORDER BY id DESC LIMIT $2;
-- name: newest_tombstones_of_repo
SELECT {instance}, {ended} FROM tombstones WHERE repo = $1 AND id < $2 ORDER BY id DESC LIMIT $3;
-- name: newest_tombstones_of_name
SELECT {instance}, {ended} FROM tombstones WHERE name = $1 AND id < $2 ORDER BY id DESC LIMIT $3;

-- columns: wanted
name, role, repo, task, agent_command, start_ref, deaths, next_start_us, given_up
-- name: want_instance
INSERT INTO wanted_instances ({wanted}) VALUES ($1, $2, $3, $4, $5, $6, '', 0, '')
ON CONFLICT (name) DO UPDATE
   SET role = excluded.role, repo = excluded.repo, task = excluded.task,
       agent_command = excluded.agent_command, start_ref = excluded.start_ref,
       deaths = CASE WHEN length(wanted_instances.given_up) = 0 THEN wanted_instances.deaths ELSE '' END,
       next_start_us = 0, given_up = '';
-- name: all_wanted
SELECT {wanted} FROM wanted_instances ORDER BY name;
-- name: wanted_of_role
SELECT 1 FROM wanted_instances WHERE name = $1 AND role = $2 AND repo = $3;
-- name: wanted_exists
SELECT 1 FROM wanted_instances WHERE name = $1;
-- name: note_deaths
UPDATE wanted_instances SET deaths = $2, next_start_us = $3, given_up = $4 WHERE name = $1;
-- name: drop_wanted
DELETE FROM wanted_instances WHERE name = $1;
-- name: drop_wanted_by_repo
DELETE FROM wanted_instances WHERE repo = $1;

-- columns: repository
id, name, path, url, base_branch, tmux_session, owned, state, error, created_us
-- name: insert_repository
INSERT INTO repositories ({repository}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10);
-- name: repository_by_name
SELECT {repository} FROM repositories WHERE name = $1;
-- name: all_repositories
SELECT {repository} FROM repositories ORDER BY name;
-- name: set_repository_state
UPDATE repositories SET state = $2, error = $3, base_branch = $4, path = $5 WHERE name = $1;
-- name: delete_repository
DELETE FROM repositories WHERE name = $1;

-- columns: message
id, sender, recipient,
CASE WHEN body_of IS NULL THEN body
     ELSE (SELECT whole.body FROM messages AS whole WHERE whole.id = messages.body_of) END,
status, sent_us, acked_us
-- columns: message_head
id, sender, recipient, status, sent_us
-- name: insert_message
INSERT INTO messages (id, sender, recipient, body, status, sent_us, body_of)
VALUES ($1, $2, $3, $4, {MessageStatus::pending}, $5, $6);
-- name: message_by_id
SELECT {message} FROM messages WHERE id = $1;
-- name: open_messages
SELECT {message} FROM messages
 WHERE recipient = $1 AND id > $2 AND status < {MessageStatus::acked} ORDER BY id LIMIT $3;
-- name: newest_open_messages
SELECT {message} FROM messages
 WHERE recipient = $1 AND id < $2 AND id > $3 AND status < {MessageStatus::acked}
 ORDER BY id DESC LIMIT $4;
-- name: count_open_messages
SELECT status, count(*), min(sent_us) FROM messages
WHERE status < {MessageStatus::acked} GROUP BY status;
-- name: messages_by_status
SELECT {message} FROM messages
 WHERE recipient = $1 AND id > $2 AND status = $3 ORDER BY id LIMIT $4;
-- name: newest_messages_by_status
SELECT {message} FROM messages
 WHERE recipient = $1 AND id < $2 AND id > $3 AND status = $4 ORDER BY id DESC LIMIT $5;
-- name: find_unread
SELECT count(*),
       (SELECT coalesce(max(id), 0) FROM messages
         WHERE recipient = $1 AND status = {MessageStatus::pending} AND id > $2),
       (SELECT coalesce(max(id), 0) FROM messages
         WHERE recipient = $1 AND status = {MessageStatus::delivered} AND id > $2)
  FROM (SELECT 1 FROM messages
         WHERE recipient = $1 AND status < {MessageStatus::read} AND id > $2 LIMIT 1000) AS unread;
-- name: raise_message_status
UPDATE messages SET status = $2 WHERE id = $1 AND recipient = $3 AND status < $2;
-- name: ack_message
UPDATE messages SET status = {MessageStatus::acked}, acked_us = $2 WHERE id = $1;

-- name: message_head
SELECT {message_head} FROM messages WHERE id = $1;
-- name: message_heads
SELECT {message_head} FROM messages
 WHERE recipient = $1 AND status = $2 AND id > $3 ORDER BY id LIMIT $4;
-- name: next_open_recipient
SELECT recipient FROM messages
 WHERE recipient > $1 AND status < {MessageStatus::acked} ORDER BY recipient LIMIT 1;
-- name: inbox_start
SELECT first_id FROM inboxes WHERE name = $1;
-- name: begin_inbox
INSERT INTO inboxes (name, first_id) VALUES ($1, $2)
ON CONFLICT (name) DO UPDATE SET first_id = excluded.first_id;
-- name: bury_message
UPDATE messages SET status = {MessageStatus::dead} WHERE id = $1;
-- name: insert_dead_letter
INSERT INTO dead_letters (id, died_us, cause) VALUES ($1, $2, $3);
-- name: dead_letters
SELECT {message},
       (SELECT died_us FROM dead_letters WHERE dead_letters.id = messages.id),
       (SELECT cause FROM dead_letters WHERE dead_letters.id = messages.id)
  FROM messages
 WHERE id IN (SELECT id FROM dead_letters WHERE id > $1 ORDER BY id LIMIT $2)
 ORDER BY id;
-- name: dead_letters_of
SELECT {message},
       (SELECT died_us FROM dead_letters WHERE dead_letters.id = messages.id),
       (SELECT cause FROM dead_letters WHERE dead_letters.id = messages.id)
  FROM messages
 WHERE id IN (SELECT id FROM dead_letters WHERE id > $1) AND (recipient = $2 OR sender = $2)
 ORDER BY id LIMIT $3;

-- name: find_request_key
SELECT fingerprint, result FROM request_keys WHERE caller = $1 AND request_key = $2;
-- name: insert_request_key
INSERT INTO request_keys (caller, request_key, fingerprint, result, created_us)
VALUES ($1, $2, $3, $4, $5);

-- columns: handoff
id, giver, receiver, context, generation, digest, count, summary, state, offered_us, decided_us
-- name: insert_handoff
INSERT INTO handoffs ({handoff})
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, {HandoffState::pending}, $9, NULL);
-- name: handoff_by_id
SELECT {handoff} FROM handoffs WHERE id = $1;
-- name: handoffs_of
SELECT {handoff} FROM handoffs WHERE giver = $1 AND id > $2 AND state BETWEEN $3 AND $4
UNION
SELECT {handoff} FROM handoffs WHERE receiver = $1 AND id > $2 AND state BETWEEN $3 AND $4
 ORDER BY id LIMIT $5;
-- name: all_handoffs
SELECT {handoff} FROM handoffs WHERE id > $1 AND state BETWEEN $2 AND $3 ORDER BY id LIMIT $4;
-- name: pending_handoffs
SELECT {handoff} FROM handoffs WHERE state = {HandoffState::pending} ORDER BY id;
-- name: overdue_handoffs
SELECT {handoff} FROM handoffs
 WHERE state = {HandoffState::pending} AND offered_us < $1 ORDER BY id LIMIT $2;
-- name: offer_of_context
SELECT 1 FROM handoffs
 WHERE receiver = $1 AND context = $2 AND state = {HandoffState::pending} LIMIT 1;
-- name: decide_handoff
UPDATE handoffs SET state = $2, generation = $3, decided_us = $4 WHERE id = $1;
