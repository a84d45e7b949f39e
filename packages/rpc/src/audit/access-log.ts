import type { Store } from "@millrace/db";
import { type AppError, type ErrorCode, type SignInInput, toAppError } from "@millrace/shared";
import type { Accounts, Member, SignedIn } from "../accounts/accounts.ts";
import type { Clock } from "../clock.ts";
import type { Actor } from "../context.ts";
import { AttemptLimiter } from "../limits/attempt-limiter.ts";
import type { AuditRecord } from "./audit-trail.ts";
import { type Author, writeAuditEvents } from "./audited.ts";

export interface AccessLogOptions {
  readonly store: Store;
  readonly accounts: Accounts;
  readonly clock: Clock;
}

/** Whoever wants to fill the log gets so far: what is refused beyond that says nothing new. */
const WINDOW_MS = 15 * 60_000;
const REFUSED_SIGN_INS = 10;

/** What says that somebody may not do what they asked for. */
const DENIALS: ReadonlySet<ErrorCode> = new Set(["FORBIDDEN", "SESSION_REQUIRED"]);

/**
 * Who came in and went, and who was refused, among the events of the organization. Of an account at most ten refused sign-ins
 * are kept in a quarter of an hour, from wherever they come, and of a session or token one refusal of each procedure. Attempts
 * at an account that does not exist belong to no organization, and those that `RATE_LIMITED` turns away were not looked at.
 */
export class AccessLog {
  readonly #store: Store;
  readonly #accounts: Accounts;
  readonly #refused: AttemptLimiter;
  readonly #denied: AttemptLimiter;
  readonly #writing = new Set<Promise<void>>();

  constructor({ store, accounts, clock }: AccessLogOptions) {
    this.#store = store;
    this.#accounts = accounts;
    this.#refused = new AttemptLimiter({ attempts: REFUSED_SIGN_INS, windowMs: WINDOW_MS, clock });
    this.#denied = new AttemptLimiter({ attempts: 1, windowMs: WINDOW_MS, clock });
  }

  /** Signs in as `Accounts.signIn` does, and writes it down before anybody has the session. */
  async signIn(input: SignInInput, address: string): Promise<SignedIn> {
    const signedIn = await this.#accounts.signIn(input, address).catch((error: unknown) => {
      // Nobody waits for it: a refusal must take the same time whether there is such an account or not.
      if (toAppError(error).code === "CREDENTIALS_INVALID") this.#behind(this.#signInRefused(input.email, address));
      throw error;
    });
    const cookie = signedIn.setCookies.map((line) => line.split(";", 1)[0]).join("; ");
    const authenticated = await this.#accounts.authenticate({ cookie, token: undefined });
    if (authenticated) await this.#passed("accounts.signIn", authenticated.actor, address);
    return signedIn;
  }

  /** Signs out as `Accounts.signOut` does; without a session there is nothing to write down. */
  async signOut(cookie: string | undefined, address: string): Promise<string[]> {
    const authenticated = await this.#accounts.authenticate({ cookie, token: undefined });
    const setCookies = await this.#accounts.signOut(cookie);
    if (authenticated) await this.#passed("accounts.signOut", authenticated.actor, address);
    return setCookies;
  }

  /** Writes down that the procedure was refused, if that is what the error says. */
  async denied(actor: Actor, procedure: string, error: AppError, address: string | null): Promise<void> {
    if (!DENIALS.has(error.code) || !this.#denied.mayTake(`${actor.credentialId} ${procedure}`)) return;
    const subject = { subjectType: "procedure", subjectId: null, subjectName: procedure };
    await this.#write({ ...actor, address }, "access.denied", subject);
  }

  /** Once everything is written down that was under way. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#writing);
  }

  #passed(action: string, actor: Actor, address: string): Promise<void> {
    return this.#write({ ...actor, address }, action, aboutAccount(actor));
  }

  /** Who it was is not known, only whose account it was tried with. */
  async #signInRefused(email: string, address: string): Promise<void> {
    const member = await this.#accounts.findMember(email);
    if (!member || !this.#refused.mayTake(member.userId)) return;
    const nobody = { userId: "", name: "", email: "", credentialId: "", via: "none" } as const;
    const author = { ...nobody, organizationId: member.organizationId, address };
    await this.#write(author, "accounts.signInRefused", aboutAccount(member));
  }

  #write(author: Author, action: string, subject: AuditRecord): Promise<void> {
    return writeAuditEvents(this.#store.forOrganization(author.organizationId), author, action, [subject]);
  }

  #behind(work: Promise<void>): void {
    const settled = work.catch(() => undefined).finally(() => this.#writing.delete(settled));
    this.#writing.add(settled);
  }
}

const aboutAccount = ({ userId, name }: Pick<Member, "userId" | "name">): AuditRecord => ({
  subjectType: "account",
  subjectId: userId,
  subjectName: name,
});
