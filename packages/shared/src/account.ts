import { z } from "zod";
import { Id } from "./ids.ts";
import { Role } from "./roles.ts";

export const Email = z.string().trim().toLowerCase().max(254).pipe(z.email("is not an e-mail address"));

/** 8 characters at least (NIST SP 800-63B, 3.1.1.2), and at most 128 so that hashing one has a bounded cost. */
export const Password = z.string().min(8, "needs at least 8 characters").max(128, "has at most 128 characters");

export const SignInInput = z.strictObject({
  email: z.string().trim().min(1, "is required").max(254),
  password: z.string().min(1, "is required").max(1024),
});
export type SignInInput = z.infer<typeof SignInInput>;

const PersonName = z.string().trim().min(1, "is required").max(100);
const OrganizationName = z.string().trim().min(1, "is required").max(100);

/** Makes the first account and its organization. `token` comes from the link that the first start prints. */
export const SetUpInput = z.strictObject({
  token: z.string().min(1).max(200),
  email: Email,
  password: Password,
  name: PersonName,
  organizationName: OrganizationName,
});
export type SetUpInput = z.infer<typeof SetUpInput>;

/** `isNeeded` while nobody has an account. */
export const SetUpState = z.strictObject({ isNeeded: z.boolean() });
export type SetUpState = z.infer<typeof SetUpState>;

export const User = z.strictObject({ id: Id, email: z.string(), name: z.string() });
export type User = z.infer<typeof User>;

export const Organization = z.strictObject({ id: Id, name: z.string() });
export type Organization = z.infer<typeof Organization>;

/** Who is asking, for which organization, and what their role there allows. */
export const SessionInfo = z.strictObject({
  user: User,
  organization: Organization,
  role: Role,
  /** A person's session, or an API token. */
  via: z.enum(["session", "token"]),
});
export type SessionInfo = z.infer<typeof SessionInfo>;

export const UpdateProfileInput = z.strictObject({ name: PersonName });
export type UpdateProfileInput = z.infer<typeof UpdateProfileInput>;

/** The current password is taken as it was once chosen, whatever today's rules. */
export const ChangePasswordInput = z.strictObject({
  currentPassword: z.string().min(1, "is required").max(1024),
  newPassword: Password,
});
export type ChangePasswordInput = z.infer<typeof ChangePasswordInput>;

/** How many other sessions of the user ended. */
export const PasswordChange = z.strictObject({ endedSessions: z.int().min(0) });
export type PasswordChange = z.infer<typeof PasswordChange>;

export const RenameOrganizationInput = z.strictObject({ name: OrganizationName });
export type RenameOrganizationInput = z.infer<typeof RenameOrganizationInput>;

export const TokenName = z.string().trim().min(1, "is required").max(100);

/** A token acts in the name of who made it, with `role` or with their own role, whichever is the weaker. */
export const CreateTokenInput = z.strictObject({
  name: TokenName,
  role: Role,
  /** Null for a token that does not expire by itself. */
  expiresInDays: z.int().min(1).max(3650).nullable().default(90),
});
export type CreateTokenInput = z.infer<typeof CreateTokenInput>;

export const Token = z.strictObject({
  id: Id,
  name: z.string(),
  role: Role,
  /** The first characters, to tell tokens apart. The rest is not stored. */
  start: z.string(),
  createdBy: z.string(),
  createdAt: z.iso.datetime(),
  expiresAt: z.iso.datetime().nullable(),
});
export type Token = z.infer<typeof Token>;

/** `secret` is shown this once. */
export const CreatedToken = z.strictObject({ token: Token, secret: z.string() });
export type CreatedToken = z.infer<typeof CreatedToken>;
