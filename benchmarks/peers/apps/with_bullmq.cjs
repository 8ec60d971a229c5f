// BullMQ: promises in one event loop, jobs added in bulk. `node with_bullmq.cjs worker|producer`.

const fs = require("node:fs");
const readline = require("node:readline");
const { Queue, Worker } = require("bullmq");

const PAD = "x".repeat(88);
const CHUNK = 1000;
const place = new URL(process.env.BENCH_URL);
const connection = { host: place.hostname, port: Number(place.port) };

function work() {
  const file = fs.openSync(process.env.BENCH_MARKS, "a");
  const record = Buffer.alloc(16);
  const mark = async (job) => {
    record.writeBigUInt64LE(BigInt(job.data.number), 0);
    record.writeBigUInt64LE(process.hrtime.bigint(), 8);
    fs.writeSync(file, record);
    return job.data.number;
  };
  const worker = new Worker("jobs", mark, { connection, concurrency: 100 });
  worker.on("error", (error) => console.error(error.message));
  process.on("SIGTERM", () => worker.close().then(() => process.exit(0)));
}

async function produce() {
  const queue = new Queue("jobs", { connection });
  const opts = { removeOnComplete: process.env.BENCH_RESULTS === "1" ? { age: 600 } : true };
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const [first, count] = line.split(" ").map(Number);
    const began = process.hrtime.bigint();
    for (let start = first; start < first + count; start += CHUNK) {
      const length = Math.min(CHUNK, first + count - start);
      const data = (_, index) => ({ name: "job", data: { number: start + index, pad: PAD }, opts });
      await queue.addBulk(Array.from({ length }, data));
    }
    process.stdout.write(`${began}\n`);
  }
  await queue.close();
}

process.argv[2] === "worker" ? work() : produce();
