import { Link } from "@tanstack/react-router";
import { Check } from "lucide-react";
import { useState } from "react";
import { Breadcrumbs } from "../../components/ui/breadcrumbs.tsx";
import { Button } from "../../components/ui/button.tsx";
import { PageHeader } from "../../components/ui/page-header.tsx";
import { SegmentedFilter } from "../../components/ui/segmented-filter.tsx";
import { type SortDirection, SortableHeader } from "../../components/ui/sortable-header.tsx";
import { Status } from "../../components/ui/status.tsx";
import { Stepper } from "../../components/ui/stepper.tsx";
import { Cell, HeaderCell, Row, Table } from "../../components/ui/table.tsx";
import { TabLink, Tabs } from "../../components/ui/tabs.tsx";
import type { Specimens } from "../specimen.ts";

/** What orders a page and leads through it. */
export const structure: Specimens = {
  breadcrumbs: () => (
    <Breadcrumbs>
      <Link to="/pipelines">Pipelines</Link>
      <span aria-current="page">orders</span>
    </Breadcrumbs>
  ),
  "segmented-filter": SegmentedFilterSpecimen,
  "sortable-header": SortableHeaderSpecimen,
  stepper: () => (
    <Stepper
      label="Steps"
      steps={[
        { id: "source", label: "Source", state: "done" },
        { id: "table", label: "Table", state: "current" },
        { id: "destination", label: "Destination", state: "open" },
        { id: "review", label: "Review", state: "locked" },
      ]}
      renderLink={(step, props) => <Link to="." hash={step.id} {...props} />}
    />
  ),
  table: () => (
    <div className="w-full">
      <Table
        caption="Pipelines"
        head={
          <>
            <HeaderCell>Name</HeaderCell>
            <HeaderCell>Rows</HeaderCell>
            <HeaderCell isHidden>Actions</HeaderCell>
          </>
        }
      >
        {["orders", "customers"].map((name) => (
          <Row key={name}>
            <Cell isTitle>{name}</Cell>
            <Cell label="Rows">12,000</Cell>
            <Cell>
              <Button size="small">Run now</Button>
            </Cell>
          </Row>
        ))}
      </Table>
    </div>
  ),
  tabs: () => (
    <div className="w-full">
      <Tabs label="Parts">
        <TabLink to=".">Components</TabLink>
        <TabLink to="/pipelines">Pipelines</TabLink>
      </Tabs>
    </div>
  ),
  "page-header": () => (
    <div className="w-full">
      <PageHeader
        title="Components"
        description="The heading of a page, with its state and its actions."
        status={<Status tone="good" icon={Check} word="Active" isPill />}
        actions={<Button>Act</Button>}
      />
    </div>
  ),
};

function SegmentedFilterSpecimen() {
  const [state, setState] = useState<"all" | "failed">("all");
  return (
    <SegmentedFilter
      label="State"
      value={state}
      onChange={setState}
      options={[
        { value: "all", label: "All", count: 12_400 },
        { value: "failed", label: "Failed", count: 3 },
      ]}
    />
  );
}

function SortableHeaderSpecimen() {
  const [direction, setDirection] = useState<SortDirection | null>("ascending");
  return (
    <table>
      <thead>
        <tr>
          <SortableHeader direction={direction} onSort={setDirection}>
            Name
          </SortableHeader>
          <SortableHeader direction={null} firstDirection="descending" onSort={() => setDirection(null)}>
            Last run
          </SortableHeader>
        </tr>
      </thead>
      <tbody>
        <tr>
          <td className="px-3">orders</td>
          <td className="px-3">2 h ago</td>
        </tr>
      </tbody>
    </table>
  );
}
