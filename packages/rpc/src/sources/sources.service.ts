import { LockMode } from "@mikro-orm/core";
import { CONSTRAINTS, DataSource, Pipeline, violatedConstraint } from "@millrace/db";
import { AppError, type CreateDataSourceInput, newId, type UpdateDataSourceInput } from "@millrace/shared";
import { type AuditRecord, changedFields, changedNames } from "../audit/audit-trail.ts";
import type { Scope } from "../context.ts";
import { InputRefused } from "../error-formatter.ts";
import { configOf, secretPlace } from "./source-config.ts";

/** How many pipelines a refusal names. */
const NAMED_PIPELINES = 5;

export async function getSource({ em }: Pick<Scope, "em">, id: string, lock?: LockMode): Promise<DataSource> {
  const source = await em.findOne(DataSource, { id }, lock === undefined ? {} : { lockMode: lock });
  if (!source) throw new AppError("DATA_SOURCE_NOT_FOUND");
  return source;
}

/** Does not connect. Throws `UNSUPPORTED`, `VALIDATION_FAILED` by the connector's schema, `DATA_SOURCE_NAME_TAKEN`. */
export async function createSource(
  { em, actor, platform, audit }: Scope,
  input: CreateDataSourceInput,
): Promise<DataSource> {
  const { password, ...fields } = input;
  configOf(fields, password);
  const place = { organizationId: actor.organizationId, id: newId() };
  const source = em.create(DataSource, { ...fields, ...place, createdBy: actor.userId });
  source.secret = password === null ? null : seal(platform, place, password);
  return refusals(async () => {
    await em.flush();
    audit.record({ ...aboutSource(source), changes: changesOf(null, auditedFields(source)) });
    return source;
  });
}

/**
 * Changes what is named and keeps the rest. A stored password is bound to where it was entered for: once host, port or
 * user change it must be entered again, or an editor could have it sent to a server of their own.
 */
export async function updateSource({ em, platform, audit }: Scope, input: UpdateDataSourceInput): Promise<DataSource> {
  return refusals(() =>
    em.transactional(async (tx) => {
      const { id, password, ...changes } = input;
      const source = await getSource({ em: tx }, id, LockMode.PESSIMISTIC_WRITE);
      const before = auditedFields(source);
      if (password === undefined) assertPasswordStays(source, changes);
      tx.assign(source, Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined)), {
        // Options are one value: a key that is left out is removed.
        mergeObjectProperties: false,
      });
      if (password !== undefined) source.secret = password === null ? null : seal(platform, source, password);
      configOf(presentFields(source), openSecret(platform, source));
      await tx.flush();
      const passwordChange = password === undefined ? [] : [{ field: "password", values: null }];
      audit.record({
        ...aboutSource(source),
        changes: [...changesOf(before, auditedFields(source)), ...passwordChange],
      });
      return source;
    }),
  );
}

type Place = Partial<Pick<CreateDataSourceInput, "host" | "port" | "username" | "options">>;

/** Throws `VALIDATION_FAILED` at the password when the stored one would go to another place than it was entered for. */
export function assertPasswordStays(
  source: DataSource,
  changes: { readonly [Key in keyof Place]: Place[Key] | undefined },
): void {
  const isMoved = (["host", "port", "username"] as const).some(
    (field) => changes[field] !== undefined && changes[field] !== (source[field] ?? null),
  );
  if (source.secret && (isMoved || changesOptions(source.options, changes.options))) {
    throw new InputRefused([{ path: ["password"], message: PASSWORD_AGAIN }]);
  }
}

const aboutSource = ({ id, name }: DataSource): AuditRecord => ({
  subjectType: "data_source",
  subjectId: id,
  subjectName: name,
});

type AuditedFields = ReturnType<typeof auditedFields>;

const auditedFields = (source: DataSource) => ({ name: source.name, ...presentFields(source) });

/** Of options the keys alone: some of them are certificates and keys. */
const changesOf = (before: AuditedFields | null, { options, ...after }: AuditedFields) => [
  ...changedFields(before, after),
  ...changedNames("options.", before?.options ?? {}, options),
];

const PASSWORD_AGAIN =
  "must be entered again, because the stored one was entered for another host, port, user or connection option";

/** Options decide where and how safely the password travels, so any change of them counts as a new place. */
const changesOptions = (before: DataSource["options"], after: DataSource["options"] | undefined): boolean =>
  after !== undefined && canonical(before) !== canonical(after);

const canonical = (options: DataSource["options"]): string =>
  JSON.stringify(Object.entries(options).sort(([a], [b]) => (a < b ? -1 : 1)));

const presentFields = (source: DataSource) => ({
  connectionType: source.connectionType,
  host: source.host ?? null,
  port: source.port ?? null,
  database: source.database ?? null,
  username: source.username ?? null,
  options: source.options,
});

/** The connector and its configuration, password included: for opening a connection and nothing else. */
export const connectionOf = (platform: Scope["platform"], source: DataSource) =>
  configOf(presentFields(source), openSecret(platform, source));

export function openSecret(platform: Scope["platform"], source: DataSource): string | null {
  if (!source.secret) return null;
  const password = platform.secrets.open(source.secret, secretPlace(source));
  platform.rememberSecret(password);
  return password;
}

function seal(platform: Scope["platform"], place: Pick<DataSource, "organizationId" | "id">, password: string): string {
  platform.rememberSecret(password);
  return platform.secrets.seal(password, secretPlace(place));
}

/** Throws `DATA_SOURCE_IN_USE` with the names of the pipelines at either end of which it stands. */
export async function deleteSource({ em, audit }: Scope, id: string): Promise<void> {
  const users = await pipelinesOf(em, id);
  if (users.length > 0) throw inUse(users);
  const source = await getSource({ em }, id);
  try {
    await em.transactional((tx) => tx.nativeDelete(DataSource, { id }));
  } catch (error) {
    // A pipeline took it into use after the look above.
    if (isForeignKey(violatedConstraint(error))) throw inUse(await pipelinesOf(em, id));
    throw error;
  }
  audit.record(aboutSource(source));
}

const isForeignKey = (constraint: string | null): boolean =>
  constraint === CONSTRAINTS.pipelineSource || constraint === CONSTRAINTS.pipelineDestination;

const pipelinesOf = (em: Scope["em"], id: string): Promise<Pipeline[]> =>
  em.find(Pipeline, { $or: [{ sourceId: id }, { destinationId: id }] }, { orderBy: { name: "asc" } });

function inUse(pipelines: readonly Pipeline[]): AppError {
  const names = pipelines.slice(0, NAMED_PIPELINES).map((pipeline) => pipeline.name);
  if (pipelines.length > NAMED_PIPELINES) names.push("…");
  return new AppError("DATA_SOURCE_IN_USE", { params: { count: pipelines.length, pipelines: names.join(", ") } });
}

async function refusals<Result>(write: () => Promise<Result>): Promise<Result> {
  try {
    return await write();
  } catch (error) {
    if (violatedConstraint(error) !== CONSTRAINTS.dataSourceName) throw error;
    throw new AppError("DATA_SOURCE_NAME_TAKEN", { cause: error });
  }
}
