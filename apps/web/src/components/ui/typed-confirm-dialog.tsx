import { type ReactNode, useId, useRef, useState } from "react";
import { Button } from "./button.tsx";
import { Dialog } from "./dialog.tsx";
import { TextField } from "./text-field.tsx";

export interface TypedConfirmDialogProps {
  readonly isOpen: boolean;
  readonly onOpenChange: (isOpen: boolean) => void;
  readonly title: string;
  /** The consequence, in full. */
  readonly children: ReactNode;
  /** What has to be typed, letter by letter. */
  readonly phrase: string;
  /** What is asked to be typed: `the pipeline's name`. */
  readonly phraseName: string;
  readonly confirmLabel: string;
  readonly isBusy: boolean;
  readonly onConfirm: () => void;
}

/** Asks for a name before something that cannot be taken back, so that nobody does it to the wrong thing. */
export function TypedConfirmDialog(props: TypedConfirmDialogProps) {
  const { isOpen, onOpenChange, title, children, phrase, phraseName, confirmLabel, isBusy, onConfirm } = props;
  const formId = useId();
  const field = useRef<HTMLInputElement>(null);
  const [typed, setTyped] = useState("");
  const isTyped = typed.trim() === phrase.trim();
  const change = (next: boolean) => {
    setTyped("");
    onOpenChange(next);
  };
  return (
    <Dialog
      isOpen={isOpen}
      onOpenChange={change}
      title={title}
      initialFocus={field}
      footer={
        <>
          <Button onClick={() => change(false)}>Cancel</Button>
          <Button variant="danger" type="submit" form={formId} isBusy={isBusy} disabled={!isTyped}>
            {confirmLabel}
          </Button>
        </>
      }
    >
      <form
        id={formId}
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          if (isTyped) onConfirm();
        }}
      >
        <div className="text-sm text-ink-soft">{children}</div>
        <TextField
          ref={field}
          label={`Type ${phraseName} to confirm`}
          placeholder={phrase}
          value={typed}
          autoComplete="off"
          spellCheck={false}
          onChange={(event) => setTyped(event.target.value)}
        />
      </form>
    </Dialog>
  );
}
