import type { DataSource } from "@millrace/shared";
import { Database } from "lucide-react";
import { type ReactNode, useState } from "react";
import { ChoiceCards } from "../../components/ui/choice-cards.tsx";
import { EmptyState } from "../../components/ui/empty-state.tsx";
import { ListError, ListSkeleton, LoadMore } from "../../components/ui/list-states.tsx";
import { SearchField } from "../../components/ui/search-field.tsx";
import { SYSTEMS } from "../../lib/systems.ts";
import { trpc } from "../../lib/trpc.ts";

/** The largest page that the server gives. */
const PAGE_SIZE = 200;
/** From this many on, a search is quicker than the eye. */
const SEARCHED_FROM = 9;

export interface DataSourceFieldProps {
  readonly label: string;
  readonly value: string | null;
  readonly onChange: (id: string) => void;
  readonly error: string | undefined;
  /** Leads to the form for another data source. */
  readonly createLink: ReactNode;
}

/** A choice among the organization's data sources. */
export function DataSourceField({ label, value, onChange, error, createLink }: DataSourceFieldProps) {
  const [search, setSearch] = useState("");
  const list = trpc.sources.list.useInfiniteQuery(
    { limit: PAGE_SIZE },
    { getNextPageParam: (page) => page.nextCursor },
  );
  if (list.isPending) return <ListSkeleton />;
  if (list.isError) return <ListError error={list.error} onRetry={() => void list.refetch()} />;
  const sources = list.data.pages.flatMap(({ items }) => items);
  if (sources.length === 0) {
    return (
      <EmptyState icon={Database} title="No data sources yet" action={createLink}>
        A data source is a connection to a database that pipelines read from and write to.
      </EmptyState>
    );
  }
  const shown = sources.filter(({ name }) => name.toLowerCase().includes(search.toLowerCase()));
  return (
    <div className="flex flex-col gap-3">
      {sources.length >= SEARCHED_FROM && (
        <SearchField label="Search data sources" value={search} onChange={setSearch} />
      )}
      <ChoiceCards
        label={label}
        isLabelHidden
        columns={3}
        value={value}
        error={error}
        onChange={onChange}
        options={shown.map((source) => ({
          value: source.id,
          title: source.name,
          description: describe(source),
          icon: SYSTEMS[source.connectionType].icon,
        }))}
      />
      {shown.length === 0 && <p className="text-sm text-ink-soft">No data source has this in its name.</p>}
      <LoadMore
        hasMore={list.hasNextPage}
        isLoading={list.isFetchingNextPage}
        onLoad={() => void list.fetchNextPage()}
      />
      <div>{createLink}</div>
    </div>
  );
}

const describe = ({ connectionType, host, port, database }: DataSource): string =>
  [SYSTEMS[connectionType].word, database, host && (port === null ? host : `${host}:${port}`)]
    .filter(Boolean)
    .join(" · ");
