-- The same table as on SQLite.
CREATE TABLE test_decisions (
  id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  instance_id TEXT,
  data TEXT,
  timestamp DOUBLE PRECISION
);
