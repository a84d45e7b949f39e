import { isUnauthenticated, toUserMessage } from "./errors.ts";

/**
 *   opening --> live <--> reconnecting
 *   live --(the server has said all)--> ended
 *   any --(what it tells of is gone, or the session is)--> refused
 */
export type StreamState = "opening" | "live" | "reconnecting" | "ended" | "refused";

/** The part of a subscription's observer that is needed; tRPC's `subscribe` takes it as it is. */
export interface StreamObserver<Event> {
  readonly onData: (event: Event) => void;
  readonly onError: (error: unknown) => void;
  readonly onComplete: () => void;
  readonly onConnectionStateChange: (change: { readonly state: string; readonly error: unknown }) => void;
}

export interface KeptStream<Event> {
  /** Opens the stream where the last one broke off, as `subscribe` of a procedure does. */
  readonly open: (observer: StreamObserver<Event>) => { unsubscribe(): void };
  readonly onEvent: (event: Event) => void;
  readonly onState: (state: StreamState) => void;
  /** Called before each further attempt and when the session has ended: whoever keeps the session can look. */
  readonly onTrouble: () => void;
}

const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 15_000;

/**
 * Keeps a stream open until the returned function is called, after which nothing is called back any more. A dropped connection
 * is the browser's to restore; what a browser gives up on, such as a gateway's error page while the server restarts, is opened
 * again after a pause that grows.
 */
export function keepStreamOpen<Event>({ open, onEvent, onState, onTrouble }: KeptStream<Event>): () => void {
  let isLeft = false;
  let failureCount = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let subscription: { unsubscribe(): void } | undefined;

  const retry = (error: unknown) => {
    if (isUnauthenticated(error)) onTrouble();
    if (isFinal(error)) return onState("refused");
    onState("reconnecting");
    const pauseMs = Math.min(FIRST_PAUSE_MS * 2 ** failureCount, LONGEST_PAUSE_MS);
    failureCount += 1;
    timer = setTimeout(() => {
      // An event source does not say why it was refused: this tells an ended session from a server that is away.
      onTrouble();
      start();
    }, pauseMs);
  };
  const start = () => {
    subscription = open({
      onData: (event) => {
        if (isLeft) return;
        failureCount = 0;
        onEvent(event);
      },
      onError: (error) => {
        if (!isLeft) retry(error);
      },
      // tRPC completes a subscription that is given up just as one that has come to its end.
      onComplete: () => {
        if (!isLeft) onState("ended");
      },
      onConnectionStateChange: ({ state, error }) => {
        if (isLeft) return;
        if (state === "pending") onState("live");
        else if (state === "connecting" && error !== null) onState("reconnecting");
      },
    });
  };

  onState("opening");
  start();
  return () => {
    isLeft = true;
    clearTimeout(timer);
    subscription?.unsubscribe();
  };
}

const isFinal = (error: unknown): boolean =>
  toUserMessage(error).code.endsWith("_NOT_FOUND") || isUnauthenticated(error);
