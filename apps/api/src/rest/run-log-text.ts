import type { Caller } from "@millrace/rpc";
import { formatLogLine, MAX_LOG_PAGE } from "@millrace/shared";

/** The log as text, a page of lines at a time, up to the last line that is there when it gets to it. */
export async function* logAsText(
  caller: Caller,
  input: Readonly<Record<string, unknown>>,
): AsyncGenerator<string, void> {
  // As the request spells it: the procedure checks every part of it.
  const asked = input as { readonly id: string };
  for (let afterSeq = 0; ;) {
    const lines = await caller.runs.log({ ...asked, afterSeq, limit: MAX_LOG_PAGE });
    if (lines.length > 0) yield `${lines.map(formatLogLine).join("\n")}\n`;
    const last = lines.at(-1);
    if (!last || lines.length < MAX_LOG_PAGE) return;
    afterSeq = last.seq;
  }
}
