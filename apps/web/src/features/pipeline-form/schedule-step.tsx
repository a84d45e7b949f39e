import { Clock, Hand, PencilLine } from "lucide-react";
import { useMemo, useState } from "react";
import { ChoiceCards } from "../../components/ui/choice-cards.tsx";
import { Combobox } from "../../components/ui/combobox.tsx";
import { Switch } from "../../components/ui/switch.tsx";
import { TextField } from "../../components/ui/text-field.tsx";
import { NextFires } from "./next-fires.tsx";
import { type PresetName, presetOf, PRESETS } from "./schedule-presets.ts";
import type { StepProps } from "./step.ts";
import { timezoneOptions } from "./timezones.ts";

/** When runs start by themselves. */
export function ScheduleStep({ draft, change, faults }: StepProps) {
  const { schedule, timezone, status } = draft;
  // Somebody who asks for an expression of their own gets the field although it still holds a preset's.
  const [isOwn, setIsOwn] = useState(() => presetOf(schedule) === "custom");
  const preset: PresetName = isOwn ? "custom" : presetOf(schedule);
  const zones = useMemo(() => timezoneOptions(timezone, new Date()), [timezone]);
  const choose = (name: PresetName) => {
    const chosen = PRESETS.find(({ value }) => value === name);
    setIsOwn(!chosen);
    if (!chosen) change({ schedule: schedule ?? "0 * * * *", ...(schedule === null && { status: "active" }) });
    else if (chosen.schedule === null) change({ schedule: null, status: "inactive" });
    // Who chooses a time means it to happen.
    else change({ schedule: chosen.schedule, ...(schedule === null && { status: "active" }) });
  };
  return (
    <div className="flex flex-col gap-5">
      <ChoiceCards
        label="When should it run?"
        isLabelHidden
        columns={3}
        value={preset}
        onChange={choose}
        options={[
          ...PRESETS.map(({ value, title, description }) => ({
            value,
            title,
            description,
            icon: value === "manual" ? Hand : Clock,
          })),
          {
            value: "custom" as const,
            title: "Another time",
            description: "A cron expression of five fields.",
            icon: PencilLine,
          },
        ]}
      />
      {schedule !== null && (
        <div className="grid items-start gap-x-8 gap-y-5 lg:grid-cols-2">
          <div className="flex flex-col gap-4">
            <TextField
              label="Cron expression"
              description="Minute, hour, day of the month, month, day of the week."
              className="font-mono"
              name="schedule"
              value={schedule}
              error={faults.schedule}
              autoComplete="off"
              spellCheck={false}
              onChange={(event) => {
                setIsOwn(true);
                change({ schedule: event.target.value });
              }}
            />
            <Combobox
              label="Time zone"
              description="The schedule follows its clock, summer time included."
              value={timezone}
              options={zones}
              error={faults.timezone}
              onChange={(zone) => change({ timezone: zone ?? "UTC" })}
            />
            <Switch
              label="Schedule on"
              isOn={status === "active"}
              onChange={(isOn) => change({ status: isOn ? "active" : "inactive" })}
            />
          </div>
          <NextFires schedule={schedule} timezone={timezone} isOn={status === "active"} />
        </div>
      )}
    </div>
  );
}
