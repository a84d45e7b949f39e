import { actions } from "./specimens/actions.tsx";
import { display } from "./specimens/display.tsx";
import { fields } from "./specimens/fields.tsx";
import { structure } from "./specimens/structure.tsx";

const GROUPS = { Structure: structure, Actions: actions, Fields: fields, Display: display };

/** Every component of `components/ui` with its states. */
export function UiPage() {
  return (
    <main className="mx-auto flex max-w-5xl flex-col gap-10 px-4 py-8">
      {Object.entries(GROUPS).map(([group, specimens]) => (
        <div key={group} className="flex flex-col gap-4">
          <h2 className="text-lg font-semibold">{group}</h2>
          {Object.entries(specimens).map(([name, Specimen]) => (
            <section key={name} aria-labelledby={name} className="rounded-lg border border-line bg-surface">
              <h3 id={name} className="border-b border-line px-4 py-2 font-mono text-xs text-ink-soft">
                {name}
              </h3>
              <div data-specimen={name} className="flex flex-wrap items-start gap-4 p-4">
                <Specimen />
              </div>
            </section>
          ))}
        </div>
      ))}
    </main>
  );
}
