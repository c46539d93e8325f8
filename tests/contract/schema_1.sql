-- sql/schema.sql as it was in version 1, which databases in the field have.
-- The schema, in the plain SQL that all drivers share. The words in braces differ between them:
-- {id} a 64-bit primary key that rows are stored by, {bytes} a byte string, {clustered} a table that
-- is stored by its primary key. Texts that clients write freely are byte strings, since PostgreSQL's
-- TEXT refuses U+0000. Times are microseconds since 1970.

CREATE TABLE yard_meta (
  name TEXT NOT NULL PRIMARY KEY,
  value BIGINT NOT NULL
) {clustered};

CREATE TABLE contexts (
  id {id},
  name TEXT NOT NULL UNIQUE,
  owner TEXT NOT NULL,
  generation BIGINT NOT NULL,
  created_us BIGINT NOT NULL
);

-- Append-only by a rising id; a context is found through its blocks, never by an index here.
CREATE TABLE entries (
  id {id},
  context_id BIGINT NOT NULL,
  seq BIGINT NOT NULL,
  time_us BIGINT NOT NULL,
  kind {bytes} NOT NULL,
  data {bytes} NOT NULL
);

-- The ids of consecutive entries of a context, 8 bytes each, little-endian.
CREATE TABLE entry_blocks (
  context_id BIGINT NOT NULL,
  first_seq BIGINT NOT NULL,
  count BIGINT NOT NULL,
  ids {bytes} NOT NULL,
  PRIMARY KEY (context_id, first_seq)
) {clustered};

CREATE TABLE instances (
  id {id},
  name TEXT NOT NULL UNIQUE,
  role TEXT NOT NULL,
  repo TEXT NOT NULL,
  worktree_path TEXT NOT NULL,
  tmux_window TEXT NOT NULL,
  task {bytes} NOT NULL,
  agent_command {bytes} NOT NULL,
  socket_path TEXT NOT NULL,
  pid BIGINT,
  pid_start_ticks BIGINT,
  boot_id TEXT,
  state BIGINT NOT NULL,
  context TEXT NOT NULL,
  created_us BIGINT NOT NULL
);
CREATE INDEX instances_by_role ON instances (role, name);

CREATE TABLE tombstones (
  id {id},
  name TEXT NOT NULL,
  role TEXT NOT NULL,
  repo TEXT NOT NULL,
  worktree_path TEXT NOT NULL,
  tmux_window TEXT NOT NULL,
  task {bytes} NOT NULL,
  agent_command {bytes} NOT NULL,
  context TEXT NOT NULL,
  created_us BIGINT NOT NULL,
  ended_us BIGINT NOT NULL,
  end_reason {bytes} NOT NULL,
  summary {bytes} NOT NULL
);

-- status: 0 pending, 1 delivered, 2 read, 3 acked.
CREATE TABLE messages (
  id {id},
  sender TEXT NOT NULL,
  recipient TEXT NOT NULL,
  body {bytes} NOT NULL,
  status BIGINT NOT NULL,
  sent_us BIGINT NOT NULL,
  acked_us BIGINT
);
CREATE INDEX messages_by_recipient ON messages (recipient, id);
CREATE INDEX messages_open ON messages (recipient, id) WHERE status < 3;

-- What a request with an idempotency key was answered with.
CREATE TABLE request_keys (
  caller TEXT NOT NULL,
  request_key {bytes} NOT NULL,
  fingerprint TEXT NOT NULL,
  result {bytes} NOT NULL,
  created_us BIGINT NOT NULL,
  PRIMARY KEY (caller, request_key)
) {clustered};

-- state: 0 pending, 1 accepted, 2 cancelled.
CREATE TABLE handoffs (
  id {id},
  giver TEXT NOT NULL,
  receiver TEXT NOT NULL,
  context TEXT NOT NULL,
  generation BIGINT NOT NULL,
  digest TEXT NOT NULL,
  count BIGINT NOT NULL,
  summary {bytes} NOT NULL,
  state BIGINT NOT NULL,
  offered_us BIGINT NOT NULL,
  decided_us BIGINT
);
CREATE INDEX handoffs_by_giver ON handoffs (giver, id);
CREATE INDEX handoffs_by_receiver ON handoffs (receiver, id);
CREATE INDEX handoffs_pending ON handoffs (id) WHERE state = 0;

INSERT INTO yard_meta (name, value) VALUES ('watermark', 0), ('clean', 1), ('durable', 0);
