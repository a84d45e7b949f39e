import { describeSchedule, nextFires, type SchedulePreview, type SchedulePreviewInput } from "@millrace/shared";
import type { Clock } from "../clock.ts";

const PREVIEWED_FIRES = 5;

/** Throws `SCHEDULE_INVALID`. */
export function previewSchedule(clock: Clock, { schedule, timezone }: SchedulePreviewInput): SchedulePreview {
  const sentence = describeSchedule(schedule, timezone);
  const fires = nextFires(schedule, timezone, clock.now(), PREVIEWED_FIRES);
  return { sentence, timezone, fires: fires.map((at) => ({ at: at.toISOString(), local: localTime(at, timezone) })) };
}

/** ISO 8601 with the zone's offset at that instant. */
function localTime(at: Date, timeZone: string): string {
  const offset = offsetMinutes(at, timeZone);
  const wall = new Date(at.getTime() + offset * 60_000).toISOString().slice(0, 19);
  const absolute = Math.abs(offset);
  const pad = (part: number) => String(part).padStart(2, "0");
  return `${wall}${offset < 0 ? "-" : "+"}${pad(Math.trunc(absolute / 60))}:${pad(absolute % 60)}`;
}

/** `GMT+05:30` of the runtime's own zone data; `GMT` alone is zero. */
function offsetMinutes(at: Date, timeZone: string): number {
  const parts = new Intl.DateTimeFormat("en", { timeZone, timeZoneName: "longOffset" }).formatToParts(at);
  const name = parts.find((part) => part.type === "timeZoneName")?.value ?? "GMT";
  const match = /GMT([+-])(\d{2}):(\d{2})/.exec(name);
  if (!match) return 0;
  const minutes = Number(match[2]) * 60 + Number(match[3]);
  return match[1] === "-" ? -minutes : minutes;
}
