import type { Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import type { PostgresSession } from "./postgres-session.ts";

/** What the server says, over another connection, that the session is doing. */
export type PeerState =
  /** It works, or waits for a lock or a disk: however long that takes. */
  | "working"
  /** It has nothing to do, or waits for bytes from here. */
  | "waits-for-us"
  /** It waits for its bytes to be taken. */
  | "waits-for-reader"
  /** There is no such session any more. */
  | "gone"
  /** The server cannot be reached. */
  | "unreachable";

export interface Watched {
  readonly socket: () => Socket;
  /** Whether the next word is the server's. False while a copy feeds it and may itself wait for its source. */
  readonly expectsReply: () => boolean;
  readonly ask: () => Promise<PeerState>;
  /** Called at most once: nothing more will come over the connection. */
  readonly onLost: () => void;
}

/**
 * faults.md 6: a peer that fell silent without a word must be noticed within 30 s. Three looks in a row without a byte, a
 * question that takes up to 5 s, one more look and the same question again make 20 s and a little.
 */
const LOOK_MS = 2_500;
const SILENT_LOOKS = 3;

/**
 * Watches a statement until the signal aborts. TCP's keepalive notices a dead machine, but neither a proxy or firewall that
 * keeps the connection and forgets its bytes, nor bytes that nobody acknowledges. So a connection on which nothing moves is
 * compared with what the server says of it; a session that works in silence is left alone.
 */
export async function watchPeer(watched: Watched, signal: AbortSignal, lookMs = LOOK_MS): Promise<void> {
  let movedBytes = bytesOf(watched.socket());
  let silentLooks = 0;
  let isSuspicious = false;
  for (;;) {
    await delay(lookMs, undefined, { signal, ref: false }).catch(() => {});
    if (signal.aborted) return;
    const socket = watched.socket();
    const bytes = bytesOf(socket);
    if (bytes !== movedBytes || isOurTurn(socket)) {
      movedBytes = bytes;
      silentLooks = 0;
      isSuspicious = false;
      continue;
    }
    if (++silentLooks < SILENT_LOOKS && !isSuspicious) continue;
    silentLooks = 0;
    const state = await watched.ask();
    // It may have spoken while it was asked about.
    if (signal.aborted || bytesOf(socket) !== bytes) continue;
    const isOdd = !fits(state, watched, socket);
    if (state === "gone" || (isOdd && isSuspicious)) {
      watched.onLost();
      return;
    }
    isSuspicious = isOdd;
  }
}

const bytesOf = (socket: Socket): number => socket.bytesRead + socket.bytesWritten;

/** Bytes that have arrived and wait for a slower other end are no silence. */
const isOurTurn = (socket: Socket): boolean => socket.isPaused() || socket.readableLength > 0;

function fits(state: PeerState, { expectsReply }: Watched, socket: Socket): boolean {
  switch (state) {
    case "working":
      return true;
    case "waits-for-us":
      return !expectsReply() && socket.writableLength === 0;
    case "waits-for-reader":
    case "gone":
    case "unreachable":
      return false;
  }
}

/** A server that keeps no such records is taken to work. */
const ACTIVITY = `
  select case when state is null or state in ('disabled', 'fastpath function call') then 'working'
              when state <> 'active' or wait_event = 'ClientRead' then 'waits-for-us'
              when wait_event = 'ClientWrite' then 'waits-for-reader'
              else 'working' end as state
    from pg_catalog.pg_stat_activity where pid = $1`;

/** What the session with the process id does, asked over another one. */
export async function peerState(other: Pick<PostgresSession, "query">, pid: number): Promise<PeerState> {
  const [row] = await other.query<{ state: PeerState }>(ACTIVITY, [pid]);
  return row?.state ?? "gone";
}

/** A user may not know the application of another user's session. */
const HOLDERS = `
  select a.pid, a.usename::text as "user", nullif(a.application_name, '') as application
    from unnest(pg_catalog.pg_blocking_pids($1)) blocking(pid) join pg_catalog.pg_stat_activity a using (pid) limit 1`;

/** Who holds a lock that the session with the process id waits for, in words that begin a sentence; null: it waits for none. */
export async function lockHolder(other: Pick<PostgresSession, "query">, pid: number): Promise<string | null> {
  const [holder] = await other.query<{ pid: number; user: string | null; application: string | null }>(HOLDERS, [pid]);
  if (!holder) return null;
  const of = [holder.user === null ? [] : `user ${holder.user}`, holder.application ?? []].flat().join(", ");
  return `The session ${holder.pid}${of === "" ? "" : ` (${of})`}`;
}
