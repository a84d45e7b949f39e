import { getRouteApi } from "@tanstack/react-router";
import { Panel } from "../components/ui/panel.tsx";
import { PasswordForm } from "../features/settings/password-form.tsx";
import { SettingsFrame } from "./settings-frame.tsx";

const route = getRouteApi("/shell/settings/password");

export function SettingsPasswordPage() {
  const { me } = route.useRouteContext();
  return (
    <SettingsFrame part="Password">
      <Panel title="Password">
        <PasswordForm email={me.user.email} />
      </Panel>
    </SettingsFrame>
  );
}
