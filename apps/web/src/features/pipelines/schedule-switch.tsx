import type { Pipeline } from "@millrace/shared";
import { toast } from "sonner";
import { Switch } from "../../components/ui/switch.tsx";
import { toUserMessage } from "../../lib/errors.ts";
import { trpc } from "../../lib/trpc.ts";

/** Turns a pipeline's schedule on and off. Shows the new state at once, and the old one again should the server refuse. */
export function ScheduleSwitch({ pipeline }: { readonly pipeline: Pipeline }) {
  const utils = trpc.useUtils();
  const update = trpc.pipelines.update.useMutation({
    onMutate: async ({ id, status }) => {
      await utils.pipelines.get.cancel({ id });
      const before = utils.pipelines.get.getData({ id });
      utils.pipelines.get.setData({ id }, (current) => current && { ...current, isEnabled: status === "active" });
      return { before };
    },
    onError: (error, { id }, context) => {
      utils.pipelines.get.setData({ id }, context?.before);
      const { message, hint } = toUserMessage(error);
      toast.error(message, { description: hint });
    },
    onSettled: () => utils.pipelines.invalidate(),
  });
  return (
    <Switch
      label="Schedule"
      isOn={pipeline.isEnabled}
      onChange={(isOn) => update.mutate({ id: pipeline.id, status: isOn ? "active" : "inactive" })}
    />
  );
}
