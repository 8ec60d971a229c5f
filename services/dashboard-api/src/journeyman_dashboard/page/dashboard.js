// The page: reads the API every two seconds while it is seen, and at once when the stream of events tells of something rare.
// All text goes in through textContent; nothing that a job says can become markup.

const $ = (id) => document.getElementById(id);
const REFRESH_MS = 2000;
// Jobs that are listed, and requests at a time that may be needed to find them.
const ROWS = 25;
const TURNS = 10;
let search = { name: "", items: [], cursor: null };
let shown = null;
let asked = 0;
let due = 0;

function node(tag, text, className) {
  const element = document.createElement(tag);
  if (text !== undefined) element.textContent = text;
  if (className) element.className = className;
  return element;
}

function fill(id, rows, columns, empty) {
  const body = $(id);
  if (!rows.length) {
    const cell = node("td", empty, "quiet");
    cell.colSpan = columns;
    const row = node("tr");
    row.append(cell);
    body.replaceChildren(row);
    return;
  }
  body.replaceChildren(...rows.map((cells) => {
    const row = node("tr");
    row.append(...cells);
    return row;
  }));
}

async function read(path) {
  const answer = await fetch(path, { headers: { Accept: "application/json" } });
  const body = await answer.json();
  if (!answer.ok) throw new Error(body.detail || body.title);
  return body;
}

const number = (value) => value.toLocaleString("en");
const clock = (at) => (at ? new Date(at).toLocaleTimeString() : "–");

function span(ms) {
  if (ms === null || ms === undefined) return "–";
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  if (ms < 3_600_000) return `${Math.round(ms / 60_000)} min`;
  return `${(ms / 3_600_000).toFixed(1)} h`;
}

function showStats(stats) {
  const figures = [
    ["Pending", number(stats.jobs.pending), "pending"],
    ["Processing", number(stats.jobs.processing), "processing"],
    ["Completed", number(stats.jobs.completed), "completed"],
    ["Failed", number(stats.jobs.failed), "failed"],
    ["Cancelled", number(stats.jobs.cancelled), "cancelled"],
    ["Ended per second", stats.throughput_per_s.toFixed(1)],
    ["Wait, median", span(stats.queue_latency_ms.p50)],
    ["Wait, p95", span(stats.queue_latency_ms.p95)],
    ["Run, median", span(stats.run_time_ms.p50)],
    ["Run, p95", span(stats.run_time_ms.p95)],
    ["Behind the log", span(stats.lag_ms)],
  ];
  $("figures").replaceChildren(...figures.map(([name, value, kind]) => {
    const pair = node("div");
    pair.append(node("dt", name), node("dd", value, kind));
    return pair;
  }));
  drawSeries(stats.series);
}

function drawSeries(series) {
  const ended = (point) => point.completed + point.failed + point.cancelled;
  const peak = Math.max(1, ...series.map(ended));
  const width = 900 / series.length;
  const bar = (at, from, count, kind) => {
    const rect = document.createElementNS("http://www.w3.org/2000/svg", "rect");
    const height = (count / peak) * 88;
    rect.setAttribute("x", at * width);
    rect.setAttribute("y", 90 - (from / peak) * 88 - height);
    rect.setAttribute("width", Math.max(width - 1, 0.5));
    rect.setAttribute("height", height);
    rect.setAttribute("class", kind);
    return rect;
  };
  const bars = series.flatMap((point, at) => [
    bar(at, 0, point.failed + point.cancelled, "bad"),
    bar(at, point.failed + point.cancelled, point.completed, "good"),
  ]);
  $("series").replaceChildren(...bars);
  $("peak").textContent = `(at most ${number(peak)} in ten seconds)`;
}

function says(job) {
  if (job.error) return `${job.error.type}: ${job.error.message}`.slice(0, 160);
  if (job.status === "processing" && job.progress) return `${Math.round(job.progress.percent)} % ${job.progress.message}`;
  return "";
}

function took(job) {
  const from = Date.parse(job.started_at);
  return job.finished_at && job.started_at ? span(Date.parse(job.finished_at) - from) : "–";
}

function showJobs(page) {
  const total = `${page.total_is_exact ? "" : "at least "}${number(page.total)} jobs`;
  $("total").textContent = page.searching ? `${total}, still searching` : total;
  fill("jobs", page.items.map((job) => {
    const open = node("button", job.id);
    open.type = "button";
    open.addEventListener("click", () => showJob(job.id));
    const first = node("td");
    first.append(open);
    const state = job.phase === job.status || job.phase === "dead" ? job.status : `${job.status}: ${job.phase}`;
    return [
      first, node("td", job.type), node("td", job.queue), node("td", state, job.status),
      node("td", `${job.attempt} of ${job.max_attempts}`), node("td", clock(job.submitted_at)),
      node("td", took(job)), node("td", says(job), "wide"),
    ];
  }), 8, page.searching ? "None yet." : "No such jobs.");
}

