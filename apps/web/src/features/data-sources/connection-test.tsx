import type { ConnectionTestResult } from "@millrace/shared";
import { History, PlugZap } from "lucide-react";
import { Button } from "../../components/ui/button.tsx";
import { FormError } from "../../components/ui/form-error.tsx";
import { Panel } from "../../components/ui/panel.tsx";
import { Skeleton } from "../../components/ui/skeleton.tsx";
import { Status } from "../../components/ui/status.tsx";
import { classNames } from "../../lib/class-names.ts";
import { CheckList } from "./check-list.tsx";
import { TestVerdict, verdictOf } from "./test-verdict.tsx";

export interface ConnectionTestProps {
  readonly result: ConnectionTestResult | null;
  /** Whether the values were changed after they were tested: then the result says nothing of what stands there now. */
  readonly isStale: boolean;
  readonly isTesting: boolean;
  readonly error: unknown;
  readonly onTest: () => void;
}

/** Tests a connection and shows what was found, check by check. */
export function ConnectionTest({ result, isStale, isTesting, error, onTest }: ConnectionTestProps) {
  return (
    <Panel
      title="Connection test"
      actions={
        <Button size="small" icon={PlugZap} isBusy={isTesting} onClick={onTest}>
          {result ? "Test again" : "Test the connection"}
        </Button>
      }
    >
      <p role="status" className="sr-only">
        {isTesting ? "Testing the connection" : result && !isStale ? verdictOf(result).word : ""}
      </p>
      {isTesting ? (
        <div className="flex flex-col gap-3">
          {["w-3/4", "w-1/2", "w-2/3"].map((width) => (
            <Skeleton key={width} className={`h-4 ${width}`} />
          ))}
        </div>
      ) : error ? (
        <FormError error={error} />
      ) : result ? (
        <>
          <div className="mb-3">
            {isStale ? (
              <Status tone="neutral" icon={History} word="Changed since the test: test again" />
            ) : (
              <TestVerdict result={result} />
            )}
          </div>
          <div className={classNames(isStale && "grayscale")}>
            <CheckList checks={result.checks} />
          </div>
        </>
      ) : (
        <p className="text-sm text-ink-soft">
          Looks for the server, signs in, and tells what this user may read and write. Nothing is stored.
        </p>
      )}
    </Panel>
  );
}
