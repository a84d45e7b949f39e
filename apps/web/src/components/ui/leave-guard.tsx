import { useBlocker } from "@tanstack/react-router";
import { useRef } from "react";
import { Button } from "./button.tsx";
import { Dialog } from "./dialog.tsx";

export interface LeaveGuardProps {
  /** Asked just before a way out, so that a form that has just been saved lets go at once. */
  readonly hasChanges: () => boolean;
  /** Whether leaving for this path is part of the work, such as for a form whose answer comes back here. */
  readonly isDetour?: (pathname: string) => boolean;
  readonly onDiscard?: () => void;
  /** What would be lost. */
  readonly children: string;
}

/** Asks before changes are lost: by a link or the back button of this app, and through the browser's own question otherwise. */
export function LeaveGuard({ hasChanges, isDetour, onDiscard, children }: LeaveGuardProps) {
  const harmless = useRef<HTMLButtonElement>(null);
  const blocker = useBlocker({
    shouldBlockFn: ({ current, next }) =>
      hasChanges() && next.pathname !== current.pathname && !isDetour?.(next.pathname),
    enableBeforeUnload: hasChanges,
    withResolver: true,
  });
  return (
    <Dialog
      title="Leave without saving?"
      isOpen={blocker.status === "blocked"}
      onOpenChange={(isOpen) => !isOpen && blocker.reset?.()}
      initialFocus={harmless}
      footer={
        <>
          <Button ref={harmless} onClick={() => blocker.reset?.()}>
            Keep editing
          </Button>
          <Button
            variant="danger"
            onClick={() => {
              onDiscard?.();
              blocker.proceed?.();
            }}
          >
            Discard and leave
          </Button>
        </>
      }
    >
      <p className="text-sm text-ink-soft">{children}</p>
    </Dialog>
  );
}
