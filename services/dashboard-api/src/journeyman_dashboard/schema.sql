-- The read model. Every table is folded from the log and may be dropped; see schema.py for its version.

-- One row. `ms, seq, idx`: the last event projected. `anchor`: a readable event near it and its digest, by which a
-- log is recognised.
CREATE TABLE cursor (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  ms INTEGER NOT NULL, seq INTEGER NOT NULL, idx INTEGER NOT NULL,
  anchor TEXT NOT NULL, anchor_digest TEXT NOT NULL,
  next_n INTEGER NOT NULL, events INTEGER NOT NULL
);
INSERT INTO cursor VALUES (1, 0, 0, 0, '', '', 1, 0);

CREATE TABLE jobs (
  n INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, type TEXT NOT NULL, queue TEXT NOT NULL,
  submitted_at_ms INTEGER NOT NULL, timeout_ms INTEGER NOT NULL, tags TEXT, traceparent TEXT NOT NULL,
  parents INTEGER NOT NULL,
  priority INTEGER NOT NULL, phase TEXT NOT NULL, attempt INTEGER NOT NULL, max_attempts INTEGER NOT NULL,
  generation INTEGER NOT NULL, due_ms INTEGER NOT NULL, cancel_requested INTEGER NOT NULL,
  placed INTEGER NOT NULL, line INTEGER NOT NULL, ready_at_ms INTEGER NOT NULL,
  worker TEXT NOT NULL, outcome TEXT NOT NULL, started_at_ms INTEGER NOT NULL,
  attempt_ended_at_ms INTEGER NOT NULL, run_us INTEGER NOT NULL, duration_ms INTEGER NOT NULL,
  percent REAL, message TEXT NOT NULL, finished_at_ms INTEGER NOT NULL, reason TEXT NOT NULL,
  error_type TEXT NOT NULL, fingerprint TEXT NOT NULL, error TEXT
);
-- A group of `counters` in the order of submission; the same for each worker; see queries/walking.py.
CREATE INDEX jobs_by_group ON jobs (phase, queue, type, priority, n);
CREATE INDEX jobs_by_worker ON jobs (worker, phase, queue, type, priority, n) WHERE worker <> '';
CREATE INDEX jobs_dead ON jobs (n) WHERE phase = 'dead';
CREATE INDEX jobs_in_line ON jobs (queue, placed DESC, line, n) WHERE phase = 'ready';

-- Attempts that are not a job's latest; the latest is part of the job's row.
CREATE TABLE attempts (
  n INTEGER NOT NULL, number INTEGER NOT NULL, worker TEXT NOT NULL, outcome TEXT NOT NULL,
  started_at_ms INTEGER NOT NULL, ended_at_ms INTEGER NOT NULL, run_us INTEGER NOT NULL, error TEXT,
  PRIMARY KEY (n, number)
) WITHOUT ROWID;
CREATE INDEX attempts_by_worker ON attempts (worker, n);

CREATE TABLE payloads (n INTEGER PRIMARY KEY, value TEXT NOT NULL, blob TEXT);
CREATE TABLE results (n INTEGER PRIMARY KEY, value TEXT NOT NULL, blob TEXT);

CREATE TABLE dependencies (
  child INTEGER NOT NULL, position INTEGER NOT NULL, parent TEXT NOT NULL, PRIMARY KEY (child, position)
) WITHOUT ROWID;
CREATE INDEX dependencies_by_parent ON dependencies (parent, child);

CREATE TABLE tags (
  key TEXT NOT NULL, value TEXT NOT NULL, n INTEGER NOT NULL, PRIMARY KEY (key, value, n)
) WITHOUT ROWID;

-- Payloads of submissions and results of successes are left out of `data` and put back when it is read.
CREATE TABLE events (
  ms INTEGER NOT NULL, seq INTEGER NOT NULL, idx INTEGER NOT NULL, n INTEGER, tag TEXT NOT NULL, data BLOB NOT NULL,
  PRIMARY KEY (ms, seq, idx)
) WITHOUT ROWID;
CREATE INDEX events_by_job ON events (n) WHERE n IS NOT NULL;

CREATE TABLE counters (
  queue TEXT NOT NULL, type TEXT NOT NULL, priority INTEGER NOT NULL, phase TEXT NOT NULL, count INTEGER NOT NULL,
  PRIMARY KEY (queue, type, priority, phase)
) WITHOUT ROWID;

-- Per queue and type; and overall, under the empty names.
CREATE TABLE rollups (
  bucket_ms INTEGER NOT NULL, queue TEXT NOT NULL, type TEXT NOT NULL,
  submitted INTEGER NOT NULL, started INTEGER NOT NULL, completed INTEGER NOT NULL, failed INTEGER NOT NULL,
  cancelled INTEGER NOT NULL, waits BLOB NOT NULL, runs BLOB NOT NULL,
  PRIMARY KEY (bucket_ms, queue, type)
) WITHOUT ROWID;

CREATE TABLE queues (name TEXT PRIMARY KEY, paused INTEGER NOT NULL, changed_at_ms INTEGER NOT NULL) WITHOUT ROWID;

CREATE TABLE workers (
  id TEXT PRIMARY KEY, host TEXT NOT NULL, pid INTEGER NOT NULL, version TEXT NOT NULL, queues TEXT NOT NULL,
  types TEXT NOT NULL, slots INTEGER NOT NULL, state TEXT NOT NULL, reason TEXT NOT NULL,
  joined_at_ms INTEGER NOT NULL, changed_at_ms INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE scaling (
  ms INTEGER NOT NULL, seq INTEGER NOT NULL, idx INTEGER NOT NULL, provider TEXT NOT NULL, desired INTEGER NOT NULL,
  previous INTEGER NOT NULL, reason TEXT NOT NULL, backlog INTEGER NOT NULL, arrival_per_s REAL NOT NULL,
  service_ms REAL NOT NULL, PRIMARY KEY (ms, seq, idx)
) WITHOUT ROWID;

CREATE TABLE quarantine (
  ms INTEGER NOT NULL, seq INTEGER NOT NULL, idx INTEGER NOT NULL, reason TEXT NOT NULL, PRIMARY KEY (ms, seq, idx)
) WITHOUT ROWID;
