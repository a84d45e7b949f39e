/** Prints what a browser downloads of the built web app, gzipped, and fails when the landing route weighs more than it may. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

/** The first load of the landing route, scripts and styles together. */
const LANDING_LIMIT_KB = 250;

const dist = join(import.meta.dirname, "../apps/web/dist");
if (!existsSync(join(dist, "index.html"))) {
  console.log("The web app is not built: run `pnpm turbo run build` to see its sizes.");
  process.exit(0);
}

const html = readFileSync(join(dist, "index.html"), "utf8");
const landing = new Set([...html.matchAll(/(?:src|href)="\/(assets\/[^"]+\.(?:js|css))"/g)].map((match) => match[1]));
const sizeKb = (file: string) => gzipSync(readFileSync(join(dist, file))).length / 1024;

const files = readdirSync(join(dist, "assets"))
  .filter((name) => /\.(js|css)$/.test(name))
  .map((name) => ({ file: `assets/${name}`, kb: sizeKb(`assets/${name}`) }))
  .sort((a, b) => b.kb - a.kb);
const landingKb = files.filter(({ file }) => landing.has(file)).reduce((sum, { kb }) => sum + kb, 0);

for (const { file, kb } of files.slice(0, 12)) {
  console.log(`${kb.toFixed(1).padStart(7)} KB  ${landing.has(file) ? "landing" : "       "}  ${file}`);
}
console.log(`${landingKb.toFixed(1).padStart(7)} KB  landing route, gzipped (at most ${LANDING_LIMIT_KB} KB)`);
process.exitCode = landingKb > LANDING_LIMIT_KB ? 1 : 0;
