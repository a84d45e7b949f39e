import { Toaster as Sonner } from "sonner";
import { useShownTheme } from "../../lib/theme.ts";

/** Where short messages appear; raised with `toast` of sonner. */
export function Toaster() {
  return (
    <Sonner
      theme={useShownTheme()}
      position="bottom-right"
      containerAriaLabel="Messages"
      // Its own styles name a font of the system.
      style={{ fontFamily: "var(--font-sans)" }}
      toastOptions={{
        unstyled: true,
        classNames: {
          toast: "flex w-full items-center gap-3 rounded-lg border border-line bg-surface px-4 py-3 shadow-floating",
          title: "text-sm font-medium text-ink",
          description: "text-sm text-ink-soft",
          content: "min-w-0 flex-1",
          success: "[&_[data-icon]]:text-good",
          error: "[&_[data-icon]]:text-bad",
          actionButton:
            "rounded-md border border-line-strong/60 px-2.5 h-7 text-xs font-medium hover:bg-hover shrink-0",
        },
      }}
    />
  );
}
