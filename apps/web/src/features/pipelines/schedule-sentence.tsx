import { useQuery } from "@tanstack/react-query";

export interface ScheduleSentenceProps {
  readonly schedule: string | null;
  readonly timezone: string;
  /** Whether the schedule is on. */
  readonly isEnabled: boolean;
}

/** When a pipeline runs, in words; the expression itself on hover, and until the words are loaded. */
export function ScheduleSentence({ schedule, timezone, isEnabled }: ScheduleSentenceProps) {
  const sentence = useQuery({
    queryKey: ["schedule-sentence", schedule],
    queryFn: async () => {
      const { scheduleSentence } = await import("./schedule-words.ts");
      return scheduleSentence(schedule ?? "");
    },
    enabled: schedule !== null,
    staleTime: Number.POSITIVE_INFINITY,
    retry: false,
  });
  if (schedule === null) return <span className="text-ink-faint">By hand</span>;
  return (
    <span title={`${schedule} (${timezone})`} className={isEnabled ? undefined : "text-ink-faint"}>
      {sentence.data ?? <code className="font-mono text-xs">{schedule}</code>}
      {timezone !== "UTC" && <span className="text-ink-faint"> {timezone}</span>}
      {!isEnabled && <span className="text-ink-faint"> (off)</span>}
    </span>
  );
}
