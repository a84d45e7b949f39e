import { useBlocker } from "@tanstack/react-router";
import { useRef } from "react";
import { Button } from "../../components/ui/button.tsx";
import { Dialog } from "../../components/ui/dialog.tsx";

export interface LeaveGuardProps {
  readonly isChanged: boolean;
  /** Whether leaving for this path is part of the work, such as for a form whose answer comes back here. */
  readonly isDetour: (pathname: string) => boolean;
  /** Asked just before a way out, for one that was taken on purpose. */
  readonly isLeaving: () => boolean;
  readonly onDiscard: () => void;
}

/** Asks before changes are lost: by a link or the back button of this app, and through the browser's own question otherwise. */
export function LeaveGuard({ isChanged, isDetour, isLeaving, onDiscard }: LeaveGuardProps) {
  const harmless = useRef<HTMLButtonElement>(null);
  const blocker = useBlocker({
    shouldBlockFn: ({ current, next }) =>
      isChanged && !isLeaving() && next.pathname !== current.pathname && !isDetour(next.pathname),
    enableBeforeUnload: () => isChanged && !isLeaving(),
    withResolver: true,
  });
  const isBlocked = blocker.status === "blocked";
  return (
    <Dialog
      title="Leave without saving?"
      isOpen={isBlocked}
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
              onDiscard();
              blocker.proceed?.();
            }}
          >
            Discard and leave
          </Button>
        </>
      }
    >
      <p className="text-sm text-ink-soft">What you have chosen and written here is not saved, and would be gone.</p>
    </Dialog>
  );
}
