import { SchedulePreview, SchedulePreviewInput } from "@millrace/shared";
import { procedureFor, router } from "../trpc.ts";
import { previewSchedule } from "./schedules.service.ts";

export const schedulesRouter = router({
  /** The schedule in words and its next five fires; `SCHEDULE_INVALID` with the reason otherwise. */
  preview: procedureFor("viewer", "read")
    .input(SchedulePreviewInput)
    .output(SchedulePreview)
    .query(({ ctx, input }) => previewSchedule(ctx.scope.clock, input)),
});
