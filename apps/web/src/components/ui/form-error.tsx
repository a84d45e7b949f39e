import { toUserMessage } from "../../lib/errors.ts";
import { Notice } from "./notice.tsx";

/** Why a form was refused as a whole, with what to do and the code; nothing while `error` is nothing. */
export function FormError({ error }: { readonly error: unknown }) {
  if (error === null || error === undefined) return null;
  const { message, hint, code } = toUserMessage(error);
  return (
    <Notice tone="bad" isAlert title={message}>
      <p>{hint}</p>
      <p className="mt-1 font-mono text-xs">{code}</p>
    </Notice>
  );
}
