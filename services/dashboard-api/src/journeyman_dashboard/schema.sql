-- The read model. Every table is folded from the log and may be dropped; see schema.py for its version.

-- How far each partition's log has been read. `ms, seq, idx`: the last event projected. `anchor`: a readable event near
-- it and its digest, by which a log is recognised; `restored_ms`: when that log had last been restored from an archive.
CREATE TABLE cursors (
  partition INTEGER PRIMARY KEY, ms INTEGER NOT NULL, seq INTEGER NOT NULL, idx INTEGER NOT NULL,
  anchor TEXT NOT NULL, anchor_digest TEXT NOT NULL, events INTEGER NOT NULL, restored_ms INTEGER NOT NULL
);
-- One row: the numbers of the next new job and of the next entry; the latest revision; by what this read model is told
-- from one that was made anew; before when jobs that had ended were forgotten.
CREATE TABLE numbering (
  one INTEGER PRIMARY KEY CHECK (one = 1), next_n INTEGER NOT NULL, next_e INTEGER NOT NULL, revision INTEGER NOT NULL,
  born INTEGER NOT NULL, forgotten_ms INTEGER NOT NULL
);
INSERT INTO numbering VALUES (1, 1, 1, 0, random(), 0);

CREATE TABLE jobs (
  n INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, type TEXT NOT NULL, queue TEXT NOT NULL,
  submitted_at_ms INTEGER NOT NULL, timeout_ms INTEGER NOT NULL, tags TEXT, traceparent TEXT NOT NULL,
  parents INTEGER NOT NULL, submission INTEGER NOT NULL,
  priority INTEGER NOT NULL, phase TEXT NOT NULL, attempt INTEGER NOT NULL, max_attempts INTEGER NOT NULL,
  generation INTEGER NOT NULL, due_ms INTEGER NOT NULL, cancel_requested INTEGER NOT NULL,
  placed INTEGER NOT NULL, line INTEGER NOT NULL, ready_at_ms INTEGER NOT NULL,
  worker TEXT NOT NULL, former_workers TEXT NOT NULL, outcome TEXT NOT NULL, started_at_ms INTEGER NOT NULL,
  attempt_ended_at_ms INTEGER NOT NULL, run_us INTEGER NOT NULL, duration_ms INTEGER NOT NULL,
  percent REAL, message TEXT NOT NULL, finished_at_ms INTEGER NOT NULL, reason TEXT NOT NULL,
  error_type TEXT NOT NULL, fingerprint TEXT NOT NULL, error TEXT, success INTEGER NOT NULL, places BLOB NOT NULL
);
-- All partial: a job that is submitted, run and ended within one batch is in none of them.
CREATE INDEX jobs_dead ON jobs (n) WHERE phase = 'dead';
CREATE INDEX jobs_running ON jobs (n) WHERE phase IN ('running', 'cancelling');
CREATE INDEX jobs_in_line ON jobs (queue, placed DESC, line, n) WHERE phase = 'ready';

-- Which jobs have a phase, type, queue, priority, worker, tag, error's fingerprint, bit of the duration, partition: a set of numbers, 8,192 to a
-- chunk; see bits.py for `data` and postings.py for kinds and names.
CREATE TABLE postings (
  kind TEXT NOT NULL, name TEXT NOT NULL, chunk INTEGER NOT NULL, data BLOB NOT NULL, PRIMARY KEY (kind, name, chunk)
) WITHOUT ROWID;

-- Since when the sets of a chunk are as they are.
CREATE TABLE revisions (chunk INTEGER PRIMARY KEY, revision INTEGER NOT NULL);

-- The logs' entries, numbered as they came. `jobs`: how many jobs of the read model have an event in it. `first_n`: the
-- number that the first job submitted in it, or behind it, got or would have got.
CREATE TABLE entries (
  e INTEGER PRIMARY KEY, partition INTEGER NOT NULL, ms INTEGER NOT NULL, seq INTEGER NOT NULL, jobs INTEGER NOT NULL,
  first_n INTEGER NOT NULL
);
CREATE INDEX entries_by_place ON entries (partition, ms, seq, e);
CREATE INDEX entries_of_no_job ON entries (ms) WHERE jobs = 0;
-- Their events: a msgpack array, nil where one could not be read; see queries/entries.py.
CREATE TABLE commits (e INTEGER PRIMARY KEY, data BLOB NOT NULL);

