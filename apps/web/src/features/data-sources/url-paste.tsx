import { type ParsedUrl, splitUrlPassword } from "@millrace/shared";
import { Link2 } from "lucide-react";
import { useState } from "react";
import { Button } from "../../components/ui/button.tsx";
import { TextField } from "../../components/ui/text-field.tsx";
import { toUserMessage } from "../../lib/errors.ts";
import { trpc } from "../../lib/trpc.ts";

export interface UrlPasteProps {
  /** A URL as people write it. */
  readonly example: string;
  /** Called with what the URL says; its password was never sent anywhere. */
  readonly onParsed: (parsed: ParsedUrl, password: string | null) => void;
}

/** Fills the form from a connection URL, as soon as one is pasted. The password is taken out of it in this browser. */
export function UrlPaste({ example, onParsed }: UrlPasteProps) {
  const [text, setText] = useState("");
  const [done, setDone] = useState("");
  const parse = trpc.sources.parseUrl.useMutation({ gcTime: 0 });
  const read = (pasted: string) => {
    const { url, password } = splitUrlPassword(pasted);
    setDone("");
    if (url.trim() === "") return;
    parse.mutate(
      { url },
      {
        onSuccess: (parsed) => {
          setText("");
          setDone(
            password === null
              ? "The fields below were filled in."
              : "The fields below were filled in, password included.",
          );
          onParsed(parsed, password);
        },
      },
    );
  };
  return (
    <form
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        read(text);
      }}
      className="flex flex-wrap items-start gap-2"
    >
      <div className="min-w-0 flex-1 basis-64">
        <TextField
          label="Connection URL"
          description={done || "Paste one, and the fields below are filled in from it."}
          error={parse.error ? toUserMessage(parse.error).message : undefined}
          placeholder={example}
          value={text}
          autoComplete="off"
          spellCheck={false}
          autoCapitalize="none"
          onChange={(event) => {
            setText(event.target.value);
            parse.reset();
          }}
          onPaste={(event) => {
            const pasted = event.clipboardData.getData("text");
            if (text !== "" || !pasted.includes("://")) return;
            event.preventDefault();
            setText(pasted.trim());
            read(pasted);
          }}
        />
      </div>
      <Button type="submit" icon={Link2} isBusy={parse.isPending} className="!h-9 sm:mt-6">
        Fill in
      </Button>
      <p role="status" className="sr-only">
        {done}
      </p>
    </form>
  );
}
