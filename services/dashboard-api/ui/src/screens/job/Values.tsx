import { IconUnlink } from "@tabler/icons-react";
import type { BlobView, JobView } from "~/api/types";
import { Copy } from "~/components/Copy";
import { Panel } from "~/components/Panel";
import { Empty } from "~/components/states";
import { bytes } from "~/format";
import style from "./Job.module.css";
import { JsonTree } from "./json/JsonTree";

/** What a job was given. */
export function Payload({ job }: { job: JobView }) {
  return <Value title="Payload" value={job.payload} blob={job.payload_blob} />;
}

/** What it returned. */
export function Result({ job }: { job: JobView }) {
  return <Value title="Result" value={job.result} blob={job.result_blob} />;
}

function Value({ title, value, blob }: { title: string; value: unknown; blob: BlobView | null }) {
  const lost = blob !== null && value === null;
  return (
    <Panel
      className={style["value"]}
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
