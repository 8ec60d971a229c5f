import { IconHourglassEmpty, IconUnlink } from "@tabler/icons-react";
import type { BlobView, JobView } from "~/api/types";
import { Copy } from "~/components/Copy";
import { Panel } from "~/components/Panel";
import { Empty } from "~/components/states";
import { bytes } from "~/format";
import { JsonTree } from "./json/JsonTree";

/** What a job was given. */
export function Payload({ job }: { job: JobView }) {
  return <Value title="Payload" value={job.payload} blob={job.payload_blob} />;
}

/** What it returned; until then, that it has not. */
export function Result({ job }: { job: JobView }) {
  if (job.status === "completed")
    return <Value title="Result" value={job.result} blob={job.result_blob} key={job.generation} />;
  const words =
    job.status === "failed"
      ? "It failed for good; its attempts say why."
      : job.status === "cancelled"
        ? "It was cancelled."
        : "It is there when the job has completed.";
  return (
    <Panel title="Result">
      <Empty icon={IconHourglassEmpty} title="No result">
        {words}
      </Empty>
    </Panel>
  );
}

function Value({ title, value, blob }: { title: string; value: unknown; blob: BlobView | null }) {
  const lost = blob !== null && value === null;
  return (
    <Panel
      title={title}
      aside={
        <>
          {blob && <span title={blob.key}>{bytes(blob.size)} in the blob store</span>}
          {!lost && <Copy value={JSON.stringify(value, null, 2)} what={`the ${title.toLowerCase()}`} />}
        </>
      }
    >
      {lost ? (
        <Empty icon={IconUnlink} title="It is gone">
          The blob store does not have it any more.
        </Empty>
      ) : (
        <JsonTree value={value} label={title} />
      )}
    </Panel>
  );
}
