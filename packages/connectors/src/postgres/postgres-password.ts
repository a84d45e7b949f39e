import type { Side } from "@millrace/engine";
import { AppError } from "@millrace/shared";
import type pg from "pg";

/** Fewer rounds make a proof cheap to guess the password from: PostgreSQL's own default is the least that is accepted. */
const MIN_SCRAM_ITERATIONS = 4_096;

/** More rounds would let a hostile server keep this process busy. */
export const MAX_SCRAM_ITERATIONS = 1_000_000;

export interface PasswordGuard {
  /** What the driver asks for the password. */
  readonly read: () => string;
  /** Listens to what the server asks for. To be called before the client connects. */
  watch(client: pg.Client): void;
}

/**
 * Hands the password out to proofs that do not reveal it. A server that asks for the password itself gets it only over a
 * connection on which it has proved who it is; else connecting fails with `PASSWORD_UNPROTECTED`, and nothing was sent.
 */
export function guardPassword(password: string | undefined, isVerified: boolean, side: Side): PasswordGuard {
  let isAskedInClear = false;
  const refusal = () => new AppError("PASSWORD_UNPROTECTED", { params: { side } });
  return {
    read: () => {
      if (isAskedInClear && !isVerified) throw refusal();
      return password ?? "";
    },
    watch: ({ connection }) => {
      connection.prependListener("authenticationCleartextPassword", () => {
        isAskedInClear = true;
      });
      connection.prependListener("authenticationSASLContinue", ({ data }: { data?: string }) => {
        const iterations = Number(/(?:^|,)i=(\d+)/.exec(data ?? "")?.[1] ?? 0);
        if (isVerified || iterations >= MIN_SCRAM_ITERATIONS) return;
        connection.stream.destroy(refusal());
      });
    },
  };
}
