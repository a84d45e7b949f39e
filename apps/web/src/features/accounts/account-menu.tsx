import { ChevronsUpDown, Keyboard, LogOut, Monitor, Moon, Sun, UserRound } from "lucide-react";
import { useNavigate } from "@tanstack/react-router";
import { toast } from "sonner";
import { Menu, MenuChoice, MenuItem, MenuSeparator } from "../../components/ui/menu.tsx";
import { toUserMessage } from "../../lib/errors.ts";
import { chooseTheme, type Theme, useTheme } from "../../lib/theme.ts";
import { signOut } from "./session.ts";

const THEMES = [
  { value: "light", label: "Light", icon: Sun },
  { value: "dark", label: "Dark", icon: Moon },
  { value: "system", label: "As the system", icon: Monitor },
] as const satisfies readonly { readonly value: Theme; readonly label: string; readonly icon: typeof Sun }[];

export interface AccountMenuProps {
  readonly name: string;
  readonly email: string;
  readonly organizationName: string;
  readonly role: string;
  readonly onShowShortcuts: () => void;
  /** Called once the session is gone. */
  readonly onSignedOut: () => void;
}

/** Who is signed in and where; the theme; the way out. */
export function AccountMenu({ name, email, organizationName, role, onShowShortcuts, onSignedOut }: AccountMenuProps) {
  const theme = useTheme();
  const navigate = useNavigate();
  const leave = async () => {
    try {
      await signOut();
      onSignedOut();
    } catch (error) {
      const { message, hint } = toUserMessage(error);
      toast.error(message, { description: hint });
    }
  };
  return (
    <Menu
      side="top"
      trigger={
        <button
          type="button"
          className="flex w-full items-center gap-2.5 rounded-md px-2.5 py-2 text-left hover:bg-hover data-popup-open:bg-hover"
        >
          <span
            aria-hidden
            className="grid size-7 shrink-0 place-items-center rounded-full bg-accent-wash text-xs font-semibold text-accent"
          >
            {initialsOf(name || email)}
          </span>
          <span className="min-w-0 flex-1">
            <span className="block truncate text-sm font-medium">{organizationName}</span>
            <span className="block truncate text-xs text-ink-soft">{name || email}</span>
          </span>
          <ChevronsUpDown aria-hidden className="size-4 shrink-0 text-ink-faint" />
        </button>
      }
    >
      <div className="px-2 pt-1.5 pb-1">
        <p className="truncate text-sm font-medium">{email}</p>
        <p className="text-xs text-ink-soft">
          {capitalise(role)} of {organizationName}
        </p>
      </div>
      <MenuSeparator />
      <MenuItem icon={UserRound} onSelect={() => void navigate({ to: "/settings/profile" })}>
        Profile
      </MenuItem>
      <MenuItem icon={Keyboard} onSelect={onShowShortcuts}>
        Keyboard shortcuts
      </MenuItem>
      <MenuSeparator />
      <MenuChoice label="Theme" value={theme} options={THEMES} onChange={chooseTheme} />
      <MenuSeparator />
      <MenuItem icon={LogOut} onSelect={() => void leave()}>
        Sign out
      </MenuItem>
    </Menu>
  );
}

const initialsOf = (name: string): string =>
  name
    .split(/[\s@._-]+/)
    .slice(0, 2)
    .map((part) => part.charAt(0).toUpperCase())
    .join("");

const capitalise = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);
