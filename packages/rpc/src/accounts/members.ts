import { Role } from "@millrace/shared";
import type { Pool } from "pg";
import type { Member } from "./accounts.ts";

export interface Membership {
  readonly userId: string;
  /** Null for the user's oldest membership. */
  readonly organizationId: string | null;
}

/** Who the user is in the organization, or null when they are no member, or a member under a role that is none of ours. */
export async function findMember(pool: Pool, { userId, organizationId }: Membership): Promise<Member | null> {
  const { rows } = await pool.query<Record<keyof Member, string>>(
    `select u.id as "userId", u.email, u.name, o.id as "organizationId", o.name as "organizationName", m.role
       from auth.member m
       join auth."user" u on u.id = m."userId"
       join auth.organization o on o.id = m."organizationId"
      where m."userId" = $1 and ($2::text is null or m."organizationId" = $2)
      order by m."createdAt" limit 1`,
    [userId, organizationId],
  );
  const role = Role.safeParse(rows[0]?.role);
  return rows[0] && role.success ? { ...rows[0], role: role.data } : null;
}

/** As `findMember`, of whoever has the address. Better-auth keeps addresses in lower case. */
export async function findMemberByEmail(pool: Pool, email: string): Promise<Member | null> {
  const { rows } = await pool.query<{ id: string }>(`select id from auth."user" where email = $1`, [
    email.toLowerCase(),
  ]);
  return rows[0] ? findMember(pool, { userId: rows[0].id, organizationId: null }) : null;
}
