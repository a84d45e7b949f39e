import { assertSchedule } from "@millrace/shared";
import { keepPreviousData } from "@tanstack/react-query";
import { Notice } from "../../components/ui/notice.tsx";
import { Panel } from "../../components/ui/panel.tsx";
import { Skeleton } from "../../components/ui/skeleton.tsx";
import { toUserMessage } from "../../lib/errors.ts";
import { formatDateTime } from "../../lib/format.ts";
import { trpc } from "../../lib/trpc.ts";
import { usePaused } from "./use-paused.ts";

export interface NextFiresProps {
  readonly schedule: string;
  readonly timezone: string;
  /** Whether the schedule is on; these are the times that it would fire at otherwise. */
  readonly isOn: boolean;
}

/** A schedule as a sentence and its next fires, in its own zone and in UTC; or why it is none. */
export function NextFires({ schedule, timezone, isOn }: NextFiresProps) {
  const asked = usePaused(`${timezone} ${schedule}`);
  const cut = asked.indexOf(" ");
  const refusal = refusalOf(schedule, timezone);
  const preview = trpc.schedules.preview.useQuery(
    { timezone: asked.slice(0, cut), schedule: asked.slice(cut + 1) },
    // What is known to be refused here is not asked for.
    {
      placeholderData: keepPreviousData,
      retry: false,
      enabled: refusalOf(asked.slice(cut + 1), asked.slice(0, cut)) === null,
    },
  );
  return (
    <Panel title={isOn ? "Next runs" : "Next runs, once it is on"} isFlush>
      <div aria-live="polite" className="p-4">
        {refusal !== null ? (
          <Refusal error={refusal} />
        ) : preview.isPending ? (
          <Skeleton className="h-5 w-48" />
        ) : preview.isError ? (
          <Refusal error={preview.error} />
        ) : (
          <p className="text-sm font-medium">
            {preview.data.sentence} <span className="font-normal text-ink-soft">{preview.data.timezone}</span>
          </p>
        )}
      </div>
      {refusal === null && preview.isSuccess && (
        <table className="tabular w-full border-t border-line text-left text-xs">
          <caption className="sr-only">Next five fires</caption>
          <thead>
            <tr className="text-ink-faint">
              <th scope="col" className="px-4 pt-2 pb-1 font-medium">
                {preview.data.timezone === "UTC" ? "UTC" : `In ${preview.data.timezone}`}
              </th>
              {preview.data.timezone !== "UTC" && (
                <th scope="col" className="px-4 pt-2 pb-1 font-medium">
                  UTC
                </th>
              )}
            </tr>
          </thead>
          <tbody>
            {preview.data.fires.map(({ at, local }) => (
              <tr key={at}>
                <td className="px-4 py-1">
                  {weekday(at, preview.data.timezone)} {formatDateTime(new Date(at), preview.data.timezone)}
                  {preview.data.timezone !== "UTC" && <span className="text-ink-faint"> {local.slice(19)}</span>}
                </td>
                {preview.data.timezone !== "UTC" && (
                  <td className="px-4 py-1 text-ink-soft">{formatDateTime(new Date(at), "UTC")}</td>
                )}
              </tr>
            ))}
          </tbody>
          <tfoot>
            <tr>
              <td className="h-2" />
            </tr>
          </tfoot>
        </table>
      )}
    </Panel>
  );
}

/** The same check that the server does. */
function refusalOf(schedule: string, timezone: string): unknown {
  try {
    assertSchedule(schedule, timezone);
    return null;
  } catch (error) {
    return error;
  }
}

function Refusal({ error }: { readonly error: unknown }) {
  const { message, hint } = toUserMessage(error);
  return (
    <Notice tone="bad" title={message}>
      {hint}
    </Notice>
  );
}

const weekday = (at: string, timeZone: string): string =>
  new Intl.DateTimeFormat("en-GB", { weekday: "short", timeZone }).format(new Date(at));
