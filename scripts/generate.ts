/**
 * Writes what is generated from code. With `--check` it writes nothing and fails when a file differs from what the code says.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { renderEnvironmentDocs } from "@millrace/api/env";
import { renderSourceDocs } from "@millrace/connectors";
import { renderTypesPage } from "@millrace/connectors/types-page";
import { renderErrorDocs } from "@millrace/shared";

const root = join(import.meta.dirname, "..");
const isCheck = process.argv.includes("--check");

const generated: Record<string, string> = {
  "docs/errors.md": renderErrorDocs(),
  "docs/data-sources.md": renderSourceDocs(),
  "docs/environment.md": renderEnvironmentDocs(),
  "packages/connectors/src/postgres/TYPES.md": renderTypesPage(),
};

const stale: string[] = [];
for (const [path, text] of Object.entries(generated)) {
  const file = join(root, path);
  if (isCheck) {
    if (read(file) !== text) stale.push(path);
  } else {
    writeFileSync(file, text);
    console.log(`wrote ${path}`);
  }
}
if (stale.length > 0) {
  console.error(`Not what the code says: ${stale.join(", ")}. Run \`pnpm generate\` and commit the result.`);
  process.exitCode = 1;
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}
