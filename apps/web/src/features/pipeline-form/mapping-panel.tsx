import type { Mapping, PipelinePlan } from "@millrace/shared";
import { Plus } from "lucide-react";
import { Button } from "../../components/ui/button.tsx";
import { ListError, ListSkeleton } from "../../components/ui/list-states.tsx";
import { Panel } from "../../components/ui/panel.tsx";
import { Switch } from "../../components/ui/switch.tsx";
import { HeaderCell, Table } from "../../components/ui/table.tsx";
import { TextArea } from "../../components/ui/text-area.tsx";
import { trpc } from "../../lib/trpc.ts";
import { linesOf, type MappingLine, withConstant } from "./mapping-edit.ts";
import { MappingRow } from "./mapping-row.tsx";
import { mappingWords } from "./mapping-words.ts";
import { RowFilterEditor } from "./row-filter-editor.tsx";

export interface MappingPanelProps {
  readonly sourceId: string;
  readonly table: string;
  readonly mapping: Mapping;
  readonly onChange: (mapping: Mapping) => void;
  /** What a run would make of it; its refusals are shown with the column that they speak of. */
  readonly plan: PipelinePlan | undefined;
  /** Whether custom SQL may be written here. */
  readonly canQuery: boolean;
}

/** Which columns and rows arrive, and as what. */
export function MappingPanel({ sourceId, table, mapping, onChange, plan, canQuery }: MappingPanelProps) {
  const isOfQuery = mapping.query !== null;
  const listed = trpc.sources.columns.useQuery(
    { id: sourceId, table },
    { enabled: !isOfQuery, trpc: { context: { isAlone: true }, abortOnUnmount: true } },
  );
  const columns = isOfQuery ? columnsOfPlan(mapping, plan) : (listed.data ?? []);
  const lines = linesOf(
    mapping,
    columns.map(({ name }) => name),
  );
  const types = new Map(columns.map(({ name, type }) => [name, type]));
  return (
    <Panel title="Columns and rows" description={mappingWords(mapping)} isFlush>
      {(canQuery || isOfQuery) && (
        <QueryEditor mapping={mapping} table={table} onChange={onChange} isReadOnly={!canQuery} />
      )}
      {!isOfQuery && listed.isPending ? (
        <ListSkeleton />
      ) : !isOfQuery && listed.isError ? (
        <ListError error={listed.error} onRetry={() => void listed.refetch()} />
      ) : (
        <>
          <Table
            caption="Mapping of the columns"
            head={
              <>
                <HeaderCell>Column of the source</HeaderCell>
                <HeaderCell>Name at the destination</HeaderCell>
                <HeaderCell>What becomes of its values</HeaderCell>
                <HeaderCell isHidden>Options</HeaderCell>
              </>
            }
          >
            {lines.map((line, position) => (
              <MappingRow
                key={`${line.source ?? ""} ${line.index ?? position}`}
                line={line}
                type={line.source === null ? null : (types.get(line.source) ?? null)}
                refusal={refusalOf(line, plan)}
                mapping={mapping}
                onChange={onChange}
              />
            ))}
          </Table>
          <div className="flex flex-wrap items-center gap-3 border-t border-line px-4 py-3">
            <Button size="small" icon={Plus} onClick={() => onChange(withConstant(mapping))}>
              Add a constant column
            </Button>
            <Switch
              label="Columns that the source gets later arrive as well"
              isOn={mapping.rest === "keep"}
              onChange={(isKept) => onChange(isKept ? withRest(mapping, columns) : withoutRest(mapping, lines))}
            />
          </div>
          <RowFilterEditor
            filter={mapping.filter}
            columns={columns}
            onChange={(filter) => onChange({ ...mapping, filter })}
          />
        </>
      )}
    </Panel>
  );
}

/** What stays in sight stays as it is: only what comes later is decided otherwise. */
const withoutRest = (mapping: Mapping, lines: readonly MappingLine[]): Mapping => ({
  ...mapping,
  rest: "drop",
  exclude: [],
  columns: lines
    .filter(({ isIncluded }) => isIncluded)
    .map(({ source, name, transform }) => ({ source, name, transform })),
});

const withRest = (mapping: Mapping, columns: readonly { readonly name: string }[]): Mapping => ({
  ...mapping,
  rest: "keep",
  exclude: columns.map(({ name }) => name).filter((name) => !mapping.columns.some(({ source }) => source === name)),
  columns: mapping.columns.filter(({ source, name, transform }) => source !== name || transform.kind !== "keep"),
});

/** Only the plan knows which columns a query has; those that are left out are in the mapping. */
function columnsOfPlan({ exclude }: Mapping, plan: PipelinePlan | undefined): { name: string; type: string }[] {
  const types = new Map(exclude.map((name) => [name, ""]));
  for (const { source, sourceType } of plan?.columns ?? []) {
    if (source !== null && sourceType !== null) types.set(source, sourceType);
  }
  return [...types].map(([name, type]) => ({ name, type }));
}

const refusalOf = ({ source, name, isIncluded }: MappingLine, plan: PipelinePlan | undefined): string | null =>
  (isIncluded && plan?.columns.find((column) => column.source === source && column.name === name)?.refusal?.message) ||
  null;

interface QueryEditorProps extends Pick<MappingPanelProps, "mapping" | "table" | "onChange"> {
  readonly isReadOnly: boolean;
}

function QueryEditor({ mapping, table, onChange, isReadOnly }: QueryEditorProps) {
  const { query } = mapping;
  return (
    <div className="flex flex-col gap-3 border-b border-line p-4">
      <Switch
        label="Read custom SQL in place of the table"
        isOn={query !== null}
        isDisabled={isReadOnly}
        onChange={(isOn) =>
          onChange({ ...mapping, query: isOn ? { sql: `select *\nfrom ${table}`, minutes: 60 } : null })
        }
      />
      {query !== null && (
        <TextArea
          label="SQL"
          description={
            isReadOnly
              ? "Only an admin can change it."
              : `One SELECT statement whose columns have names of their own. It runs in a transaction that cannot write, for at most ${query.minutes} minutes.`
          }
          isMono
          rows={6}
          spellCheck={false}
          readOnly={isReadOnly}
          value={query.sql}
          onChange={(event) => onChange({ ...mapping, query: { ...query, sql: event.target.value } })}
        />
      )}
    </div>
  );
}