-- Where the events of a job stand, as far as there are too many for its row; see places.py.
CREATE TABLE places (n INTEGER NOT NULL, first INTEGER NOT NULL, places BLOB NOT NULL, PRIMARY KEY (n, first)) WITHOUT ROWID;

-- Attempts that are not a job's latest; the latest is part of the job's row.
CREATE TABLE attempts (
  n INTEGER NOT NULL, number INTEGER NOT NULL, worker TEXT NOT NULL, outcome TEXT NOT NULL,
  started_at_ms INTEGER NOT NULL, ended_at_ms INTEGER NOT NULL, run_us INTEGER NOT NULL, error TEXT,
  PRIMARY KEY (n, number)
) WITHOUT ROWID;

-- `heard`: 1 where the child's log says how a parent in another partition ended.
CREATE TABLE dependencies (
  child INTEGER NOT NULL, position INTEGER NOT NULL, parent TEXT NOT NULL, heard INTEGER NOT NULL,
  PRIMARY KEY (child, position)
) WITHOUT ROWID;
CREATE INDEX dependencies_by_parent ON dependencies (parent, child);

CREATE TABLE counters (
  queue TEXT NOT NULL, type TEXT NOT NULL, priority INTEGER NOT NULL, phase TEXT NOT NULL, count INTEGER NOT NULL,
  PRIMARY KEY (queue, type, priority, phase)
) WITHOUT ROWID;

-- Per queue and type; and overall, under the empty names. `born_e`: the entry that began it.
CREATE TABLE rollups (
  bucket_ms INTEGER NOT NULL, queue TEXT NOT NULL, type TEXT NOT NULL,
  submitted INTEGER NOT NULL, started INTEGER NOT NULL, completed INTEGER NOT NULL, failed INTEGER NOT NULL,
  cancelled INTEGER NOT NULL, waits BLOB NOT NULL, runs BLOB NOT NULL, born_e INTEGER NOT NULL,
  PRIMARY KEY (bucket_ms, queue, type)
) WITHOUT ROWID;

-- What has happened since the log's beginning, for metrics: see totals.py. Nothing is ever taken from it.
CREATE TABLE totals (queue TEXT NOT NULL, type TEXT NOT NULL, data BLOB NOT NULL, PRIMARY KEY (queue, type)) WITHOUT ROWID;

-- A queue is paused, and a worker joins, in every partition by itself.
CREATE TABLE queues (
  name TEXT NOT NULL, partition INTEGER NOT NULL, paused INTEGER NOT NULL, changed_at_ms INTEGER NOT NULL,
  PRIMARY KEY (name, partition)
) WITHOUT ROWID;

-- How a type's circuit breaker stands, in each partition that has ever opened it. `failures` of `calls`: when it last
-- opened by itself. `probes`: how many a half-open one lets start.
CREATE TABLE breakers (
  type TEXT NOT NULL, partition INTEGER NOT NULL, state TEXT NOT NULL, reason TEXT NOT NULL, since_ms INTEGER NOT NULL,
  until_ms INTEGER NOT NULL, failures INTEGER NOT NULL, calls INTEGER NOT NULL, probes INTEGER NOT NULL,
  PRIMARY KEY (type, partition)
) WITHOUT ROWID;

