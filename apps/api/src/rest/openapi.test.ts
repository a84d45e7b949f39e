import { ERRORS } from "@millrace/shared";
import { describe, expect, it } from "vitest";
import { openApiDocument } from "./openapi.ts";
import { REST_ROUTES } from "./routes.ts";

interface Operation {
  readonly responses: Record<string, { description: string }>;
}
interface Document {
  readonly paths: Record<string, Record<string, Operation>>;
  readonly components: { schemas: Record<string, { properties?: object }> };
}

const document = openApiDocument() as unknown as Document;
const refsIn = (value: unknown): string[] =>
  typeof value !== "object" || value === null
    ? []
    : Object.entries(value).flatMap(([key, inner]) => (key === "$ref" ? [String(inner)] : refsIn(inner)));

describe("the OpenAPI document", () => {
  it("has every route with the status that it answers", () => {
    for (const { method, url, status } of REST_ROUTES) {
      const path = url.replaceAll(/:(\w+)/g, (_, name: string) => `{${name.replace("Id", "_id")}}`);
      const operation = document.paths[path]?.[method.toLowerCase()];
      expect(Object.keys(operation?.responses ?? {}), `${method} ${url}`).toContain(String(status));
      expect(Object.keys(operation?.responses ?? {})).toContain("401");
    }
    expect(document.paths["/api/pipelines"]?.["post"]?.responses["201"]).toBeDefined();
    expect(document.paths["/api/pipelines/{id}/trigger"]?.["post"]?.responses["202"]).toBeDefined();
  });

  it("refers only to what it holds", () => {
    const known = new Set(Object.keys(document.components.schemas).map((name) => `#/components/schemas/${name}`));
    expect(refsIn(document).filter((ref) => !known.has(ref))).toEqual([]);
  });

  it("spells fields as REST does", () => {
    expect(Object.keys(document.components.schemas["Pipeline"]?.properties ?? {})).toContain("last_run_at");
    expect(JSON.stringify(document)).not.toContain("lastRunAt");
  });

  it("names only codes of the error table, under their own status", () => {
    for (const operations of Object.values(document.paths)) {
      for (const { responses } of Object.values(operations)) {
        for (const [status, { description }] of Object.entries(responses)) {
          for (const [, code = ""] of description.matchAll(/`([A-Z_]+)`/g)) {
            expect(ERRORS[code as keyof typeof ERRORS].http).toBe(Number(status));
          }
        }
      }
    }
  });
});
