import { hasRole } from "@millrace/shared";
import { getRouteApi } from "@tanstack/react-router";
import { CopyableId } from "../components/ui/copyable-id.tsx";
import { Fact, Facts } from "../components/ui/facts.tsx";
import { Panel } from "../components/ui/panel.tsx";
import { OrganizationForm } from "../features/settings/organization-form.tsx";
import { useRenewSession } from "./use-renew-session.ts";

const route = getRouteApi("/shell/settings/organization");

export function SettingsOrganizationPage() {
  const { me } = route.useRouteContext();
  const renewSession = useRenewSession();
  return (
    <div className="flex flex-col gap-5">
      <Panel title="Organization">
        <OrganizationForm name={me.organization.name} canRename={hasRole(me.role, "admin")} onSaved={renewSession} />
      </Panel>
      <Panel title="You in it">
        <Facts layout="rows">
          <Fact name="Your role">{me.role}</Fact>
          <Fact name="Organization id">
            <CopyableId id={me.organization.id} label="organization id" isWhole />
          </Fact>
        </Facts>
      </Panel>
    </div>
  );
}
