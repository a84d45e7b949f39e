/**
 * Prints what a browser downloads of the built web app, gzipped, and fails when the landing route weighs more than it may or
 * when a page that only developers see was built in.
 */
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

/** The page that the app opens with; it is loaded by the router and so is not named by `index.html`. */
const LANDING_PAGE = /^pipelines\.page-.*\.js$/;

const html = readFileSync(join(dist, "index.html"), "utf8");
const page = readdirSync(join(dist, "assets")).find((name) => LANDING_PAGE.test(name));
if (page === undefined) throw new Error("The landing page is not among the built files: has it another name?");
const landing = new Set<string>();
for (const [, file] of html.matchAll(/(?:src|href)="\/(assets\/[^"]+\.(?:js|css))"/g)) if (file) addWithImports(file);
addWithImports(`assets/${page}`);

/** A script brings along what it imports, but not what it would load later. */
function addWithImports(file: string): void {
  if (landing.has(file)) return;
  landing.add(file);
  const text = readFileSync(join(dist, file), "utf8");
  for (const [, name] of text.matchAll(/(?:from|import)\s*"\.\/([^"]+\.js)"/g)) addWithImports(`assets/${name}`);
}

const sizeKb = (file: string) => gzipSync(readFileSync(join(dist, file))).length / 1024;

// What only developers see, at /dev/ui, marks its parts with this attribute.
const strays = readdirSync(join(dist, "assets")).filter(
  (name) => name.endsWith(".js") && readFileSync(join(dist, "assets", name), "utf8").includes("data-specimen"),
);
if (strays.length > 0) throw new Error(`The page of all components was built into the app: ${strays.join(", ")}`);

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
