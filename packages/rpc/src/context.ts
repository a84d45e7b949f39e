import type { EntityManager, SecretBox, Store } from "@millrace/db";
import type { Role, SampleState } from "@millrace/shared";
import type { Accounts } from "./accounts/accounts.ts";
import type { AccessLog } from "./audit/access-log.ts";
import { AuditTrail } from "./audit/audit-trail.ts";
import type { Clock } from "./clock.ts";
import type { AttemptLimiter } from "./limits/attempt-limiter.ts";
import type { ConcurrencyLimiter } from "./limits/concurrency-limiter.ts";
import type { StreamLimiter } from "./limits/stream-limiter.ts";

/** Who asks: a person's session or an API token, in the one organization that it is for. */
export interface Actor {
  readonly userId: string;
  readonly email: string;
  readonly name: string;
  readonly organizationId: string;
  readonly organizationName: string;
  readonly role: Role;
  readonly via: "session" | "token";
  /** The name of the token, where it is one. */
  readonly tokenName?: string;
  /** The id of the session or the token, never its secret. */
  readonly credentialId: string;
}

/** The limits of looking into data sources; see `OpenOptions` of the engine. */
export interface Egress {
  readonly allowPrivateNetworks: boolean;
  /** How long a look into a data source may take, connecting included. A person is waiting for it. */
  readonly timeoutMs: number;
}

/** Makes two databases to look around with, and a pipeline between them. Given by whoever runs a server that can hold them. */
export interface SampleLoader {
  stateFor(organizationId: string): SampleState;
  /**
   * Begins to make it, and to run its pipeline; `stateFor` tells how it goes, since it may take longer than a request should.
   * While it is being made this does nothing; afterwards it keeps what the databases hold. Only for an organization to which
   * it is offered.
   */
  start(platform: Platform, actor: Actor): void;
}

/** What all requests share. Made once by whoever starts the API. */
export interface Platform {
  readonly store: Store;
  readonly accounts: Accounts;
  readonly access: AccessLog;
  readonly secrets: SecretBox;
  readonly clock: Clock;
  readonly egress: Egress;
  /** Connection tests: a burst of them would make the product a port scanner. */
  readonly connectionTests: AttemptLimiter;
  /** Looks into data sources that are under way, by user. */
  readonly looks: ConcurrencyLimiter;
  readonly streams: StreamLimiter;
  /** Null where there is nowhere to make it. */
  readonly sample: SampleLoader | null;
  /** Told each secret in clear text that passes by, so that the log can blot it out wherever it turns up. */
  readonly rememberSecret: (secret: string) => void;
}

/** One request, whichever door it came through. `actor` is null for a caller without a valid session or token. */
export interface Context {
  readonly platform: Platform;
  readonly actor: Actor | null;
  readonly door: "trpc" | "rest" | "sample";
  /** The network address of who asks; left out where nobody came over the network. */
  readonly address?: string | undefined;
}

/** What a service works with: one caller, and an entity manager that is bound to their organization. */
export interface Scope {
  readonly em: EntityManager;
  readonly clock: Clock;
  readonly actor: Actor;
  readonly platform: Platform;
  readonly door: Context["door"];
  readonly address: string | null;
  /** Where a service says what it has changed; what a read procedure records goes nowhere. */
  readonly audit: AuditTrail;
}

/** A fresh scope, with an entity manager that has read nothing yet. */
export const scopeOf = (context: Context, actor: Actor): Scope => ({
  em: context.platform.store.forOrganization(actor.organizationId),
  clock: context.platform.clock,
  actor,
  platform: context.platform,
  door: context.door,
  address: context.address ?? null,
  audit: new AuditTrail(),
});
