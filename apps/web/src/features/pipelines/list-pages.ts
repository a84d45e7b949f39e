import type { PipelineSummary } from "@millrace/shared";

interface Page {
  readonly items: PipelineSummary[];
  readonly nextCursor: string | null;
}

/** The loaded pages of a list, as an infinite query keeps them. */
export interface Pages {
  readonly pages: readonly Page[];
}

/**
 * The pages with what has become of `asked`: those in `found` in their place, the others gone, since they no longer match or are
 * no more. What was not there before is left out; `missingFrom` names it. Pages without a change stay the same objects.
 */
export function withFresh<Data extends Pages>(
  data: Data,
  asked: ReadonlySet<string>,
  found: readonly PipelineSummary[],
): Data {
  const fresh = new Map(found.map((item) => [item.id, item]));
  const pages = data.pages.map((page) => {
    if (!page.items.some(({ id }) => asked.has(id))) return page;
    return { ...page, items: page.items.flatMap((item) => (asked.has(item.id) ? (fresh.get(item.id) ?? []) : item)) };
  });
  return { ...data, pages };
}

/** Of `found`, what no page has. */
export function missingFrom({ pages }: Pages, found: readonly PipelineSummary[]): PipelineSummary[] {
  const shown = new Set(pages.flatMap(({ items }) => items.map(({ id }) => id)));
  return found.filter(({ id }) => !shown.has(id));
}

/** With what is new on top: where it belongs in the order of creation. */
export function withNewest<Data extends Pages>(data: Data, added: readonly PipelineSummary[]): Data {
  const [first, ...rest] = data.pages;
  if (!first || added.length === 0) return data;
  const newestFirst = [...added].sort((a, b) => (a.id < b.id ? 1 : -1));
  return { ...data, pages: [{ ...first, items: [...newestFirst, ...first.items] }, ...rest] };
}

/** With one pipeline changed. */
export function withChanged<Data extends Pages>(data: Data, id: string, changes: Partial<PipelineSummary>): Data {
  const pages = data.pages.map((page) =>
    page.items.some((item) => item.id === id)
      ? { ...page, items: page.items.map((item) => (item.id === id ? { ...item, ...changes } : item)) }
      : page,
  );
  return { ...data, pages };
}
