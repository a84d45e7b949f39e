import type { ReactNode } from "react";

export interface EntranceProps {
  readonly brand: ReactNode;
  readonly title: string;
  readonly description: ReactNode;
  readonly children: ReactNode;
}

/** The frame of what stands before the shell: sign-in and set-up. */
export function Entrance({ brand, title, description, children }: EntranceProps) {
  return (
    <main className="grid min-h-dvh place-items-center px-4 py-10">
      <title>{`${title} · Millrace`}</title>
      <div className="w-full max-w-sm">
        <div className="mb-8 flex justify-center">{brand}</div>
        <div className="rounded-xl border border-line bg-surface p-6 shadow-raised">
          <h1 tabIndex={-1} className="text-xl font-semibold tracking-tight">
            {title}
          </h1>
          <p className="mt-1 mb-5 text-sm text-ink-soft">{description}</p>
          {children}
        </div>
      </div>
    </main>
  );
}
