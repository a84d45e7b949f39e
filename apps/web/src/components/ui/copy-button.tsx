import { Check, Copy } from "lucide-react";
import { Button } from "./button.tsx";
import { useClipboard } from "../../lib/clipboard.ts";

/** Puts a text on the clipboard and says so for two seconds. */
export function CopyButton({ text, label }: { readonly text: string; readonly label: string }) {
  const { isCopied, copy } = useClipboard();
  return (
    <Button size="small" icon={isCopied ? Check : Copy} onClick={() => void copy(text)}>
      <span aria-live="polite">{isCopied ? "Copied" : label}</span>
    </Button>
  );
}
