import { getRouteApi } from "@tanstack/react-router";
import { Panel } from "../components/ui/panel.tsx";
import { PasswordForm } from "../features/settings/password-form.tsx";

const route = getRouteApi("/shell/settings/password");

export function SettingsPasswordPage() {
  const { me } = route.useRouteContext();
  return (
    <Panel title="Password">
      <PasswordForm email={me.user.email} />
    </Panel>
  );
}
