// The shapes that the APIs answer. Generated from their OpenAPI documents by generate_types.py; do not edit.

export interface About {
  ingest_url: string;
  version: string;
  environment: string;
  heartbeat_timeout_ms: number;
  trace_url: string;
  features: string[];
}

export interface Activity {
  at: string | null;
  changes: number;
  failed: number;
}

export interface Around {
  here: CommitView | null;
  before: CommitView | null;
  after: CommitView | null;
}

export interface AttemptView {
  number: number;
  worker: string;
  outcome: string;
  started_at: string | null;
  finished_at: string | null;
  error: ErrorView | null;
}

export interface Begun {
  id: string | null;
  matched: number | null;
  by_status?: Record<string, number> | null;
  filter?: Selection | null;
}

export interface BlobView {
  key: string;
  size: number;
  sha256: string;
}

export interface BreakerState {
  type: string;
  state: string;
}

export interface BreakerView {
  type: string;
  state: string;
  reason: string;
  since: string | null;
  until: string | null;
  failures: number;
  calls: number;
  waiting: number;
  partitions: PartitionBreakerView[];
}

export interface Bulk {
  id: string;
  order: Order;
  named: number;
  state: "selecting" | "running" | "done" | "aborted" | "failed" | "interrupted";
  matched?: number | null;
  done: number;
  refused?: Record<string, number>;
  left: number;
  detail: string;
  offset: string;
  created_at?: string | null;
  ended_at?: string | null;
}

export interface Cancelling {
  id: string;
  status: string;
}

export interface CommitView {
  offset: string;
  at: string | null;
  events: EventView[];
  count: number;
}

export interface Condition {
  status: string;
  detail: string;
}

export interface Counts {
  pending: number;
  processing: number;
  completed: number;
  failed: number;
  cancelled: number;
  total: number;
}

export interface DeadLetters {
  items: JobView[];
  next_cursor: string | null;
  total: number;
  groups: Group[];
  groups_are_exact: boolean;
  since: string | null;
  step_ms: number;
}

export interface Draining {
  id: string;
  status: string;
}

export interface DurationBucket {
  from_ms: number;
  to_ms: number;
  count: number;
}

export interface Durations {
  count: number;
  percentiles_ms: Percentiles;
  buckets: DurationBucket[];
}

export interface Edge {
  from: string;
  to: string;
}

export interface ErrorGroup {
  fingerprint: string;
  error_type: string;
  message: string;
  count: number;
  jobs: number;
  dead: number;
  first_at: string | null;
  last_at: string | null;
  job_id: string;
}

export interface ErrorSample {
  jobs: number | null;
  attempts: number | null;
}

export interface ErrorView {
  type: string;
  message: string;
  traceback: string;
  fingerprint: string;
}

export interface EventView {
  offset: string;
  event: string;
  at: string | null;
  data: Record<string, unknown>;
}

export interface Explanation {
  reason: Reason;
  detail: string;
  blocked_by: string[];
  position?: number | null;
  eta_ms?: number | null;
}

export interface Fault {
  path: string;
  message: string;
}

export interface Generated {
  count: number;
  first_id: string;
  last_id: string;
}

export interface Graph {
  nodes: Node[];
  edges: Edge[];
  truncated: boolean;
}

export interface Group {
  fingerprint: string;
  error_type: string;
  message: string;
  count: number;
  types: string[];
  queues: string[];
  first_at: string | null;
  last_at: string | null;
  series: number[];
}

export interface HeldBack {
  type: string;
  reason: Reason;
  jobs: number;
}

export interface History {
  items: EventView[];
  truncated: boolean;
}

export interface JobPage {
  items: JobView[];
  next_cursor: string | null;
  total: number;
  total_is_exact: boolean;
}

export interface JobView {
  id: string;
  type: string;
  queue: string;
  priority: number;
  status: string;
  phase: string;
  payload: unknown;
  result: unknown;
  error: ErrorView | null;
  progress: ProgressView | null;
  attempt: number;
  max_attempts: number;
  attempts: AttemptView[];
  depends_on: string[];
  dependents: string[];
  tags: Record<string, string>;
  submitted_at: string | null;
  started_at: string | null;
  finished_at: string | null;
  trace_id: string;
  generation: number;
  due_at: string | null;
  reason: string;
  payload_blob: BlobView | null;
  result_blob: BlobView | null;
}

export interface KindOfProblem {
  kind: string;
  meaning: string;
}

export interface ListedAny {
  items: Record<string, unknown>[];
}

export interface ListedBreakerView {
  items: BreakerView[];
}

export interface ListedBulk {
  items: Bulk[];
}

export interface ListedNotableView {
  items: NotableView[];
}

export interface ListedQueueView {
  items: QueueView[];
}

export interface ListedScalingView {
  items: ScalingView[];
}

export interface ListedTypeView {
  items: TypeView[];
}

export interface Moment {
  offset: string;
  at: string | null;
}

export interface Moments {
  earliest: Moment | null;
  latest: Moment | null;
  now: string | null;
  since: string | null;
  until: string | null;
  step_ms: number;
  series: Activity[];
}

export interface Node {
  id: string;
  type?: string | null;
  status?: string | null;
  phase?: string | null;
  started_at?: string | null;
  finished_at?: string | null;
}

export interface NotableView {
  offset: string;
  at: string | null;
  event: string;
  words: string;
  count: number;
  first_offset: string;
  first_at: string | null;
  job_id: string | null;
  type: string | null;
  queue: string | null;
  worker: string | null;
  fingerprint: string | null;
}

