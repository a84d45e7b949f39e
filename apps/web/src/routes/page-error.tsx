import { Link, useRouter, type ErrorComponentProps } from "@tanstack/react-router";
import { Button, buttonClass } from "../components/ui/button.tsx";
import { Notice } from "../components/ui/notice.tsx";
import { PageHeader } from "../components/ui/page-header.tsx";
import { toUserMessage } from "../lib/errors.ts";

/** The same where there is no shell around it. */
export function EntranceError(props: ErrorComponentProps) {
  return (
    <main className="mx-auto max-w-2xl px-4 py-16">
      <PageError {...props} />
    </main>
  );
}

/** What stands in place of a page that could not be loaded or drawn; the rest of the app goes on. */
export function PageError({ error, reset }: ErrorComponentProps) {
  const router = useRouter();
  const { message, hint, code } = toUserMessage(error);
  const isMissing = code.endsWith("_NOT_FOUND");
  const tryAgain = () => {
    reset();
    void router.invalidate();
  };
  return (
    <>
      <PageHeader title={isMissing ? "There is nothing here" : "This did not work"} documentTitle="Error" />
      <Notice
        tone={isMissing ? "neutral" : "bad"}
        isAlert
        title={message}
        action={
          <div className="flex flex-wrap items-center gap-2">
            {!isMissing && <Button onClick={tryAgain}>Try again</Button>}
            <Link to="/pipelines" className={buttonClass(isMissing ? "secondary" : "quiet")}>
              Go to the pipelines
            </Link>
          </div>
        }
      >
        <p>{hint}</p>
        <p className="mt-1 font-mono text-xs">{code}</p>
      </Notice>
    </>
  );
}
