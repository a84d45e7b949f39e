import { apiKey } from "@better-auth/api-key";
import { newId } from "@millrace/shared";
import { betterAuth, type BetterAuthPlugin } from "better-auth";
import { organization } from "better-auth/plugins";
import { defaultRoles } from "better-auth/plugins/organization/access";
import { hkdfSync } from "node:crypto";
import type { Pool } from "pg";
import { hashPassword, verifyPassword } from "./password-hash.ts";

/** A session ends after this time without a request. */
const IDLE_SECONDS = 12 * 3600;
/** How often a used session is prolonged in the database. */
const PROLONG_SECONDS = 300;

export interface AuthOptions {
  /** Its search path is `auth`. */
  readonly pool: Pool;
  readonly secretKey: string;
  /** The address that browsers use; null when it is not known, which then is taken for plain http. */
  readonly publicUrl: string | null;
}

/**
 * better-auth as this product uses it: as a library behind `Accounts`. None of its own HTTP routes are served, so what is
 * not called there cannot be reached; signing up is closed besides.
 */
export function createAuth({ pool, secretKey, publicUrl }: AuthOptions) {
  const isHttps = publicUrl?.startsWith("https://") ?? false;
  return betterAuth({
    appName: "Millrace",
    database: pool,
    baseURL: publicUrl ?? "http://localhost",
    // The stored passwords' key must not sign cookies as well.
    secret: Buffer.from(hkdfSync("sha256", secretKey, "", "millrace sessions v1", 32)).toString("base64url"),
    telemetry: { enabled: false },
    logger: { disabled: true },
    emailAndPassword: {
      enabled: true,
      disableSignUp: true,
      minPasswordLength: 8,
      maxPasswordLength: 128,
      password: { hash: hashPassword, verify: verifyPassword },
    },
    session: { expiresIn: IDLE_SECONDS, updateAge: PROLONG_SECONDS, cookieCache: { enabled: false } },
    advanced: {
      cookiePrefix: "millrace",
      database: { generateId: () => newId() },
      // `__Host-` ties the cookie to this very host, and browsers take it over https only (RFC 6265bis, 4.1.3.2).
      useSecureCookies: false,
      cookies: {
        session_token: {
          name: isHttps ? "__Host-millrace_session" : "millrace_session",
          attributes: { httpOnly: true, sameSite: "lax", path: "/", secure: isHttps },
        },
      },
    },
    plugins: [
      organization({
        creatorRole: "owner",
        // What a role allows is the router's to say; better-auth only keeps the word.
        roles: {
          owner: defaultRoles.owner,
          admin: defaultRoles.admin,
          editor: defaultRoles.member,
          operator: defaultRoles.member,
          viewer: defaultRoles.member,
        },
      }),
      apiTokens(),
    ],
  });
}
/** The plugin's declarations are made against another minor of better-auth's and clash with exact optional properties. */
const apiTokens = () =>
  apiKey({
    defaultPrefix: TOKEN_PREFIX,
    enableMetadata: true,
    maximumNameLength: 100,
    keyExpiration: { maxExpiresIn: 3650, minExpiresIn: 1 },
    // Its default of ten requests a day is no use to scripts; the API has limits of its own.
    rateLimit: { enabled: false },
    startingCharactersConfig: { shouldStore: true, charactersLength: TOKEN_PREFIX.length + 5 },
  }) as unknown as BetterAuthPlugin;

/** The slice of the plugin that is used. */
interface TokenApi {
  createApiKey(call: {
    body: { name: string; userId: string; metadata: Record<string, string>; expiresIn?: number };
  }): Promise<{
    id: string;
    key: string;
    name: string | null;
    start: string | null;
    createdAt: Date;
    expiresAt: Date | null;
  }>;
}

export const tokenApi = (auth: Auth): TokenApi => auth.api as unknown as TokenApi;

export type Auth = ReturnType<typeof createAuth>;

/** What every API token starts with, so that secret scanners know one. */
export const TOKEN_PREFIX = "mr_";