function showQueues(queues) {
  fill("queues", queues.items.map((queue) => [
    node("td", queue.paused ? `${queue.name} (paused)` : queue.name, queue.paused ? "pending" : ""),
    node("td", number(queue.depth)), node("td", number(queue.processing)), node("td", span(queue.oldest_wait_ms)),
    node("td", queue.rate_in_per_s.toFixed(1)), node("td", queue.rate_out_per_s.toFixed(1)),
  ]), 6, "No jobs yet.");
}

function showWorkers(workers) {
  fill("workers", workers.items.map((worker) => [
    node("td", worker.id), node("td", `${worker.host}:${worker.pid}`), node("td", worker.state, worker.state),
    node("td", `${worker.running.length} of ${worker.slots}`),
    node("td", worker.rss_bytes === null ? "–" : `${Math.round(worker.rss_bytes / 1_048_576)} MiB`),
    node("td", worker.cpu_percent === null ? "–" : `${Math.round(worker.cpu_percent)} %`),
  ]), 6, "No workers.");
}

async function showJob(id) {
  shown = id;
  const [why, history] = await Promise.all([read(`jobs/${id}/explain`), read(`jobs/${id}/history`)]);
  $("job").hidden = false;
  $("job-title").textContent = `Job ${id}`;
  $("why").textContent = why.detail;
  fill("history", history.items.map((item) => {
    const { job_id, ...rest } = item.data;
    const data = node("td", undefined, "wide");
    data.append(node("code", JSON.stringify(rest).slice(0, 400)));
    return [node("td", clock(item.at)), node("td", item.event), data];
  }), 3, "Nothing yet.");
}

async function readJobs(filters, mine) {
  // A request looks at so many jobs for a text. Its page may be short, or empty, and still go on; so does this, a few
  // requests at a time.
  const name = String(filters);
  const goesOn = search.name === name && search.cursor && search.items.length < ROWS;
  const items = goesOn ? [...search.items] : [];
  let cursor = goesOn ? search.cursor : null;
  let page;
  for (let turn = 0; turn < TURNS; turn += 1) {
    const query = new URLSearchParams(filters);
    query.set("limit", ROWS - items.length);
    if (cursor) query.set("cursor", cursor);
    page = await read(`jobs?${query}`);
    items.push(...page.items);
    cursor = page.next_cursor;
    if (mine !== asked || !cursor || items.length >= ROWS) break;
  }
  if (mine === asked) search = { name, items, cursor };
  return { ...page, items, searching: Boolean(cursor) && items.length < ROWS };
}

async function refresh() {
  const mine = ++asked;
  const filters = new URLSearchParams();
  if ($("status").value) filters.set("status", $("status").value);
  if ($("q").value) filters.set("q", $("q").value);
  try {
    const [stats, jobs, queues, workers] = await Promise.all(
      [read("stats"), readJobs(filters, mine), read("queues"), read("workers")],
    );
    if (mine !== asked) return;
    showStats(stats);
    showJobs(jobs);
    showQueues(queues);
    showWorkers(workers);
    if (shown) await showJob(shown);
    state("live", "live");
    if (jobs.searching) soon(100);
  } catch (error) {
    state("lost", error.message);
  }
}

function state(kind, text) {
  $("link").className = `pill ${kind}`;
  $("link").textContent = text;
}

function soon(delay) {
  const at = Date.now() + delay;
  if (due && due <= at) return;
  due = at;
  setTimeout(async () => {
    due = 0;
    await refresh();
  }, delay);
}

function follow() {
  // Rare events show at once; what jobs do in their hundreds is seen at the next look.
  const names = [
    "job.dead_lettered", "job.cancelled", "queue.paused", "queue.resumed",
    "worker.joined", "worker.draining", "worker.left", "worker.lost",
  ];
  const stream = new EventSource(`events?${names.map((name) => `event=${name}`).join("&")}`);
  for (const name of names) stream.addEventListener(name, () => soon(200));
  stream.addEventListener("open", () => soon(0));
  stream.addEventListener("error", () => state("lost", "connection lost"));
}

$("status").addEventListener("change", () => soon(0));
$("q").addEventListener("input", () => soon(300));
document.addEventListener("visibilitychange", () => soon(0));
refresh();
follow();
setInterval(() => document.hidden || refresh(), REFRESH_MS);
