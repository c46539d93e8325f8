-- The table of the design's own test.
CREATE TABLE test_decisions (
  id INTEGER PRIMARY KEY,
  instance_id TEXT,
  data TEXT,
  timestamp REAL
);
