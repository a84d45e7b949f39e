import { Tooltip as BaseTooltip } from "@base-ui/react/tooltip";
import { type ReactElement, useId } from "react";

const DELAY_MS = 400;

export interface TooltipProps {
  /** One short sentence. What cannot be done without knowing it belongs into the page instead. */
  readonly text: string;
  readonly side?: "top" | "bottom" | "left" | "right";
  /** What it explains: one element that takes the focus. */
  readonly children: ReactElement;
}

/** An explanation on hover and on focus. Screen readers get it as the description of the element, so the popup is hidden from them. */
export function Tooltip({ text, side = "top", children }: TooltipProps) {
  const id = useId();
  return (
    <BaseTooltip.Root>
      <BaseTooltip.Trigger delay={DELAY_MS} aria-describedby={id} render={children} />
      <span id={id} hidden>
        {text}
      </span>
      <BaseTooltip.Portal>
        <BaseTooltip.Positioner side={side} sideOffset={6} className="z-[60]">
          <BaseTooltip.Popup
            aria-hidden
            className="max-w-72 rounded-md bg-ink px-2 py-1 text-xs text-canvas shadow-floating transition-opacity duration-100 data-ending-style:opacity-0 data-starting-style:opacity-0"
          >
            {text}
          </BaseTooltip.Popup>
        </BaseTooltip.Positioner>
      </BaseTooltip.Portal>
    </BaseTooltip.Root>
  );
}
