import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const DOCS = join(import.meta.dirname, "../docs");
const page = readFileSync(join(DOCS, "faults.md"), "utf8");
const proofs = [...page.matchAll(/\[([^\]]+)\]\((\.\.\/[^)]+\.test\.ts)\)/g)].map(([, title = "", file = ""]) => ({
  title,
  file,
}));

test("the page of faults names more than one proof", () => expect(proofs.length).toBeGreaterThan(30));

test.each(proofs)("the proof stands that the page of faults names: $title", ({ title, file }) => {
  expect(readFileSync(join(DOCS, file), "utf8")).toContain(title);
});
