import { Check, Lock } from "lucide-react";
import { Fragment, type ReactNode, useEffect, useRef } from "react";
import { classNames } from "../../lib/class-names.ts";

export interface Step<Id extends string = string> {
  readonly id: Id;
  readonly label: string;
  /** `locked` until the step before holds. */
  readonly state: "done" | "current" | "open" | "locked";
}

/** What the link of a step is given, to be spread onto a router's `Link`. */
export interface StepLinkProps {
  readonly className: string;
  readonly "aria-current": "step" | undefined;
  readonly children: ReactNode;
}

export interface StepperProps<Id extends string> {
  readonly label: string;
  readonly steps: readonly Step<Id>[];
  /** The link to a step, which has its address: `(step, props) => <Link search={{ step: step.id }} {...props} />`. */
  readonly renderLink: (step: Step<Id>, props: StepLinkProps) => ReactNode;
}

const STEP = "flex items-center gap-2 rounded-md px-2 py-1 text-sm font-medium whitespace-nowrap";

/** The steps of something made in order: which are done, which one shows, which are still locked. */
export function Stepper<Id extends string>({ label, steps, renderLink }: StepperProps<Id>) {
  const nav = useRef<HTMLElement>(null);
  const current = steps.find(({ state }) => state === "current")?.id;
  useEffect(() => {
    const mark = nav.current?.querySelector<HTMLElement>("[aria-current='step']");
    // Only sideways: the page stays where it is.
    if (mark) nav.current?.scrollTo({ left: mark.offsetLeft - 24 });
  }, [current]);
  return (
    // Positioned, so that what is only for screen readers scrolls along instead of widening the page.
    <nav ref={nav} aria-label={label} className="relative -mx-2 mb-5 overflow-x-auto">
      <ol className="flex items-center gap-1">
        {steps.map((step, index) => (
          <li key={step.id} className="flex items-center gap-1">
            {index > 0 && <span aria-hidden className="h-px w-4 bg-line-strong/60" />}
            {step.state === "locked" ? (
              <span className={`${STEP} text-ink-faint`}>
                <Content step={step} number={index + 1} />
              </span>
            ) : (
              <Fragment>
                {renderLink(step, {
                  className: classNames(
                    STEP,
                    step.state === "current"
                      ? "bg-accent-wash text-accent"
                      : "text-ink-soft hover:bg-hover hover:text-ink",
                  ),
                  "aria-current": step.state === "current" ? "step" : undefined,
                  children: <Content step={step} number={index + 1} />,
                })}
              </Fragment>
            )}
          </li>
        ))}
      </ol>
    </nav>
  );
}

const MARKS: Record<Step["state"], string> = {
  done: "border-transparent bg-good-wash text-good",
  current: "border-transparent bg-accent text-on-accent",
  open: "border-line-strong text-ink-soft",
  locked: "border-line text-ink-faint",
};

function Content({ step, number }: { readonly step: Step; readonly number: number }) {
  return (
    <>
      <span
        aria-hidden
        className={classNames(
          "tabular grid size-5 shrink-0 place-items-center rounded-full border text-2xs",
          MARKS[step.state],
        )}
      >
        {step.state === "done" ? (
          <Check className="size-3" strokeWidth={3} />
        ) : step.state === "locked" ? (
          <Lock className="size-2.5" />
        ) : (
          number
        )}
      </span>
      {step.label}
      {step.state === "done" && <span className="sr-only">, done</span>}
      {step.state === "locked" && <span className="sr-only">, locked until the step before is done</span>}
    </>
  );
}
