-- The schema of version 5, in the plain SQL that all drivers share. The words in braces differ
-- between them: {id} a 64-bit primary key that rows are stored by, {bytes} a byte string, {path} a
-- path, which need not be UTF-8, {clustered} a table that is stored by its primary key. Texts that
-- clients write freely are byte strings, since PostgreSQL's TEXT refuses U+0000. Times are
-- microseconds since 1970. States are the numbers that coordinator/domain gives them, which also
-- stand where {TYPE::NAME} is written.
--
-- migrations/ makes the same of a database of an older version, so columns stand in the order in
-- which they came, and the later ones have the default that older rows got.

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

-- state: InstanceState. owned: the bits owns_worktree, owns_window and owns_processes.
CREATE TABLE instances (
  id {id},
  name TEXT NOT NULL UNIQUE,
  role TEXT NOT NULL,
  repo TEXT NOT NULL,
  worktree_path {path} NOT NULL,
  tmux_window TEXT NOT NULL,
  task {bytes} NOT NULL,
  agent_command {bytes} NOT NULL,
  socket_path {path} NOT NULL,
  pid BIGINT,
  pid_start_ticks BIGINT,
  boot_id TEXT,
  state BIGINT NOT NULL,
  context TEXT NOT NULL,
  created_us BIGINT NOT NULL,
  branch TEXT NOT NULL DEFAULT '',
  base_branch TEXT NOT NULL DEFAULT '',
  base_commit TEXT NOT NULL DEFAULT '',
  repo_path {path} NOT NULL DEFAULT '',
  session_id TEXT NOT NULL DEFAULT '',
  tmux_session TEXT NOT NULL DEFAULT '',
  tmux_pane TEXT NOT NULL DEFAULT '',
  log_path {path} NOT NULL DEFAULT '',
  owned BIGINT NOT NULL DEFAULT 0,
  ending_reason {bytes} NOT NULL DEFAULT '',
  ending_summary {bytes} NOT NULL DEFAULT ''
);
CREATE INDEX instances_by_role ON instances (role, name);

-- rescue: refs and directories, one per line.
CREATE TABLE tombstones (
  id {id},
  name TEXT NOT NULL,
  role TEXT NOT NULL,
  repo TEXT NOT NULL,
  worktree_path {path} NOT NULL,
  tmux_window TEXT NOT NULL,
  task {bytes} NOT NULL,
  agent_command {bytes} NOT NULL,
  context TEXT NOT NULL,
  created_us BIGINT NOT NULL,
  ended_us BIGINT NOT NULL,
  end_reason {bytes} NOT NULL,
  summary {bytes} NOT NULL,
  branch TEXT NOT NULL DEFAULT '',
  base_branch TEXT NOT NULL DEFAULT '',
  repo_path {path} NOT NULL DEFAULT '',
  log_path {path} NOT NULL DEFAULT '',
  exit_status TEXT NOT NULL DEFAULT '',
  last_output {bytes} NOT NULL DEFAULT '',
  rescue {bytes} NOT NULL DEFAULT ''
);
CREATE INDEX tombstones_by_name ON tombstones (name, id);
CREATE INDEX tombstones_by_repo ON tombstones (repo, id);

-- status: MessageStatus. body_of: the message that has the body, where many share one.
CREATE TABLE messages (
  id {id},
  sender TEXT NOT NULL,
  recipient TEXT NOT NULL,
  body {bytes} NOT NULL,
  status BIGINT NOT NULL,
  sent_us BIGINT NOT NULL,
  acked_us BIGINT,
  body_of BIGINT
);
CREATE INDEX messages_by_status ON messages (recipient, status, id);
CREATE INDEX messages_open ON messages (recipient, id) WHERE status < {MessageStatus::acked};

-- Where the inbox of a name begins: messages up to this id were for an earlier life of it.
CREATE TABLE inboxes (
  name TEXT NOT NULL PRIMARY KEY,
  first_id BIGINT NOT NULL
) {clustered};

-- The messages that nobody is going to read. cause: DeathCause.
CREATE TABLE dead_letters (
  id {id},
  died_us BIGINT NOT NULL,
  cause BIGINT NOT NULL
);

-- What a request with an idempotency key was answered with.
CREATE TABLE request_keys (
  caller TEXT NOT NULL,
  request_key {bytes} NOT NULL,
  fingerprint TEXT NOT NULL,
  result {bytes} NOT NULL,
  created_us BIGINT NOT NULL,
  PRIMARY KEY (caller, request_key)
) {clustered};

-- state: HandoffState.
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
CREATE INDEX handoffs_pending ON handoffs (id) WHERE state = {HandoffState::pending};

-- state: RepositoryState. owned: 1 we cloned it.
CREATE TABLE repositories (
  id {id},
  name TEXT NOT NULL UNIQUE,
  path {path} NOT NULL,
  url {bytes} NOT NULL,
  base_branch TEXT NOT NULL,
  tmux_session TEXT NOT NULL,
  owned BIGINT NOT NULL,
  state BIGINT NOT NULL,
  error {bytes} NOT NULL,
  created_us BIGINT NOT NULL
);

-- Persistent instances, which should live. deaths: their times, the oldest first, with blanks
-- between. next_start_us: 0 while it does not wait. given_up: why it is not started any more.
CREATE TABLE wanted_instances (
  name TEXT NOT NULL PRIMARY KEY,
  role TEXT NOT NULL,
  repo TEXT NOT NULL,
  task {bytes} NOT NULL,
  agent_command {bytes} NOT NULL,
  start_ref TEXT NOT NULL,
  deaths TEXT NOT NULL,
  next_start_us BIGINT NOT NULL,
  given_up {bytes} NOT NULL
) {clustered};

INSERT INTO yard_meta (name, value) VALUES ('watermark', 0), ('clean', 1), ('durable', 0);
