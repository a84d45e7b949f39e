/** How people say when, and the expression that means it. `manual` and `custom` stand for none and for any other. */
export const PRESETS = [
  { value: "manual", title: "By hand only", schedule: null, description: "Runs start when somebody starts them." },
  { value: "quarter", title: "Every 15 minutes", schedule: "*/15 * * * *", description: "At :00, :15, :30 and :45." },
  { value: "hourly", title: "Every hour", schedule: "0 * * * *", description: "On the hour." },
  { value: "daily", title: "Every day", schedule: "0 2 * * *", description: "At 02:00, when databases rest." },
  { value: "weekdays", title: "Every weekday", schedule: "0 6 * * 1-5", description: "Monday to Friday at 06:00." },
] as const;

export type PresetName = (typeof PRESETS)[number]["value"] | "custom";

export const presetOf = (schedule: string | null): PresetName =>
  PRESETS.find((preset) => preset.schedule === schedule)?.value ?? "custom";
