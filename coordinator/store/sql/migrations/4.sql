-- From version 3 to 4: the deaths of persistent instances are known one by one, and so is what waits
-- for its restart and what was given up.

CREATE TABLE wanted_before AS SELECT * FROM wanted_instances;
DROP TABLE wanted_instances;
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
INSERT INTO wanted_instances
SELECT name, role, repo, task, agent_command, start_ref,
       CASE WHEN restarts > 0 THEN CAST(last_death_us AS TEXT) ELSE '' END, 0, ''
  FROM wanted_before;
DROP TABLE wanted_before;
