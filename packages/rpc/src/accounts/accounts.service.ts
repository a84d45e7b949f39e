import {
  AppError,
  type ChangePasswordInput,
  type Organization,
  type PasswordChange,
  type RenameOrganizationInput,
  type UpdateProfileInput,
  type User,
} from "@millrace/shared";
import type { Scope } from "../context.ts";

/** Throws `SESSION_REQUIRED` when a token asks: a token acts for a person and is not that person. */
export async function updateProfile(scope: Scope, { name }: UpdateProfileInput): Promise<User> {
  assertPerson(scope);
  const { actor, platform } = scope;
  await platform.accounts.renameUser(actor.userId, name);
  return { id: actor.userId, email: actor.email, name };
}

/** The session that asks goes on, all others of the user end. Throws `SESSION_REQUIRED`, `PASSWORD_WRONG`, `RATE_LIMITED`. */
export async function changePassword(scope: Scope, input: ChangePasswordInput): Promise<PasswordChange> {
  assertPerson(scope);
  return { endedSessions: await scope.platform.accounts.changePassword(scope.actor, input) };
}

export async function renameOrganization(scope: Scope, { name }: RenameOrganizationInput): Promise<Organization> {
  const { organizationId } = scope.actor;
  await scope.platform.accounts.renameOrganization(organizationId, name);
  return { id: organizationId, name };
}

function assertPerson({ actor }: Scope): void {
  if (actor.via !== "session") throw new AppError("SESSION_REQUIRED");
}
