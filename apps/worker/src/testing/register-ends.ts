import { DataSource, SecretBox, type Store } from "@millrace/db";
import { newId } from "@millrace/shared";
import { SECRET_KEY } from "./timing.ts";

/** Data sources for the two databases, with their passwords sealed as the workers of tests open them. */
export async function registerEnds(
  store: Store,
  organizationId: string,
  urls: Record<"source" | "destination", string>,
): Promise<{ sourceId: string; destinationId: string }> {
  const em = store.forOrganization(organizationId);
  const box = new SecretBox(SECRET_KEY);
  const register = (name: "source" | "destination"): string => {
    const { hostname, port, username, password, pathname } = new URL(urls[name]);
    const id = newId();
    em.create(DataSource, {
      id,
      organizationId,
      name,
      connectionType: "postgresql",
      host: hostname,
      port: Number(port),
      username,
      database: pathname.slice(1),
      options: { sslmode: "disable" },
      secret: box.seal(password, { organizationId, table: "data_sources", column: "secret", rowId: id }),
      createdBy: "a test",
    });
    return id;
  };
  const ends = { sourceId: register("source"), destinationId: register("destination") };
  await em.flush();
  return ends;
}
