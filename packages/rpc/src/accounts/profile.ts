import { AppError, type ChangePasswordInput } from "@millrace/shared";
import type { Pool } from "pg";
import type { Actor } from "../context.ts";
import { hashPassword, verifyPassword } from "./password-hash.ts";

export async function renameUser(pool: Pool, userId: string, name: string): Promise<void> {
  await pool.query(`update auth."user" set name = $2, "updatedAt" = now() where id = $1`, [userId, name]);
}

export async function renameOrganization(pool: Pool, organizationId: string, name: string): Promise<void> {
  await pool.query(`update auth.organization set name = $2 where id = $1`, [organizationId, name]);
}

/**
 * The new hash and the end of the other sessions commit together (security.md S22). Resolves to the ids of the ended sessions.
 * Of two changes at once the later one finds its current password wrong. Throws `PASSWORD_WRONG`.
 */
export async function changePassword(pool: Pool, actor: Actor, input: ChangePasswordInput): Promise<string[]> {
  const { rows } = await pool.query<{ password: string }>(
    `select password from auth.account where "userId" = $1 and "providerId" = 'credential'`,
    [actor.userId],
  );
  const before = rows[0]?.password;
  const isRight = before !== undefined && (await verifyPassword({ hash: before, password: input.currentPassword }));
  if (!isRight) throw new AppError("PASSWORD_WRONG");
  const after = await hashPassword(input.newPassword);
  const { rows: outcome } = await pool.query<{ is_changed: boolean; ended: string[] }>(
    `with changed as (
       update auth.account set password = $3, "updatedAt" = now()
        where "userId" = $1 and "providerId" = 'credential' and password = $2 returning 1
     ), ended as (
       delete from auth.session where "userId" = $1 and id <> $4 and exists (select from changed) returning id
     )
     select exists (select from changed) as is_changed, coalesce((select array_agg(id) from ended), '{}') as ended`,
    [actor.userId, before, after, actor.credentialId],
  );
  if (outcome[0]?.is_changed !== true) throw new AppError("PASSWORD_WRONG");
  return outcome[0].ended;
}
