import type { ConfigField, ConnectionOptions, ConnectorSummary, DataSource } from "@millrace/shared";

/** What stands in the form: everything as the text that was typed, by the names of the connector's fields. */
export interface FormValues {
  readonly name: string;
  readonly config: Record<string, string>;
  /** Only of a data source that has one: take its password away. */
  readonly isPasswordRemoved: boolean;
}

/** The connection as the server takes it. A password that is left out stays the stored one. */
export interface ConnectionInput {
  readonly host: string | null;
  readonly port: number | null;
  readonly database: string | null;
  readonly username: string | null;
  readonly password?: string | null;
  readonly options: ConnectionOptions;
}

type Stored = Pick<DataSource, "name" | "host" | "port" | "database" | "username" | "hasPassword" | "options">;

/** Fields that the store knows by a name of their own; all others are options. */
const OWN_FIELDS: ReadonlySet<string> = new Set(["host", "port", "database", "username", "password"]);

/** A form to begin with: of a data source, or empty but for the defaults. A password never comes back. */
export function valuesOf({ form }: ConnectorSummary, stored: Stored | null): FormValues {
  const config = Object.entries(form.properties).map(([name, field]) => [
    name,
    String(storedValue(stored, name, field) ?? field.default ?? ""),
  ]);
  return { name: stored?.name ?? "", config: Object.fromEntries(config), isPasswordRemoved: false };
}

function storedValue(
  stored: Stored | null,
  name: string,
  { isSecret }: ConfigField,
): string | number | boolean | null | undefined {
  if (!stored || isSecret) return undefined;
  return OWN_FIELDS.has(name) ? stored[name as "host"] : stored.options[name];
}

/** Whether a field has a meaning beside the values that the others have now. */
export const isShown = ({ shownWhen }: ConfigField, config: FormValues["config"]): boolean =>
  shownWhen === undefined || config[shownWhen.field] === shownWhen.is;

/**
 * The form as the server takes it. What is as its default, and was not stored otherwise, is left as it was: or a stored
 * password would be asked for again though nobody changed a thing.
 */
export function connectionOf({ form }: ConnectorSummary, values: FormValues, stored: Stored | null): ConnectionInput {
  const { config, isPasswordRemoved } = values;
  const given = new Map(
    Object.entries(form.properties).flatMap(([name, field]) => {
      const text = field.isSecret ? (config[name] ?? "") : (config[name] ?? "").trim();
      const wasUnset = stored !== null && (storedValue(stored, name, field) ?? null) === null;
      if (text === "" || !isShown(field, config) || (wasUnset && text === String(field.default))) return [];
      return [[name, typed(text, field)] as const];
    }),
  );
  const password = given.get("password");
  const isKept = password === undefined && stored !== null && stored.hasPassword && !isPasswordRemoved;
  return {
    host: textOf(given.get("host")),
    port: typeof given.get("port") === "number" ? Number(given.get("port")) : null,
    database: textOf(given.get("database")),
    username: textOf(given.get("username")),
    ...(isKept ? {} : { password: textOf(password) }),
    options: Object.fromEntries([...given].filter(([name]) => !OWN_FIELDS.has(name))),
  };
}

const textOf = (value: string | number | boolean | undefined): string | null =>
  value === undefined ? null : String(value);

function typed(text: string, { type }: ConfigField): string | number | boolean {
  if (type === "boolean") return text === "true";
  return type === "string" ? text : Number(text);
}

/** What is wrong with what was typed, by field; the server checks the rest. Its sentences are those of the connector. */
export function faultsOf({ form }: ConnectorSummary, { config }: FormValues): Map<string, string> {
  return new Map(
    Object.entries(form.properties).flatMap(([name, field]) => {
      const text = (config[name] ?? "").trim();
      const fault = isShown(field, config) ? faultOf(text, field, form.required.includes(name)) : undefined;
      return fault === undefined ? [] : [[name, fault] as const];
    }),
  );
}

function faultOf(text: string, field: ConfigField, isRequired: boolean): string | undefined {
  if (text === "") return isRequired ? "is required" : undefined;
  if (field.type === "string") {
    return field.maxLength !== undefined && text.length > field.maxLength ? "is too long" : undefined;
  }
  if (field.type === "boolean") return undefined;
  const { minimum = -Infinity, maximum = Infinity } = field;
  if (!/^-?\d+$/.test(text)) return "must be a whole number";
  return Number(text) < minimum || Number(text) > maximum ? `must be between ${minimum} and ${maximum}` : undefined;
}

/** Where in the form a fault of the server's belongs: `options.sslmode` is the field `sslmode`. Null for no field of it. */
export function fieldOfPath({ form }: ConnectorSummary, path: string): "name" | `config.${string}` | null {
  if (path === "name") return "name";
  const name = path.replace(/^options\./, "");
  return Object.hasOwn(form.properties, name) ? `config.${name}` : null;
}

/** The fields of a pasted URL over what stood in the form. What the URL does not say is as its default again. */
export function withPastedUrl(
  connector: ConnectorSummary,
  values: FormValues,
  parsed: Omit<Stored, "name">,
  password: string | null,
): FormValues {
  const { config } = valuesOf(connector, { ...parsed, name: "" });
  const secrets = Object.entries(connector.form.properties).filter(([, { isSecret }]) => isSecret);
  for (const [name] of secrets) config[name] = password ?? "";
  return { ...values, config };
}
