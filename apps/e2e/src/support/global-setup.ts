import { join } from "node:path";
import { chromiumPath, INSTALL_HINT } from "./chromium.ts";
import { makeDataFolder } from "./data-folder.ts";
import { setStage } from "./environment.ts";
import { startProduct } from "./product.ts";

/** Starts the product on an empty data directory before all journeys, and stops it after them; nothing of it is left. */
export default async function globalSetup(): Promise<() => Promise<void>> {
  if (chromiumPath() === null) {
    process.stdout.write(`${INSTALL_HINT}\n`);
    return async () => undefined;
  }
  const { folder, remove: clean } = makeDataFolder();
  const dataDir = join(folder, "data");
  try {
    const product = await startProduct(dataDir);
    setStage({ url: product.url, setUpUrl: product.setUpUrl, dataDir, sessionFile: join(folder, "session.json") });
    return async () => {
      await product.stop();
      clean();
    };
  } catch (error) {
    clean();
    throw error;
  }
}
