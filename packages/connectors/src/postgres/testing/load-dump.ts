import { once } from "node:events";
import { readFile } from "node:fs/promises";
import type pg from "pg";
import { from as copyFrom } from "pg-copy-streams";

/** Runs a plain dump as `psql -f` would, the rows of its COPY blocks included, objects becoming the client's user's own. */
export async function loadDump(client: pg.Client, path: string): Promise<void> {
  const text = (await readFile(path, "utf8")).replaceAll(/^ALTER .* OWNER TO .*;$/gm, "");
  for (const part of text.split(/(^COPY .* FROM stdin;\n[\s\S]*?^\\\.$)/m)) {
    const block = /^(COPY .* FROM stdin);\n([\s\S]*)^\\\.$/m.exec(part);
    if (!block?.[1]) {
      await client.query(part);
      continue;
    }
    const copy = client.query(copyFrom(block[1]));
    copy.end(block[2]);
    await once(copy, "finish");
  }
}
