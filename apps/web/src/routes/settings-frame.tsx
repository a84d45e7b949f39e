import { Outlet, useLocation } from "@tanstack/react-router";
import { PageHeader } from "../components/ui/page-header.tsx";
import { TabLink, Tabs } from "../components/ui/tabs.tsx";

const PARTS = [
  { to: "/settings/profile", name: "Profile" },
  { to: "/settings/password", name: "Password" },
  { to: "/settings/organization", name: "Organization" },
  { to: "/settings/tokens", name: "API tokens" },
] as const;

/** What all parts of the settings share, which stays while another part is loaded. */
export function SettingsFrame() {
  const { pathname } = useLocation();
  const part = PARTS.find(({ to }) => pathname.startsWith(to));
  return (
    <>
      <PageHeader title="Settings" documentTitle={part ? `${part.name} · Settings` : "Settings"} />
      <Tabs label="Settings">
        {PARTS.map(({ to, name }) => (
          <TabLink key={to} to={to}>
            {name}
          </TabLink>
        ))}
      </Tabs>
      <Outlet />
    </>
  );
}
