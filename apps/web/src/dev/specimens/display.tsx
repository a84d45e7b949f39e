import { Check, Database, LoaderCircle, Pause, TriangleAlert, X } from "lucide-react";
import { Badge } from "../../components/ui/badge.tsx";
import { Button } from "../../components/ui/button.tsx";
import { CodeBlock } from "../../components/ui/code-block.tsx";
import { EmptyState } from "../../components/ui/empty-state.tsx";
import { Fact, Facts, Figure } from "../../components/ui/facts.tsx";
import { ListError, ListSkeleton, LoadMore } from "../../components/ui/list-states.tsx";
import { Notice } from "../../components/ui/notice.tsx";
import { Panel } from "../../components/ui/panel.tsx";
import { ProgressBar } from "../../components/ui/progress-bar.tsx";
import { Skeleton } from "../../components/ui/skeleton.tsx";
import { Status } from "../../components/ui/status.tsx";
import { SystemIcon } from "../../components/ui/system-icon.tsx";
import { Time } from "../../components/ui/time.tsx";
import type { Specimens } from "../specimen.ts";

const CONNECTION_TYPES = ["postgresql", "mysql", "sqlite", "duckdb", "files"] as const;

/** What is read. */
export const display: Specimens = {
  badge: () => (
    <>
      <Badge>viewer</Badge>
      <Badge tone="accent">batch</Badge>
      <Badge tone="good" icon={Check}>
        verified
      </Badge>
      <Badge tone="warn" icon={TriangleAlert}>
        Warning
      </Badge>
      <Badge tone="bad">Required</Badge>
    </>
  ),
  "code-block": () => (
    <div className="w-full">
      <CodeBlock
        label="SQL for the source"
        code={"create role reader login;\ngrant select on all tables in schema public to reader;"}
      />
    </div>
  ),
  "empty-state": () => (
    <div className="w-full">
      <EmptyState icon={Database} title="No data sources yet" action={<Button>Connect a database</Button>}>
        A data source is a connection to a database.
      </EmptyState>
    </div>
  ),
  facts: () => (
    <div className="flex w-full flex-col gap-6">
      <Facts layout="grid">
        <Figure name="Rows" note="of 1,000,000">
          250,000
        </Figure>
        <Figure name="Elapsed">3 min 04 s</Figure>
      </Facts>
      <Facts layout="rows">
        <Fact name="Source">shop</Fact>
        <Fact name="Table" isMono>
          public.orders
        </Fact>
      </Facts>
    </div>
  ),
  "list-states": () => (
    <div className="w-full">
      <ListSkeleton />
      <ListError error={new TypeError("Failed to fetch")} onRetry={() => undefined} />
      <LoadMore hasMore isLoading={false} onLoad={() => undefined} />
    </div>
  ),
  notice: () => (
    <div className="flex w-full flex-col gap-2">
      {(["neutral", "accent", "good", "warn", "bad"] as const).map((tone) => (
        <Notice key={tone} tone={tone} title={`A notice that is ${tone}`} action={<Button size="small">Act</Button>}>
          One more sentence.
        </Notice>
      ))}
    </div>
  ),
  panel: () => (
    <Panel title="Runs" description="The last ten" className="w-full" actions={<Button size="small">All runs</Button>}>
      Content
    </Panel>
  ),
  "progress-bar": () => (
    <div className="flex w-full flex-col gap-3">
      <ProgressBar label="Rows copied" share={0.4} text="40 %" />
      <ProgressBar label="Rows verified" share={1} text="done" tone="good" />
      <ProgressBar label="Rows refused" share={0.2} text="20 %" tone="bad" />
      <ProgressBar label="Rows counted" share={null} text="going on" />
    </div>
  ),
  skeleton: () => <Skeleton className="h-5 w-48" />,
  status: () => (
    <>
      <Status tone="neutral" icon={Pause} word="Inactive" />
      <Status tone="accent" icon={LoaderCircle} word="Running" isSpinning />
      <Status tone="good" icon={Check} word="Success" isPill />
      <Status tone="warn" icon={TriangleAlert} word="Warning" isPill />
      <Status tone="bad" icon={X} word="Failed" isPill />
    </>
  ),
  "system-icon": () => (
    <>
      {CONNECTION_TYPES.map((type) => (
        <SystemIcon key={type} type={type} />
      ))}
    </>
  ),
  time: () => (
    <>
      <Time at="2026-01-05T09:30:00Z" />
      <Time at="2999-01-05T09:30:00Z" tense="future" />
    </>
  ),
};
