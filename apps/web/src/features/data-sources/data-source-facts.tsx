import type { ConnectorSummary, DataSourceDetail } from "@millrace/shared";
import type { ReactNode } from "react";
import { CopyableId } from "../../components/ui/copyable-id.tsx";
import { Fact, Facts } from "../../components/ui/facts.tsx";
import { Panel } from "../../components/ui/panel.tsx";
import { Time } from "../../components/ui/time.tsx";

/** Longer option values, such as certificates, are named and not shown. */
const MAX_SHOWN_LENGTH = 80;

export interface DataSourceFactsProps {
  readonly source: DataSourceDetail;
  /** Names the options; nothing for a system that this build does not reach. */
  readonly connector: ConnectorSummary | undefined;
}

/** Where the data source is and how it is signed in to; of a password only whether there is one. */
export function DataSourceFacts({ source, connector }: DataSourceFactsProps) {
  return (
    <Panel title="Connection">
      <Facts layout="rows">
        <Fact name="Host" isMono>
          {source.host ?? <NotSet />}
        </Fact>
        <Fact name="Port" isMono>
          {source.port ?? <NotSet word="Default" />}
        </Fact>
        <Fact name="Database" isMono>
          {source.database ?? <NotSet />}
        </Fact>
        <Fact name="User" isMono>
          {source.username ?? <NotSet />}
        </Fact>
        <Fact name="Password">{source.hasPassword ? "Stored, encrypted" : <NotSet word="None" />}</Fact>
        {Object.entries(source.options).map(([name, value]) => (
          <Fact key={name} name={connector?.form.properties[name]?.title ?? name} isMono>
            {String(value).length > MAX_SHOWN_LENGTH ? "Set" : String(value)}
          </Fact>
        ))}
        <Fact name="Created">
          <Time at={source.createdAt} />
        </Fact>
        <Fact name="Changed">
          <Time at={source.updatedAt} />
        </Fact>
        <Fact name="Id">
          <CopyableId id={source.id} label="Data source id" />
        </Fact>
      </Facts>
    </Panel>
  );
}

function NotSet({ word = "Not set" }: { readonly word?: string }): ReactNode {
  return <span className="font-sans text-sm text-ink-faint">{word}</span>;
}
