import type { RunWaitReason } from "@millrace/shared";
import { Notice } from "../../components/ui/notice.tsx";

const REASONS: Record<RunWaitReason, { readonly title: string; readonly text: string }> = {
  no_worker: {
    title: "This run waits: no worker is up",
    text: "Runs are executed by workers. Start one with ./millrace worker, or start Millrace as a whole with ./millrace start; this run then begins by itself.",
  },
  busy: {
    title: "This run waits: every worker is busy",
    text: "All workers have as many runs as they take. This one begins by itself as soon as one of them ends; another worker, or a higher MILLRACE_WORKER_CONCURRENCY, would take more at once.",
  },
};

/** Why a run has not begun yet. */
export function WaitNotice({ reason }: { readonly reason: RunWaitReason }) {
  const { title, text } = REASONS[reason];
  return (
    <Notice tone={reason === "no_worker" ? "warn" : "neutral"} title={title}>
      {text}
    </Notice>
  );
}
