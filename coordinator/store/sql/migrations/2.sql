-- From version 1 to 2: repositories, persistent instances, and all that real instances are made of.
-- The words in braces are those of schema.sql, and {postgres} begins a line that is PostgreSQL's
-- alone: SQLite's TEXT takes any bytes.

{postgres} ALTER TABLE instances
{postgres}   ALTER COLUMN worktree_path TYPE {path} USING convert_to(worktree_path, 'UTF8'),
{postgres}   ALTER COLUMN socket_path TYPE {path} USING convert_to(socket_path, 'UTF8');
{postgres} ALTER TABLE tombstones
{postgres}   ALTER COLUMN worktree_path TYPE {path} USING convert_to(worktree_path, 'UTF8');

ALTER TABLE instances ADD COLUMN branch TEXT NOT NULL DEFAULT '';
ALTER TABLE instances ADD COLUMN base_branch TEXT NOT NULL DEFAULT '';
ALTER TABLE instances ADD COLUMN base_commit TEXT NOT NULL DEFAULT '';
ALTER TABLE instances ADD COLUMN repo_path {path} NOT NULL DEFAULT '';
ALTER TABLE instances ADD COLUMN session_id TEXT NOT NULL DEFAULT '';
ALTER TABLE instances ADD COLUMN tmux_session TEXT NOT NULL DEFAULT '';
ALTER TABLE instances ADD COLUMN tmux_pane TEXT NOT NULL DEFAULT '';
ALTER TABLE instances ADD COLUMN log_path {path} NOT NULL DEFAULT '';
ALTER TABLE instances ADD COLUMN owned BIGINT NOT NULL DEFAULT 0;
ALTER TABLE instances ADD COLUMN ending_reason {bytes} NOT NULL DEFAULT '';
ALTER TABLE instances ADD COLUMN ending_summary {bytes} NOT NULL DEFAULT '';

ALTER TABLE tombstones ADD COLUMN branch TEXT NOT NULL DEFAULT '';
ALTER TABLE tombstones ADD COLUMN base_branch TEXT NOT NULL DEFAULT '';
ALTER TABLE tombstones ADD COLUMN repo_path {path} NOT NULL DEFAULT '';
ALTER TABLE tombstones ADD COLUMN log_path {path} NOT NULL DEFAULT '';
ALTER TABLE tombstones ADD COLUMN exit_status TEXT NOT NULL DEFAULT '';
ALTER TABLE tombstones ADD COLUMN last_output {bytes} NOT NULL DEFAULT '';
ALTER TABLE tombstones ADD COLUMN rescue {bytes} NOT NULL DEFAULT '';

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

CREATE TABLE wanted_instances (
  name TEXT NOT NULL PRIMARY KEY,
  role TEXT NOT NULL,
  repo TEXT NOT NULL,
  task {bytes} NOT NULL,
  agent_command {bytes} NOT NULL,
  start_ref TEXT NOT NULL,
  restarts BIGINT NOT NULL,
  last_death_us BIGINT NOT NULL
) {clustered};
