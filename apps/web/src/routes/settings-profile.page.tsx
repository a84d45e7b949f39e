import { getRouteApi } from "@tanstack/react-router";
import { Panel } from "../components/ui/panel.tsx";
import { ProfileForm } from "../features/settings/profile-form.tsx";
import { useRenewSession } from "./use-renew-session.ts";

const route = getRouteApi("/shell/settings/profile");

export function SettingsProfilePage() {
  const { me } = route.useRouteContext();
  const renewSession = useRenewSession();
  return (
    <Panel title="Profile">
      <ProfileForm name={me.user.name} email={me.user.email} onSaved={renewSession} />
    </Panel>
  );
}