export interface Order {
  action: "cancel" | "retry" | "reprioritise";
  ids?: string[] | null;
  filter?: Selection | null;
  priority?: number | null;
  limit?: number | null;
  rate_per_s?: number | null;
  stop_on_failures?: number | null;
  dry_run: boolean;
}

export interface PartitionBreakerView {
  partition: number;
  state: string;
  reason: string;
  since: string | null;
  until: string | null;
  failures: number;
  calls: number;
  probes: number;
}

export interface Percentiles {
  p50: number | null;
  p95: number | null;
  p99: number | null;
}

export interface Point {
  at: string | null;
  submitted: number;
  started: number;
  completed: number;
  failed: number;
  cancelled: number;
  queue_latency_ms: Percentiles;
  run_time_ms: Percentiles;
}

export interface ProblemDocument {
  type: string;
  title: string;
  status: number;
  detail: string;
  errors?: Fault[];
}

export interface ProgressView {
  percent: number;
  message: string;
}

export interface QueueDetail {
  name: string;
  paused: boolean;
  depth: number;
  by_priority: Record<string, number>;
  pending: number;
  processing: number;
  oldest_wait_ms: number | null;
  rate_in_per_s: number;
  rate_out_per_s: number;
  eta_ms: number | null;
  held_back: HeldBack[];
  span: Span;
  types: TypeInQueue[];
  workers: string[];
}

export interface QueueState {
  queue: string;
  paused: boolean;
}

export interface QueueView {
  name: string;
  paused: boolean;
  depth: number;
  by_priority: Record<string, number>;
  pending: number;
  processing: number;
  oldest_wait_ms: number | null;
  rate_in_per_s: number;
  rate_out_per_s: number;
  eta_ms: number | null;
  held_back: HeldBack[];
}

/** Every reason code. Those of rates and concurrency are reserved: nothing limits jobs that way yet. */
export type Reason = "finished" | "running" | "waiting_for_dependency" | "waiting_for_time" | "waiting_for_retry" | "queue_paused" | "circuit_open" | "rate_limited" | "concurrency_limited" | "no_worker_for_type" | "waiting_for_worker";

export interface Redriven {
  matched: number;
  redriven: number;
  redrive_id: string;
}

export interface Reprioritised {
  id: string;
  priority: number;
  status: string;
}

export interface ResultView {
  result: unknown;
}

export interface Retried {
  id: string;
  generation: number;
  status: string;
}

export interface RunningView {
  job_id: string;
  attempt: number;
  type: string;
  started_at: string | null;
  progress: ProgressView | null;
}

export interface ScalingView {
  offset: string;
  at: string | null;
  provider: string;
  desired: number;
  previous: number;
  reason: string;
  backlog: number;
  arrival_per_s: number;
  service_ms: number;
}

export interface Selection {
  status?: string[] | string | null;
  phase?: string[] | string | null;
  type?: string[] | string | null;
  queue?: string[] | string | null;
  worker?: string[] | string | null;
  tag?: string[] | string | null;
  error_fingerprint?: string[] | string | null;
  payload?: string[] | string | null;
  age?: string[] | string | null;
  error: string;
  priority_min?: number | null;
  priority_max?: number | null;
  submitted_after?: string | null;
  submitted_before?: string | null;
  q: string;
}

export interface Span {
  window_ms: number;
  submitted: number;
  started: number;
  completed: number;
  failed: number;
  cancelled: number;
  success_rate: number | null;
  queue_latency: Durations;
  run_time: Durations;
  step_ms: number;
  series: Point[];
}

export interface Stats {
  jobs: Counts;
  phases: Record<string, number>;
  dead_letter: number;
  throughput_per_s: number;
  queue_latency_ms: Percentiles;
  run_time_ms: Percentiles;
  offset: string;
  lag_ms: number;
  events: number;
  quarantined: number;
  step_ms: number;
  series: Point[];
}

export interface Submitted {
  id: string;
  type: string;
  queue: string;
  priority: number;
  status: string;
  submitted_at: string;
  durability: string;
}

export interface SubmittedBatch {
  ids: string[];
}

export interface TypeDetail {
  type: string;
  breaker: string;
  jobs: Counts;
  queues: string[];
  workers: number;
  rate_in_per_s: number;
  rate_out_per_s: number;
  queue_latency_ms: Percentiles;
  run_time_ms: Percentiles;
  description: string;
  has_schema: boolean;
  queue: string | null;
  max_attempts: number | null;
  timeout_ms: number | null;
  schema: unknown;
  span: Span;
  errors: ErrorGroup[];
  errors_are_exact: boolean;
  errors_sample: ErrorSample;
}

export interface TypeInQueue {
  type: string;
  breaker: string;
  depth: number;
  jobs: Counts;
  workers: number;
}

export interface TypeView {
  type: string;
  breaker: string;
  jobs: Counts;
  queues: string[];
  workers: number;
  rate_in_per_s: number;
  rate_out_per_s: number;
  queue_latency_ms: Percentiles;
  run_time_ms: Percentiles;
  description: string;
  has_schema: boolean;
  queue: string | null;
  max_attempts: number | null;
  timeout_ms: number | null;
}

export interface WorkerList {
  items: WorkerView[];
  live: boolean;
}

export interface WorkerView {
  id: string;
  host: string;
  pid: number;
  version: string;
  state: string;
  reason: string;
  queues: string[];
  types: string[];
  slots: number;
  running: RunningView[];
  rss_bytes: number | null;
  cpu_percent: number | null;
  joined_at: string | null;
  last_heartbeat_at: string | null;
  instance: string;
}
