import { hasRole } from "@millrace/shared";
import { getRouteApi, Link } from "@tanstack/react-router";
import { Pencil } from "lucide-react";
import { useCallback } from "react";
import { toast } from "sonner";
import { Breadcrumbs } from "../components/ui/breadcrumbs.tsx";
import { buttonClass } from "../components/ui/button.tsx";
import { PageHeader } from "../components/ui/page-header.tsx";
import { ConnectorKind } from "../features/data-sources/connector-kind.tsx";
import { DataSourceFacts } from "../features/data-sources/data-source-facts.tsx";
import { DeleteDataSource } from "../features/data-sources/delete-data-source.tsx";
import { PipelineUses } from "../features/data-sources/pipeline-uses.tsx";
import { StoredConnectionTest } from "../features/data-sources/stored-connection-test.tsx";
import { TableExplorer } from "../features/data-sources/table-explorer.tsx";
import { PipelineStatus } from "../features/pipelines/pipeline-status.tsx";
import { stringifySearch } from "../lib/search-params.ts";
import { trpc } from "../lib/trpc.ts";

const route = getRouteApi("/shell/data-sources/$sourceId");

/** One data source: where it is, whether it answers, what is in it and who uses it. */
export function DataSourcePage() {
  const { sourceId } = route.useParams();
  // A test's result belongs to one data source.
  return <OneDataSource key={sourceId} sourceId={sourceId} />;
}

function OneDataSource({ sourceId }: { readonly sourceId: string }) {
  const { me } = route.useRouteContext();
  const { search, table } = route.useSearch();
  const navigate = route.useNavigate();
  const [connectors] = trpc.sources.connectors.useSuspenseQuery();
  const [source] = trpc.sources.get.useSuspenseQuery({ id: sourceId });
  const setSearch = useCallback(
    (next: string) =>
      void navigate({
        search: (old) => ({ ...old, search: next || undefined }),
        replace: true,
        resetScroll: false,
      }),
    [navigate],
  );
  const setTable = useCallback(
    (next: string) => void navigate({ search: (old) => ({ ...old, table: next }), resetScroll: false }),
    [navigate],
  );
  const hrefOf = useCallback(
    (reference: string) => `/data-sources/${sourceId}${stringifySearch({ search, table: reference })}`,
    [sourceId, search],
  );
  const statusOf = (status: (typeof source.pipelines)[number]["status"]) => <PipelineStatus status={status} />;
  return (
    <>
      <Breadcrumbs>
        <Link to="/data-sources">Data sources</Link>
        <span aria-current="page">{source.name}</span>
      </Breadcrumbs>
      <PageHeader
        title={source.name}
        description={<ConnectorKind type={source.connectionType} />}
        actions={
          hasRole(me.role, "admin") && (
            <>
              <DeleteDataSource
                source={source}
                onDeleted={() => {
                  toast.success("Data source deleted");
                  void navigate({ to: "/data-sources" });
                }}
              />
              <Link to="/data-sources/$sourceId/edit" params={{ sourceId }} className={buttonClass("secondary")}>
                <Pencil aria-hidden className="size-3.5" />
                Edit
              </Link>
            </>
          )
        }
      />
      <div className="flex flex-col gap-5">
        <div className="grid items-start gap-5 lg:grid-cols-2">
          <DataSourceFacts source={source} connector={connectors.find(({ type }) => type === source.connectionType)} />
          <StoredConnectionTest sourceId={sourceId} />
        </div>
        <TableExplorer
          sourceId={sourceId}
          search={search ?? ""}
          onSearch={setSearch}
          selected={table ?? null}
          hrefOf={hrefOf}
          onSelect={setTable}
        />
        <PipelineUses source={source} statusOf={statusOf} />
      </div>
    </>
  );
}
