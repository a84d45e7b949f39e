const COLUMNS: readonly (readonly [name: string, type: string, words: string])[] = [
  ["valid_from", "timestamp with time zone", "When the version was first seen"],
  ["valid_to", "timestamp with time zone", "When it was found changed or gone; empty while it is current"],
  ["is_current", "boolean", "Whether it is the one that holds now"],
];

/** What the destination has beside the source's columns where it keeps every version of a row. */
export function HistoryColumns() {
  return (
    <section aria-labelledby="history-columns">
      <h3 id="history-columns" className="mb-1.5 text-sm font-medium">
        Three columns are added to the source's own
      </h3>
      <dl className="divide-y divide-line rounded-lg border border-line bg-sunken text-xs">
        {COLUMNS.map(([name, type, words]) => (
          <div key={name} className="flex flex-wrap items-baseline gap-x-3 gap-y-0.5 px-3 py-2">
            <dt className="flex flex-wrap gap-x-2">
              <code className="font-mono font-medium">{name}</code>{" "}
              <code className="font-mono text-ink-soft">{type}</code>
            </dt>
            <dd className="w-full text-ink-soft">{words}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
