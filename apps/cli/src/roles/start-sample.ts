import { closePlatform, openPlatform } from "@millrace/api/platform";
import type { ApiOptions } from "@millrace/api/main";
import { type Actor, type Caller, createCaller } from "@millrace/rpc";
import { isRunActive, newId, type Run } from "@millrace/shared";
import type { Sample } from "../sample/sample.ts";
import { print } from "../terminal.ts";

/** Owns the sample until the first account is made, which takes the organization over and may rename it. */
const ORGANIZATION = "My organization";
const MAKER = "Millrace";
const WATCH_INTERVAL_MS = 200;

const numbers = new Intl.NumberFormat("en-US");

/** Makes the sample through the same procedures that people use, and tells what arrived. */
export async function runSample(options: ApiOptions, sample: Sample): Promise<void> {
  print("Making the sample databases …");
  const platform = await openPlatform({ ...options, rememberSecret: (secret) => options.secrets?.add(secret) });
  try {
    const organizationId = await platform.accounts.ensureOrganization(ORGANIZATION);
    const actor: Actor = {
      userId: MAKER,
      email: "",
      name: MAKER,
      organizationId,
      organizationName: ORGANIZATION,
      role: "owner",
      via: "session",
      credentialId: newId(),
    };
    const { runId } = await sample.load(platform, actor);
    const run = await waitForEnd(createCaller({ platform, actor, door: "sample" }), runId);
    print(
      run.status === "success"
        ? `  sample_warehouse  ${numbers.format(run.recordsProcessed)} order lines arrived${run.proof?.isVerified ? ", verified" : ""}`
        : `  The sample run ${run.status}: ${run.errorMessage ?? "see its log in the web app"}`,
    );
  } finally {
    await closePlatform(platform);
  }
}

async function waitForEnd(caller: Caller, runId: string): Promise<Run> {
  for (;;) {
    const run = await caller.runs.get({ id: runId });
    if (!isRunActive(run.status)) return run;
    await new Promise((resolve) => setTimeout(resolve, WATCH_INTERVAL_MS));
  }
}
