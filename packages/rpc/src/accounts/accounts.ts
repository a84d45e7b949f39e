import type {
  ChangePasswordInput,
  CreatedToken,
  CreateTokenInput,
  SetUpInput,
  SignInInput,
  Token,
  User,
} from "@millrace/shared";
import type { Actor } from "../context.ts";

/** What a request brought to say who it is from. */
export interface Credentials {
  readonly cookie: string | undefined;
  readonly token: string | undefined;
}

export interface Authenticated {
  readonly actor: Actor;
  /** `Set-Cookie` values that prolong the session in the browser; they belong into the answer. */
  readonly setCookies: string[];
}

/** Somebody in one of their organizations, however they come. */
export type Member = Omit<Actor, "via" | "credentialId" | "tokenName">;

export interface SignedIn {
  readonly user: User;
  /** Values of `Set-Cookie`. */
  readonly setCookies: string[];
}

/** The first user and the organization that they own. */
export interface FirstAccount {
  readonly user: User;
  readonly organizationId: string;
}

/** Users, sessions, organizations, members and tokens. Kept by better-auth in schema `auth`; nothing else touches it. */
export interface Accounts {
  /** Null for a session or token that is missing, malformed, expired or revoked, or whose user has left the organization. */
  authenticate(credentials: Credentials): Promise<Authenticated | null>;
  /**
   * A new session. Throws `CREDENTIALS_INVALID` after the same time whether the user exists or not, and `RATE_LIMITED`
   * without looking at the password.
   */
  signIn(input: SignInInput, clientAddress: string): Promise<SignedIn>;
  /** Ends the session at once, its live streams included. Resolves to the `Set-Cookie` values that clear it. */
  signOut(cookie: string | undefined): Promise<string[]>;
  /** Whose account has the address, as a sign-in would take them; null where nobody's has. */
  findMember(email: string): Promise<Member | null>;
  isSetUpNeeded(): Promise<boolean>;
  /** The token of a new set-up link, valid for an hour and for one use; null when somebody has an account. */
  issueSetUpToken(): Promise<string | null>;
  /** The first account, owner of a new organization. Of two at once one wins; the rest get `SETUP_LINK_INVALID`. */
  setUp(input: SetUpInput): Promise<FirstAccount>;
  /** Does nothing when somebody has an account. May run at once in several processes. */
  ensureFirstAccount(account: Omit<SetUpInput, "token">): Promise<void>;
  /** The id of the organization that was there first; made with this name, and with no member yet, when there is none. */
  ensureOrganization(name: string): Promise<string>;
  /** The user's name, everywhere and in every organization. */
  renameUser(userId: string, name: string): Promise<void>;
  /**
   * Ends all sessions of the actor but the one that asks, and resolves to how many those were; API tokens stay. Throws
   * `PASSWORD_WRONG`, and after five wrong ones within a quarter of an hour `RATE_LIMITED` without looking at it.
   */
  changePassword(actor: Actor, input: ChangePasswordInput): Promise<number>;
  renameOrganization(organizationId: string, name: string): Promise<void>;
  listTokens(organizationId: string): Promise<Token[]>;
  createToken(actor: Actor, input: CreateTokenInput): Promise<CreatedToken>;
  revokeToken(id: string): Promise<void>;
  /** Aborts once the session or token behind `actor` ends; looks until `until` aborts. */
  watchCredential(actor: Actor, until: AbortSignal): AbortSignal;
  close(): Promise<void>;
}
