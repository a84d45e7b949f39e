import { SampleState } from "@millrace/shared";
import { procedureFor, router } from "../trpc.ts";
import { loadSample, sampleState } from "./sample.service.ts";

export const sampleRouter = router({
  state: procedureFor("admin", "read")
    .output(SampleState)
    .query(({ ctx }) => sampleState(ctx.scope)),

  load: procedureFor("admin", "write")
    .output(SampleState)
    .mutation(({ ctx }) => loadSample(ctx.scope)),
});
