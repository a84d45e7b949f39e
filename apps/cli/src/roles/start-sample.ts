import { closePlatform, openPlatform } from "@millrace/api/platform";
import type { ApiOptions } from "@millrace/api/main";
import { type Actor, createCaller } from "@millrace/rpc";
import { newId } from "@millrace/shared";
import { loadSample, type SampleServer } from "../sample/sample.ts";
import { print } from "../terminal.ts";

/** Owns the sample until the first account is made, which takes the organization over and may rename it. */
const ORGANIZATION = "My organization";
const MAKER = "Millrace";

const numbers = new Intl.NumberFormat("en-US");

/** Makes the sample through the same procedures that people use, and tells what arrived. */
export async function runSample(options: ApiOptions, dataDir: string, server: SampleServer): Promise<void> {
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
    const caller = createCaller({ platform, actor, door: "sample" });
    const { shopRows, run } = await loadSample(dataDir, server, caller);
    print(`  sample_store      ${numbers.format(shopRows)} rows made`);
    print(
      run.status === "success"
        ? `  sample_warehouse  ${numbers.format(run.recordsProcessed)} order lines arrived${run.proof?.isVerified ? ", verified" : ""}`
        : `  The sample run ${run.status}: ${run.errorMessage ?? "see its log in the web app"}`,
    );
  } finally {
    await closePlatform(platform);
  }
}
