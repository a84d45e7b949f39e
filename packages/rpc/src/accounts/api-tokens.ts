import { defaultKeyHasher } from "@better-auth/api-key";
import { type CreatedToken, type CreateTokenInput, hasRole, Role, type Token } from "@millrace/shared";
import type { Pool } from "pg";
import { z } from "zod";
import type { Actor } from "../context.ts";
import { type Auth, TOKEN_PREFIX, tokenApi } from "./auth.ts";
import { findMember } from "./members.ts";

/** What better-auth keeps beside a token for us. */
const Metadata = z.object({ organizationId: z.string(), role: Role });

/** Longer ones are no token of ours and are not even hashed. */
const MAX_TOKEN_LENGTH = 200;

interface TokenRow {
  readonly id: string;
  readonly name: string | null;
  readonly start: string | null;
  readonly referenceId: string;
  readonly metadata: string | null;
  readonly createdAt: Date;
  readonly expiresAt: Date | null;
}

const COLUMNS = `id, name, start, "referenceId", metadata, "createdAt", "expiresAt"`;
const IS_LIVE = `enabled and ("expiresAt" is null or "expiresAt" > now())`;

/**
 * The actor behind a token, found by its hash alone; the token itself is stored nowhere. It acts with the weaker of its own
 * role and the role that its maker has today, so that nobody keeps through a token what was taken from them.
 */
export async function authenticateToken(pool: Pool, token: string): Promise<Actor | null> {
  if (!token.startsWith(TOKEN_PREFIX) || token.length > MAX_TOKEN_LENGTH) return null;
  const { rows } = await pool.query<TokenRow>(`select ${COLUMNS} from auth.apikey where key = $1 and ${IS_LIVE}`, [
    await defaultKeyHasher(token),
  ]);
  const row = rows[0];
  const metadata = row && readMetadata(row.metadata);
  if (!row || !metadata) return null;
  const member = await findMember(pool, { userId: row.referenceId, organizationId: metadata.organizationId });
  if (!member) return null;
  const role = hasRole(member.role, metadata.role) ? metadata.role : member.role;
  return { ...member, role, via: "token", credentialId: row.id, tokenName: row.name ?? "" };
}

/** Newest first, expired ones left out. */
export async function listTokens(pool: Pool, organizationId: string): Promise<Token[]> {
  const { rows } = await pool.query<TokenRow>(
    `select ${COLUMNS} from auth.apikey where ${IS_LIVE} order by "createdAt" desc, id desc`,
  );
  return rows.flatMap((row) => {
    const metadata = readMetadata(row.metadata);
    return metadata?.organizationId === organizationId ? [presentToken(row, metadata.role)] : [];
  });
}

const presentToken = (row: TokenRow, role: Role): Token => ({
  id: row.id,
  name: row.name ?? "",
  role,
  start: row.start ?? "",
  createdBy: row.referenceId,
  createdAt: row.createdAt.toISOString(),
  expiresAt: row.expiresAt?.toISOString() ?? null,
});

/** The secret is in the answer and nowhere else. */
export async function createToken(auth: Auth, actor: Actor, input: CreateTokenInput): Promise<CreatedToken> {
  const created = await tokenApi(auth).createApiKey({
    body: {
      name: input.name,
      userId: actor.userId,
      metadata: { organizationId: actor.organizationId, role: input.role },
      ...(input.expiresInDays === null ? {} : { expiresIn: input.expiresInDays * 86_400 }),
    },
  });
  const row = { ...created, referenceId: actor.userId, metadata: null };
  return { token: presentToken(row, input.role), secret: created.key };
}

export async function revokeToken(pool: Pool, id: string): Promise<void> {
  await pool.query("delete from auth.apikey where id = $1", [id]);
}

/** better-auth keeps it as JSON text, and as JSON text of JSON text in rows of older versions. */
function readMetadata(text: string | null): z.infer<typeof Metadata> | undefined {
  let value: unknown = text;
  for (let depth = 0; depth < 2 && typeof value === "string"; depth += 1) {
    try {
      value = JSON.parse(value);
    } catch {
      return undefined;
    }
  }
  return Metadata.safeParse(value).data;
}
