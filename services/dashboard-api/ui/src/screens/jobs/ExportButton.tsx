import { Button, Tooltip } from "@mantine/core";
import { IconDownload } from "@tabler/icons-react";
import { useApi, useMoment } from "~/api/context";
import type { Parameters } from "~/api/http";
import { counted } from "~/format";
import actions from "./actions.module.css";

interface ExportButtonProps {
  filter: Parameters;
  total: number | undefined;
  exact: boolean;
}

/** Downloads all jobs that match, one as JSON a line, in the order of the list. */
export function ExportButton({ filter, total = 0, exact }: ExportButtonProps) {
  const api = useApi();
  const moment = useMoment();
  const what = `${exact ? "" : "at least "}${counted(total, "job")}`;
  const download = () => {
    const link = document.createElement("a");
    link.href = api.dashboardUrl("/jobs/export", {
      ...filter,
      as_of: moment,
      min_offset: api.written.minOffset(),
    });
    link.download = "";
    link.click();
  };
  return (
    <Tooltip label={`Download ${what} as NDJSON, one a line`}>
      <Button
        className={actions["button"]}
        variant="default"
        leftSection={<IconDownload size={14} />}
        aria-label={`Export ${what}`}
        disabled={total === 0 && exact}
        onClick={download}
      >
        <span className={actions["word"]}>Export</span>
      </Button>
    </Tooltip>
  );
}
