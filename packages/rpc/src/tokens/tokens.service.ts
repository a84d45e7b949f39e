import { AppError, type CreatedToken, type CreateTokenInput, hasRole, type Token } from "@millrace/shared";
import { type AuditRecord, changedFields } from "../audit/audit-trail.ts";
import type { Scope } from "../context.ts";

/** One's own tokens; an admin sees all of the organization's. Newest first. */
export async function listTokens({ actor, platform }: Scope): Promise<Token[]> {
  const tokens = await platform.accounts.listTokens(actor.organizationId);
  return hasRole(actor.role, "admin") ? tokens : tokens.filter((token) => token.createdBy === actor.userId);
}

/** Throws `FORBIDDEN` for a role above one's own, `SESSION_REQUIRED` when a token asks: a leaked one must not make others. */
export async function createToken({ actor, platform, audit }: Scope, input: CreateTokenInput): Promise<CreatedToken> {
  if (actor.via === "token") throw new AppError("SESSION_REQUIRED");
  if (!hasRole(actor.role, input.role)) throw new AppError("FORBIDDEN", { params: { role: input.role } });
  const created = await platform.accounts.createToken(actor, input);
  platform.rememberSecret(created.secret);
  audit.record({
    ...aboutToken(created.token),
    changes: changedFields(null, { role: created.token.role, expiresAt: created.token.expiresAt }),
  });
  return created;
}

/** The token stops working at once. Anyone may revoke their own, an admin any; others' are `TOKEN_NOT_FOUND`. */
export async function revokeToken(scope: Scope, id: string): Promise<void> {
  const token = (await listTokens(scope)).find((candidate) => candidate.id === id);
  if (!token) throw new AppError("TOKEN_NOT_FOUND");
  await scope.platform.accounts.revokeToken(id);
  scope.audit.record(aboutToken(token));
}

const aboutToken = ({ id, name }: Token): AuditRecord => ({ subjectType: "token", subjectId: id, subjectName: name });
