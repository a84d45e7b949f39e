import { hasRole, type Role } from "@millrace/shared";
import { Link } from "@tanstack/react-router";
import { Plus } from "lucide-react";
import { buttonClass } from "../components/ui/button.tsx";

export interface NewSourceLinkProps {
  readonly role: Role;
  /** The path that a created data source leads back to. */
  readonly returnTo: string;
}

/** To the form for a data source and back; whoever may not make one is told who may. */
export function NewSourceLink({ role, returnTo }: NewSourceLinkProps) {
  if (!hasRole(role, "admin")) {
    return <p className="text-xs text-ink-faint">An admin of the organization can add data sources.</p>;
  }
  return (
    <Link to="/data-sources/new" search={{ returnTo }} className={buttonClass()}>
      <Plus aria-hidden className="size-3.5" />
      New data source
    </Link>
  );
}
