import type { ReactNode } from "react";
import { PageHeader } from "../components/ui/page-header.tsx";
import { TabLink, Tabs } from "../components/ui/tabs.tsx";

export interface SettingsFrameProps {
  /** The part that shows, for the browser's tab. */
  readonly part: string;
  readonly children: ReactNode;
}

/** What all parts of the settings share. */
export function SettingsFrame({ part, children }: SettingsFrameProps) {
  return (
    <>
      <PageHeader title="Settings" documentTitle={`${part} · Settings`} />
      <Tabs label="Settings">
        <TabLink to="/settings/profile">Profile</TabLink>
        <TabLink to="/settings/password">Password</TabLink>
        <TabLink to="/settings/organization">Organization</TabLink>
        <TabLink to="/settings/tokens">API tokens</TabLink>
      </Tabs>
      {children}
    </>
  );
}
