import type { PipelineSummary } from "@millrace/shared";
import { useNavigate } from "@tanstack/react-router";
import { EllipsisVertical, History, ListVideo, Pencil, Trash2 } from "lucide-react";
import { useState } from "react";
import { IconButton } from "../../components/ui/button.tsx";
import { Menu, MenuItem, MenuSeparator } from "../../components/ui/menu.tsx";

export interface RowMenuProps {
  readonly pipeline: PipelineSummary;
  /** Null for who may not change pipelines. */
  readonly onDelete: ((pipeline: PipelineSummary) => void) | null;
}

/** Further actions of a row. The menu itself is made when it is first asked for: a list that scrolls draws many rows. */
export function RowMenu({ pipeline, onDelete }: RowMenuProps) {
  const [isWanted, setIsWanted] = useState(false);
  const navigate = useNavigate();
  const button = <IconButton icon={EllipsisVertical} label={`More about ${pipeline.name}`} />;
  if (!isWanted) {
    return (
      <div>
        <IconButton
          icon={EllipsisVertical}
          label={`More about ${pipeline.name}`}
          aria-haspopup="menu"
          onClick={() => setIsWanted(true)}
        />
      </div>
    );
  }
  const open = (tab: "runs" | "history") =>
    void navigate({ to: "/pipelines/$pipelineId", params: { pipelineId: pipeline.id }, search: { tab } });
  return (
    <div>
      <Menu trigger={button} align="end" isOpenAtFirst>
        {onDelete && (
          <MenuItem
            icon={Pencil}
            onSelect={() => void navigate({ to: "/pipelines/$pipelineId/edit", params: { pipelineId: pipeline.id } })}
          >
            Edit
          </MenuItem>
        )}
        <MenuItem icon={ListVideo} onSelect={() => open("runs")}>
          Runs
        </MenuItem>
        <MenuItem icon={History} onSelect={() => open("history")}>
          History
        </MenuItem>
        {onDelete && <MenuSeparator />}
        {onDelete && (
          <MenuItem icon={Trash2} onSelect={() => onDelete(pipeline)}>
            Delete…
          </MenuItem>
        )}
      </Menu>
    </div>
  );
}
