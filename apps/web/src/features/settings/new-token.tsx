import type { CreatedToken } from "@millrace/shared";
import { CodeBlock } from "../../components/ui/code-block.tsx";
import { Notice } from "../../components/ui/notice.tsx";

/** The secret of a token that was just made, and how to use it. */
export function NewToken({ created }: { readonly created: CreatedToken }) {
  return (
    <div className="flex flex-col gap-3">
      <Notice tone="warn" title="Copy it now: it is not shown again">
        Millrace keeps only a hash of it. Who has it acts as {created.token.role} in your organization.
      </Notice>
      <CodeBlock label={`Token ${created.token.name}`} code={created.secret} isWrapped />
      <CodeBlock
        label="Try it"
        code={`curl -H "Authorization: Bearer ${created.secret}" ${location.origin}/api/pipelines`}
        isWrapped
      />
    </div>
  );
}
