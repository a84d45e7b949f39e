import { getRouteApi, Link, useRouter } from "@tanstack/react-router";
import { toast } from "sonner";
import { Breadcrumbs } from "../components/ui/breadcrumbs.tsx";
import { buttonClass } from "../components/ui/button.tsx";
import { ChoiceCards } from "../components/ui/choice-cards.tsx";
import { PageHeader } from "../components/ui/page-header.tsx";
import { DataSourceForm } from "../features/data-sources/data-source-form.tsx";
import { safeReturnTo, withCreatedSource } from "../lib/return-to.ts";
import { trpc } from "../lib/trpc.ts";
import { SYSTEMS } from "../lib/systems.ts";

const route = getRouteApi("/shell/data-sources/new");

/** A new data source. Afterwards it goes on to where the user came from, or to the data source itself. */
export function NewDataSourcePage() {
  const { type, returnTo } = route.useSearch();
  const navigate = route.useNavigate();
  const router = useRouter();
  const [connectors] = trpc.sources.connectors.useSuspenseQuery();
  const connector = connectors.find((candidate) => candidate.type === type) ?? connectors[0];
  if (!connector) return null;
  const goOn = (id: string) => {
    toast.success("Data source created");
    if (returnTo === undefined) void navigate({ to: "/data-sources/$sourceId", params: { sourceId: id } });
    else router.history.push(withCreatedSource(safeReturnTo(returnTo), id));
  };
  return (
    <>
      <Breadcrumbs>
        <Link to="/data-sources">Data sources</Link>
        <span aria-current="page">New</span>
      </Breadcrumbs>
      <PageHeader title="New data source" />
      <DataSourceForm
        key={connector.type}
        connector={connector}
        stored={null}
        onSaved={goOn}
        kinds={
          <ChoiceCards
            label="Kind"
            value={connector.type}
            columns={2}
            options={connectors.map((each) => ({
              value: each.type,
              title: each.title,
              description: "As source and as destination",
              icon: SYSTEMS[each.type].icon,
            }))}
            onChange={(next) => void navigate({ search: (old) => ({ ...old, type: next }), replace: true })}
          />
        }
        cancel={
          <Link to={returnTo === undefined ? "/data-sources" : safeReturnTo(returnTo)} className={buttonClass("quiet")}>
            Cancel
          </Link>
        }
      />
    </>
  );
}
