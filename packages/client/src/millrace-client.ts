import type { AppRouter } from "@millrace/rpc";
import { createTRPCClient, httpBatchLink, httpSubscriptionLink, splitLink, type TRPCClient } from "@trpc/client";
import { EventSource } from "eventsource";

export interface MillraceClientOptions {
  /** Where Millrace answers, for example `http://localhost:5001`. A page that Millrace itself serves passes its own origin. */
  readonly url: string;
  /** An API token (`mr_…`). Without one a browser's session cookie counts. */
  readonly token?: string;
}

/** Every procedure by its name: `client.pipelines.list.query({})`, `client.runs.onProgress.subscribe({ id }, { onData })`. */
export type MillraceClient = TRPCClient<AppRouter>;

/** What the server takes in one request. */
const MAX_BATCH_SIZE = 20;
/** Leaves room below the server's 8 KB for what a proxy adds. */
const MAX_URL_LENGTH = 6_000;

/**
 * A client typed by the server's router alone, for Node and browsers. Calls of one tick travel together. Subscriptions come
 * back after a dropped connection by themselves, with what was missed and nothing twice. Failures are `TRPCClientError`s;
 * `millraceError` reads their code.
 */
export function createMillraceClient({ url, token }: MillraceClientOptions): MillraceClient {
  const endpoint = `${url.replace(/\/+$/, "")}/trpc`;
  const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` };
  return createTRPCClient<AppRouter>({
    links: [
      splitLink({
        condition: ({ type }) => type === "subscription",
        true: httpSubscriptionLink({
          url: endpoint,
          // The platforms' own takes no headers, and Node has none.
          EventSource,
          eventSourceOptions: {
            fetch: (input, init) => fetch(input, { ...init, headers: { ...init.headers, ...authorization } }),
          },
        }),
        false: httpBatchLink({
          url: endpoint,
          headers: authorization,
          maxItems: MAX_BATCH_SIZE,
          maxURLLength: MAX_URL_LENGTH,
        }),
      }),
    ],
  });
}
