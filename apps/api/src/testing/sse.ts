/** One event of a stream as it travels. */
export interface SseEvent {
  readonly event: string;
  readonly id: string | undefined;
  readonly data: string;
}

/** Reads a server-sent stream over HTTP until it ends or the reader has seen enough, which closes the connection. */
export async function* sseEvents(url: string, headers: Record<string, string>): AsyncGenerator<SseEvent> {
  const abort = new AbortController();
  try {
    const response = await fetch(url, { headers: { accept: "text/event-stream", ...headers }, signal: abort.signal });
    if (!response.ok || !response.body)
      throw new TypeError(`the stream answered ${response.status}: ${await response.text()}`);
    let text = "";
    for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
      text += chunk;
      for (let end = text.indexOf("\n\n"); end >= 0; end = text.indexOf("\n\n")) {
        yield parse(text.slice(0, end));
        text = text.slice(end + 2);
      }
    }
  } finally {
    abort.abort();
  }
}

function parse(block: string): SseEvent {
  const fields = new Map(
    block.split("\n").map((line) => [line.split(":", 1)[0], line.slice(line.indexOf(":") + 1).trimStart()]),
  );
  return { event: fields.get("event") ?? "message", id: fields.get("id"), data: fields.get("data") ?? "" };
}
