import { useEffect, useState } from "react";
import { toast } from "sonner";

const SHOWN_MS = 2000;

/** Puts a text on the clipboard; `isCopied` holds for two seconds afterwards. A browser that refuses says so in a toast. */
export function useClipboard(): { readonly isCopied: boolean; readonly copy: (text: string) => Promise<void> } {
  const [isCopied, setIsCopied] = useState(false);
  useEffect(() => {
    if (!isCopied) return undefined;
    const timer = setTimeout(() => setIsCopied(false), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [isCopied]);
  const copy = async (text: string) => {
    try {
      await navigator.clipboard.writeText(text);
      setIsCopied(true);
    } catch {
      toast.error("The browser did not allow copying");
    }
  };
  return { isCopied, copy };
}
