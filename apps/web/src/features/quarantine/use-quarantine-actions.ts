import { trpc } from "../../lib/trpc.ts";

/** Replays or discards rows of a run, and shows afterwards what became of them. */
export function useQuarantineActions(onReplayStarted: (runId: string) => void, onDiscarded: () => void) {
  const utils = trpc.useUtils();
  const refresh = () => void utils.quarantine.invalidate();
  const replay = trpc.quarantine.replay.useMutation({
    onSuccess: ({ runId }) => {
      refresh();
      onReplayStarted(runId);
    },
  });
  const discard = trpc.quarantine.discard.useMutation({
    onSuccess: () => {
      refresh();
      onDiscarded();
    },
  });
  return { replay, discard };
}
