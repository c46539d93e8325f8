-- What each connection of the direct topology sets, as the SQLite-first design has it. `synchronous`
-- follows from the durability and `busy_timeout` may be changed, so these are set beside this.
PRAGMA journal_mode = WAL;
PRAGMA journal_size_limit = 67110000;
PRAGMA wal_autocheckpoint = 1000;
PRAGMA cache_size = -2000;
