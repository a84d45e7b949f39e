import { describe, expect, it } from "vitest";
import { configForm, connectorSummary } from "./config-form.ts";
import { connectors } from "./registry.ts";

describe.each(connectors.map((connector) => [connector.title, connector] as const))(
  "the form of %s",
  (_, connector) => {
    const { properties, required } = configForm(connector);

    it("names every field, and what each choice means", () => {
      for (const [name, { title, enum: choices, choices: meanings }] of Object.entries(properties)) {
        expect(title, name).not.toBe("");
        expect(Object.keys(meanings ?? {}), name).toEqual(choices ?? []);
      }
    });

    it("asks for what the schema asks for, and shows fields only beside ones that there are", () => {
      const missing = connector.configSchema.safeParse({}).error?.issues.map(({ path }) => String(path[0]));
      expect(required.toSorted()).toEqual(missing?.toSorted());
      for (const { shownWhen } of Object.values(properties)) {
        if (shownWhen) expect(properties[shownWhen.field]?.enum).toContain(shownWhen.is);
      }
    });

    it("marks its secrets, and its example URL holds none", () => {
      const secrets = Object.entries(properties).filter(([, { isSecret }]) => isSecret);
      expect(secrets.map(([name]) => name)).toEqual(["password"]);
      const { exampleUrl } = connectorSummary(connector);
      expect(connector.parseUrl(exampleUrl)).not.toHaveProperty("password");
    });
  },
);

it("the form of PostgreSQL keeps the order of its schema", () => {
  const [postgres] = connectors;
  expect(Object.keys(configForm(postgres as (typeof connectors)[number]).properties)).toEqual([
    "host",
    "port",
    "database",
    "username",
    "password",
    "sslmode",
    "sslRootCert",
  ]);
});
