import type { RunFailure } from "@millrace/shared";
import { OctagonX } from "lucide-react";
import { CopyButton } from "../../components/ui/copy-button.tsx";

const SIDES: Record<RunFailure["side"], string> = {
  source: "Source",
  destination: "Destination",
  millrace: "Millrace",
};

/** Why a run failed: the cause in one line, where to look, and what to do. */
export function FailureCard({ failure, runId }: { readonly failure: RunFailure; readonly runId: string }) {
  const details = `${failure.code} (${failure.side})\n${failure.message}\n${failure.hint}\nrun ${runId}`;
  return (
    <section aria-label="Failure" className="rounded-lg border border-bad/40 bg-bad-wash p-4">
      <div className="flex gap-3">
        <OctagonX aria-hidden className="mt-0.5 size-5 shrink-0 text-bad" />
        <div className="min-w-0 flex-1">
          <h2 className="text-base font-semibold break-words">{failure.message}</h2>
          <p className="mt-1 text-sm text-ink-soft">{failure.hint}</p>
          <div className="mt-3 flex flex-wrap items-center gap-x-5 gap-y-2 text-xs">
            <span>
              <span className="text-ink-soft">Where to look: </span>
              <span className="font-medium">{SIDES[failure.side]}</span>
            </span>
            <span>
              <span className="text-ink-soft">Code: </span>
              <code className="font-mono">{failure.code}</code>
            </span>
            <CopyButton text={details} label="Copy details" />
          </div>
        </div>
      </div>
    </section>
  );
}
