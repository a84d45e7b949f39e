import { getRouteApi, Link } from "@tanstack/react-router";
import { toast } from "sonner";
import { Breadcrumbs } from "../components/ui/breadcrumbs.tsx";
import { buttonClass } from "../components/ui/button.tsx";
import { Notice } from "../components/ui/notice.tsx";
import { PageHeader } from "../components/ui/page-header.tsx";
import { ConnectorKind } from "../features/data-sources/connector-kind.tsx";
import { DataSourceForm } from "../features/data-sources/data-source-form.tsx";
import { formatCount } from "../lib/format.ts";
import { trpc } from "../lib/trpc.ts";

const route = getRouteApi("/shell/data-sources/$sourceId/edit");

/** Changes a data source. What is stored stays until it is saved, the password included. */
export function EditDataSourcePage() {
  const { sourceId } = route.useParams();
  const navigate = route.useNavigate();
  const [source] = trpc.sources.get.useSuspenseQuery({ id: sourceId });
  const [connectors] = trpc.sources.connectors.useSuspenseQuery();
  const connector = connectors.find(({ type }) => type === source.connectionType);
  const params = { sourceId };
  return (
    <>
      <Breadcrumbs>
        <Link to="/data-sources">Data sources</Link>
        <Link to="/data-sources/$sourceId" params={params}>
          {source.name}
        </Link>
        <span aria-current="page">Edit</span>
      </Breadcrumbs>
      <PageHeader
        title={`Edit ${source.name}`}
        description={
          <span className="inline-flex flex-wrap items-center gap-x-3">
            <ConnectorKind type={source.connectionType} />
            {source.pipelineCount > 0 && <span>{usedBy(source.pipelineCount)}</span>}
          </span>
        }
      />
      {connector ? (
        <DataSourceForm
          key={source.id}
          connector={connector}
          stored={source}
          onSaved={() => {
            toast.success("Changes saved");
            void navigate({ to: "/data-sources/$sourceId", params });
          }}
          cancel={
            <Link to="/data-sources/$sourceId" params={params} className={buttonClass("quiet")}>
              Cancel
            </Link>
          }
        />
      ) : (
        <Notice tone="warn" title="This version of Millrace does not reach this kind of system">
          The data source can be looked at and deleted, but not changed.
        </Notice>
      )}
    </>
  );
}

const usedBy = (count: number): string =>
  `Used by ${formatCount(count)} ${count === 1 ? "pipeline" : "pipelines"}: a change takes effect with the next run`;
