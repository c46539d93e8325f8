-- What a daemon of version 1 left when it was killed: a row or two in every table. The word in braces
-- begins a byte string in hexadecimal.

UPDATE yard_meta SET value = 102 WHERE name = 'watermark';
UPDATE yard_meta SET value = 0 WHERE name = 'clean';

INSERT INTO contexts (id, name, owner, generation, created_us) VALUES
  (1, 'ada', 'ada', 3, 1000001),
  (2, 'bob', 'bob', 1, 1000002),
  (3, 'eve', 'eve', 1, 1000003);

INSERT INTO entries (id, context_id, seq, time_us, kind, data) VALUES
  (101, 1, 1, 2000001, 'note', 'entry 1'),
  (102, 1, 2, 2000002, 'note', 'entry 2'),
  (103, 1, 3, 2000003, 'note', 'entry 3');
INSERT INTO entry_blocks (context_id, first_seq, count, ids) VALUES
  (1, 1, 2, {ids}65000000000000006600000000000000');

INSERT INTO instances (id, name, role, repo, worktree_path, tmux_window, task, agent_command,
                       socket_path, pid, pid_start_ticks, boot_id, state, context, created_us) VALUES
  (10, 'ada', 'worker', 'engine', '/räume/\x41', '@3', 'Add tests', 'agent --fast',
   '/run/ada.sock', 42, 4242, 'boot', 1, 'ada', 1000001),
  (11, 'bob', 'supervisor', '', '', '', '', '', '', NULL, NULL, NULL, 0, 'bob', 1000002);

INSERT INTO tombstones (id, name, role, repo, worktree_path, tmux_window, task, agent_command,
                        context, created_us, ended_us, end_reason, summary) VALUES
  (12, 'eve', 'worker', 'engine', '/räume/\\', '@4', 'Fix it', 'agent', 'eve', 1000003, 3000003,
   'completed', 'all done');

INSERT INTO messages (id, sender, recipient, body, status, sent_us, acked_us) VALUES
  (13, 'ada', 'bob', 'hello', 0, 4000001, NULL),
  (14, 'ada', 'bob', 'bye', 3, 4000002, 4000003);

INSERT INTO request_keys (caller, request_key, fingerprint, result, created_us) VALUES
  ('ada', 'k1', 'the digest of another request', '13', 4000001);

INSERT INTO handoffs (id, giver, receiver, context, generation, digest, count, summary, state,
                      offered_us, decided_us) VALUES
  (15, 'ada', 'bob', 'ada', 3, 'd19e57', 3, 'take over', 0, 5000001, NULL),
  (16, 'bob', 'ada', 'bob', 1, 'd19e57', 0, '', 2, 5000002, 5000003);
