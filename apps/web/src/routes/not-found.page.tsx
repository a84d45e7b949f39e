import { Link } from "@tanstack/react-router";
import { Compass } from "lucide-react";
import { buttonClass } from "../components/ui/button.tsx";
import { PageHeader } from "../components/ui/page-header.tsx";

/** What an address leads to that means nothing. */
export function NotFoundPage() {
  return (
    <>
      <PageHeader title="There is nothing here" documentTitle="Not found" />
      <p className="flex items-center gap-2 text-sm text-ink-soft">
        <Compass aria-hidden className="size-4" />
        The address may be mistyped, or what it led to was deleted.
      </p>
      <Link to="/pipelines" className={`${buttonClass("secondary")} mt-4`}>
        Go to the pipelines
      </Link>
    </>
  );
}
