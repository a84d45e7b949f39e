import { expect, it } from "vitest";
import { safeReturnTo, withCreatedSource } from "./return-to.ts";

it.each(["/", "/pipelines", "/runs/1?level=warn#line-3", "/pipelines?search=a%20b"])("keeps the path %s", (path) => {
  expect(safeReturnTo(path)).toBe(path);
});

it.each([
  undefined,
  "",
  "pipelines",
  "https://evil.example",
  "//evil.example",
  "/\\evil.example",
  "/\t/evil.example",
  "/\n/evil.example",
  "javascript:alert(1)",
  "///evil.example",
])("leads home instead of to %j", (target) => {
  expect(safeReturnTo(target)).toBe("/");
});

it("tells the page that is returned to what was created for it", () => {
  expect(withCreatedSource("/pipelines/new?step=source#top", "1")).toBe(
    "/pipelines/new?step=source&createdSourceId=1#top",
  );
  expect(withCreatedSource("/?createdSourceId=1", "2")).toBe("/?createdSourceId=2");
});
