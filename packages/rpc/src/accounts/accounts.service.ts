import {
  AppError,
  type ChangePasswordInput,
  type Organization,
  type PasswordChange,
  type RenameOrganizationInput,
  type SetUpInput,
  type UpdateProfileInput,
  type User,
} from "@millrace/shared";
import { changedFields } from "../audit/audit-trail.ts";
import { writeAuditEvents } from "../audit/audited.ts";
import type { Platform, Scope } from "../context.ts";

/** Throws `SESSION_REQUIRED` when a token asks: a token acts for a person and is not that person. */
export async function updateProfile(scope: Scope, { name }: UpdateProfileInput): Promise<User> {
  assertPerson(scope);
  const { actor, platform, audit } = scope;
  await platform.accounts.renameUser(actor.userId, name);
  audit.record({ ...aboutAccount(actor.userId, name), changes: changedFields({ name: actor.name }, { name }) });
  return { id: actor.userId, email: actor.email, name };
}

/** The session that asks goes on, all others of the user end. Throws `SESSION_REQUIRED`, `PASSWORD_WRONG`, `RATE_LIMITED`. */
export async function changePassword(scope: Scope, input: ChangePasswordInput): Promise<PasswordChange> {
  assertPerson(scope);
  const { actor, platform, audit } = scope;
  const endedSessions = await platform.accounts.changePassword(actor, input);
  audit.record({ ...aboutAccount(actor.userId, actor.name), changes: [{ field: "password", values: null }] });
  return { endedSessions };
}

export async function renameOrganization(scope: Scope, { name }: RenameOrganizationInput): Promise<Organization> {
  const { actor, platform, audit } = scope;
  const { organizationId } = actor;
  await platform.accounts.renameOrganization(organizationId, name);
  audit.record({
    subjectType: "organization",
    subjectId: organizationId,
    subjectName: name,
    changes: changedFields({ name: actor.organizationName }, { name }),
  });
  return { id: organizationId, name };
}

/**
 * The first account, and the first event of its organization, which follows the account's own transaction. Throws
 * `SETUP_LINK_INVALID`.
 */
export async function setUp({ accounts, store }: Platform, input: SetUpInput, address: string | null): Promise<User> {
  const { user, organizationId } = await accounts.setUp(input);
  const by = {
    organizationId,
    userId: user.id,
    name: user.name,
    email: user.email,
    via: "link",
    credentialId: "",
    address,
  } as const;
  const about = aboutAccount(user.id, user.name);
  await writeAuditEvents(store.forOrganization(organizationId), by, "accounts.setUp", [about]);
  return user;
}

const aboutAccount = (id: string, name: string) => ({ subjectType: "account", subjectId: id, subjectName: name });

function assertPerson({ actor }: Scope): void {
  if (actor.via !== "session") throw new AppError("SESSION_REQUIRED");
}
