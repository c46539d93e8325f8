-- From version 4 to 5: messages that nobody is going to read end as dead letters, and what was for an
-- earlier life of a name is not for its next one. Of those who live and are not started again, this
-- life is the one in their row.

CREATE TABLE inboxes (
  name TEXT NOT NULL PRIMARY KEY,
  first_id BIGINT NOT NULL
) {clustered};
CREATE TABLE dead_letters (
  id {id},
  died_us BIGINT NOT NULL,
  cause BIGINT NOT NULL
);
INSERT INTO inboxes (name, first_id)
SELECT name, id FROM instances
 WHERE NOT EXISTS (SELECT 1 FROM wanted_instances WHERE wanted_instances.name = instances.name);