CREATE TABLE workers (
  id TEXT NOT NULL, partition INTEGER NOT NULL, host TEXT NOT NULL, pid INTEGER NOT NULL, version TEXT NOT NULL, queues TEXT NOT NULL,
  types TEXT NOT NULL, slots INTEGER NOT NULL, state TEXT NOT NULL, reason TEXT NOT NULL,
  joined_at_ms INTEGER NOT NULL, changed_at_ms INTEGER NOT NULL, PRIMARY KEY (id, partition)
) WITHOUT ROWID;
-- What workers said of a type when they joined, the last of them, in each partition. `schema`: JSON text, or NULL.
CREATE TABLE described (
  type TEXT NOT NULL, partition INTEGER NOT NULL, told_at_ms INTEGER NOT NULL, queue TEXT NOT NULL,
  max_attempts INTEGER NOT NULL, timeout_ms INTEGER NOT NULL, description TEXT NOT NULL, schema TEXT,
  PRIMARY KEY (type, partition)
) WITHOUT ROWID;
-- Each worker once, in the gravest of its states: one that is lost to a partition is lost.
CREATE VIEW fleet AS
  SELECT id, host, pid, version, queues, types, slots, state, reason, joined_at_ms, changed_at_ms,
    max(CASE state WHEN 'lost' THEN 3 WHEN 'left' THEN 2 WHEN 'draining' THEN 1 ELSE 0 END) AS gravity
  FROM workers GROUP BY id;

CREATE TABLE scaling (
  partition INTEGER NOT NULL, ms INTEGER NOT NULL, seq INTEGER NOT NULL, idx INTEGER NOT NULL, provider TEXT NOT NULL, desired INTEGER NOT NULL,
  previous INTEGER NOT NULL, reason TEXT NOT NULL, backlog INTEGER NOT NULL, arrival_per_s REAL NOT NULL,
  service_ms REAL NOT NULL, PRIMARY KEY (ms, seq, idx, partition)
) WITHOUT ROWID;

-- What a person wants to know of: events that are alike within a minute, and where the first and the latest of them stand; see
-- notable.py. `subject`: what makes them alike. The rest is of the latest: `facts` is JSON.
CREATE TABLE notable (
  partition INTEGER NOT NULL, event TEXT NOT NULL, minute INTEGER NOT NULL, subject TEXT NOT NULL,
  first_ms INTEGER NOT NULL, first_seq INTEGER NOT NULL, first_idx INTEGER NOT NULL,
  ms INTEGER NOT NULL, seq INTEGER NOT NULL, idx INTEGER NOT NULL, count INTEGER NOT NULL,
  job_id TEXT NOT NULL, type TEXT NOT NULL, queue TEXT NOT NULL, worker TEXT NOT NULL, fingerprint TEXT NOT NULL,
  facts TEXT NOT NULL, PRIMARY KEY (partition, event, minute, subject)
) WITHOUT ROWID;

-- How the read model was at some moments: behind the entry `e`, with the number of the next job. `events`: how many had been
-- read. `state`: the tables that are small, as they were; see checkpoints.py.
CREATE TABLE checkpoints (
  e INTEGER PRIMARY KEY, next_n INTEGER NOT NULL, ms INTEGER NOT NULL, events INTEGER NOT NULL, state BLOB NOT NULL
);
-- What sets and rollups were like at the checkpoint `until_e`, and since the one before, where that changed afterwards.
CREATE TABLE postings_history (
  kind TEXT NOT NULL, name TEXT NOT NULL, chunk INTEGER NOT NULL, until_e INTEGER NOT NULL, data BLOB NOT NULL,
  PRIMARY KEY (kind, name, chunk, until_e)
) WITHOUT ROWID;
CREATE INDEX postings_history_by_age ON postings_history (until_e);
CREATE TABLE rollups_history (
  bucket_ms INTEGER NOT NULL, queue TEXT NOT NULL, type TEXT NOT NULL, until_e INTEGER NOT NULL,
  submitted INTEGER NOT NULL, started INTEGER NOT NULL, completed INTEGER NOT NULL, failed INTEGER NOT NULL,
  cancelled INTEGER NOT NULL, waits BLOB NOT NULL, runs BLOB NOT NULL, born_e INTEGER NOT NULL,
  PRIMARY KEY (bucket_ms, queue, type, until_e)
) WITHOUT ROWID;

CREATE TABLE quarantine (
  partition INTEGER NOT NULL, ms INTEGER NOT NULL, seq INTEGER NOT NULL, idx INTEGER NOT NULL, reason TEXT NOT NULL,
  PRIMARY KEY (partition, ms, seq, idx)
) WITHOUT ROWID;
