import { Dialog as BaseDialog } from "@base-ui/react/dialog";
import { X } from "lucide-react";
import type { ReactElement, ReactNode, RefObject } from "react";
import { classNames } from "../../lib/class-names.ts";
import { IconButton } from "./button.tsx";

const WIDTHS = { small: "w-[26rem]", medium: "w-[36rem]", large: "w-[56rem]" };

export interface DialogProps {
  /** The button that opens it; a dialog that something else opens goes without. */
  readonly trigger?: ReactElement;
  readonly isOpen: boolean;
  readonly onOpenChange: (isOpen: boolean) => void;
  readonly title: string;
  readonly description?: ReactNode;
  readonly size?: keyof typeof WIDTHS;
  /** Buttons below the content, which stay in sight while it scrolls. */
  readonly footer?: ReactNode;
  /** What has the focus at first; otherwise the first that can take it. */
  readonly initialFocus?: RefObject<HTMLElement | null>;
  readonly children: ReactNode;
}

/** A modal window. Closed by Escape, by its button and by a press outside; the focus goes back to where it came from. */
export function Dialog(props: DialogProps) {
  const { trigger, isOpen, onOpenChange, title, description, size = "small", footer, initialFocus, children } = props;
  return (
    <BaseDialog.Root open={isOpen} onOpenChange={(next) => onOpenChange(next)}>
      {trigger && <BaseDialog.Trigger render={trigger} />}
      <BaseDialog.Portal>
        <BaseDialog.Backdrop className="fixed inset-0 z-40 bg-shade transition-opacity duration-150 data-ending-style:opacity-0 data-starting-style:opacity-0" />
        <BaseDialog.Popup
          {...(initialFocus && { initialFocus })}
          className={classNames(
            "fixed top-1/2 left-1/2 z-50 flex max-h-[calc(100dvh-2rem)] max-w-[calc(100vw-2rem)] -translate-x-1/2 -translate-y-1/2 flex-col overflow-hidden rounded-xl border border-line bg-surface shadow-floating outline-none",
            "transition-[opacity,scale] duration-150 data-ending-style:scale-98 data-ending-style:opacity-0 data-starting-style:scale-98 data-starting-style:opacity-0",
            WIDTHS[size],
          )}
        >
          <header className="flex items-start gap-4 px-5 pt-4 pb-3">
            <div className="min-w-0 flex-1">
              <BaseDialog.Title className="text-lg font-semibold break-words">{title}</BaseDialog.Title>
              {description && (
                <BaseDialog.Description className="mt-0.5 text-sm text-ink-soft">{description}</BaseDialog.Description>
              )}
            </div>
            <BaseDialog.Close render={<IconButton icon={X} label="Close" className="-mr-2" />} />
          </header>
          <div className="min-h-0 flex-1 overflow-y-auto px-5 pt-1 pb-5">{children}</div>
          {footer && (
            <footer className="flex flex-wrap justify-end gap-2 border-t border-line bg-sunken px-5 py-3">
              {footer}
            </footer>
          )}
        </BaseDialog.Popup>
      </BaseDialog.Portal>
    </BaseDialog.Root>
  );
}
