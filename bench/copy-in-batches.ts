/** One copy of lineitem in `batches`, which two PostgreSQL servers would never choose by themselves. */
import { connectorForUrl } from "@millrace/connectors";
import { BATCHES, type Connection, executeRun, type Side } from "@millrace/engine";
import { PipelinePolicies } from "@millrace/shared";

const TABLE = { schema: "millrace_bench", name: "lineitem" };
const [from = "", to = ""] = process.argv.slice(2);
const { signal } = new AbortController();

const open = (url: string, side: Side): Promise<Connection> => {
  const connector = connectorForUrl(url);
  return connector.open(connector.parseUrl(url), { side, signal });
};

const source = await open(from, "source");
const destination = await open(to, "destination");
await executeRun({
  source,
  destination,
  sourceTable: TABLE,
  destinationTable: TABLE,
  writeMode: "replace",
  policies: PipelinePolicies.parse({ verification: "off" }),
  identity: null,
  wireFormats: [BATCHES],
  signal,
  onProgress: () => {},
  onLog: () => {},
});
await source.close();
await destination.close();
