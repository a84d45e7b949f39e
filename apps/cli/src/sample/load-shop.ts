import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import pg from "pg";
import { from as copyFrom } from "pg-copy-streams";
import { makeShop, type Cell, type ShopTable } from "./shop.ts";
import { SHOP_SCHEMA } from "./shop-schema.ts";

/** COPY text is sent in pieces of about this size, so that the shop never stands in memory whole. */
const PIECE_CHARACTERS = 64 * 1024;

/** Makes the sample shop's tables in an empty database and fills them, in one transaction. Returns the number of rows. */
export async function loadShop(connectionString: string): Promise<number> {
  const client = new pg.Client({ connectionString, application_name: "millrace sample" });
  await client.connect();
  try {
    await client.query("begin");
    await client.query(SHOP_SCHEMA);
    let rowCount = 0;
    for (const table of makeShop()) rowCount += await copyTable(client, table);
    await client.query("commit");
    await client.query("vacuum analyze");
    return rowCount;
  } finally {
    await client.end();
  }
}

async function copyTable(client: pg.Client, table: ShopTable): Promise<number> {
  const copy = client.query(copyFrom(`copy ${table.name} (${table.columns.join(", ")}) from stdin`));
  await pipeline(Readable.from(copyText(table.rows())), copy);
  return copy.rowCount;
}

function* copyText(rows: Iterable<readonly Cell[]>): Generator<string> {
  let piece = "";
  for (const row of rows) {
    piece += `${row.map(copyCell).join("\t")}\n`;
    if (piece.length >= PIECE_CHARACTERS) {
      yield piece;
      piece = "";
    }
  }
  if (piece !== "") yield piece;
}

const ESCAPES: Record<string, string> = { "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t" };

const copyCell = (cell: Cell) =>
  cell === null ? "\\N" : String(cell).replaceAll(/[\\\n\r\t]/g, (character) => ESCAPES[character] ?? character);
