import { z } from "zod";
import { Id } from "./ids.ts";
import { PageInput } from "./page.ts";

/** A setting as JSON has it; null where there is none. */
const AuditValue = z.union([
  z.string(),
  z.number(),
  z.boolean(),
  z.array(z.unknown()),
  z.record(z.string(), z.unknown()),
  z.null(),
]);

/**
 * A field that was changed. `values` is null where they are nobody's to read again: passwords, and the options of a
 * connection, of which only the key is told (`options.sslmode`).
 */
export const AuditChange = z.strictObject({
  field: z.string(),
  values: z.strictObject({ before: AuditValue, after: AuditValue }).nullable(),
});
export type AuditChange = z.infer<typeof AuditChange>;

/**
 * What is kept of one change to the organization, of who came in and of what was refused: who did what to what, and when.
 * Nobody alters or deletes it.
 */
export const AuditEvent = z.strictObject({
  id: Id,
  at: z.iso.datetime(),
  /**
   * The procedure that was called, for example `pipelines.update`; `accounts.signIn`, `accounts.signInRefused` and
   * `accounts.signOut`; or `access.denied`, whose subject is the procedure that the caller may not call.
   */
  action: z.string(),
  /** A person's session, an API token, the link of the first start, or nothing that was good. */
  via: z.enum(["session", "token", "link", "none"]),
  actor: z.strictObject({ id: z.string(), name: z.string() }),
  /** The kind of thing, its id and its name at that time; it may be gone by now. */
  subjectType: z.string(),
  subjectId: z.string().nullable(),
  subjectName: z.string().nullable(),
  changes: z.array(AuditChange),
});
export type AuditEvent = z.infer<typeof AuditEvent>;

/** An event as administrators see it. */
export const AuditEntry = z.strictObject({
  ...AuditEvent.shape,
  actor: z.strictObject({ id: z.string(), name: z.string(), email: z.string() }),
  /** The id of the session or the token, never its secret. */
  credentialId: z.string(),
  /** The network address that the request came from; null where it came from none. */
  address: z.string().nullable(),
});
export type AuditEntry = z.infer<typeof AuditEntry>;

export const ListAuditInput = z.strictObject({
  ...PageInput.shape,
  action: z.string().max(100).optional(),
  subjectType: z.string().max(40).optional(),
  subjectId: Id.optional(),
  actorId: Id.optional(),
  /** From this moment on. */
  since: z.iso.datetime().optional(),
  /** Up to this moment, itself excluded. */
  until: z.iso.datetime().optional(),
});
export type ListAuditInput = z.infer<typeof ListAuditInput>;

/** What was done to one pipeline and its runs. */
export const PipelineHistoryInput = z.strictObject({ ...PageInput.shape, id: Id });
export type PipelineHistoryInput = z.infer<typeof PipelineHistoryInput>;
