import type { LoadedSample, SampleState } from "@millrace/shared";
import { toast } from "sonner";
import { toUserMessage } from "../../lib/errors.ts";
import { trpc } from "../../lib/trpc.ts";

/** It takes a few seconds; whoever waits wants to see it soon. */
const ASK_AGAIN_MS = 500;

export interface LoadSample {
  /** Nothing while it is not known. */
  readonly state: SampleState | undefined;
  readonly load: () => void;
  readonly isBusy: boolean;
}

/**
 * The sample, which is made in the background. `onLoaded` is called once its pipeline runs for whoever asked for it here, also
 * where the page has moved on by then: its pipeline shows in the list before its run is known.
 */
export function useLoadSample(onLoaded: (sample: LoadedSample) => void): LoadSample {
  const utils = trpc.useUtils();
  const { data: state } = trpc.sample.state.useQuery(undefined, {
    refetchInterval: ({ state: { data } }) => (data?.isLoading ? ASK_AGAIN_MS : false),
  });
  const untilMade = async (): Promise<SampleState> => {
    for (;;) {
      const latest = await utils.sample.state.fetch(undefined, { staleTime: 0 });
      if (!latest.isLoading) return latest;
      await new Promise((resolve) => setTimeout(resolve, ASK_AGAIN_MS));
    }
  };
  const load = trpc.sample.load.useMutation({
    onSuccess: async () => {
      const { loaded } = await untilMade();
      if (loaded) onLoaded(loaded);
    },
    onError: (error) => {
      const { message, hint } = toUserMessage(error);
      toast.error(message, { description: hint });
    },
  });
  return { state, load: () => load.mutate(), isBusy: load.isPending || state?.isLoading === true };
}
