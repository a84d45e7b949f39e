import { seededRandom, type Random } from "./random.ts";
import { CATEGORIES, CITIES, FAMILY_NAMES, FINISHES, GIVEN_NAMES, NOTES } from "./words.ts";

/** One value of a row as COPY's text format takes it; null is SQL NULL. */
export type Cell = string | number | boolean | null;

export interface ShopTable {
  readonly name: string;
  /** The columns that are written; the database fills in the others. */
  readonly columns: readonly string[];
  /** Makes the rows as they are read, in the order of the key. */
  readonly rows: () => Iterable<readonly Cell[]>;
}

const SHOP_SEED = 20_260_101;

const CUSTOMERS = 6000;
const PRODUCTS = 360;
const ORDERS = 26_000;
/** The shop opened with the year 2024 and its last order is from the end of 2025, UTC. */
const OPENED = Date.UTC(2024, 0, 1);
const SPAN_MS = Date.UTC(2026, 0, 1) - OPENED;

/** A shop of four tables and about 100,000 rows: customers, products, orders and their lines. The same seed, the same rows. */
export function makeShop(seed: number = SHOP_SEED): ShopTable[] {
  const products = [...makeProducts(seededRandom(seed + 1))];
  return [
    {
      name: "customers",
      columns: ["id", "name", "email", "segment", "city", "country", "preferences", "created_at"],
      rows: () => makeCustomers(seededRandom(seed)),
    },
    {
      name: "products",
      columns: ["id", "sku", "name", "category", "price", "weight_grams", "tags", "is_active"],
      rows: () => products,
    },
    {
      name: "orders",
      columns: ["id", "customer_id", "status", "currency", "ordered_at", "shipped_at", "note"],
      rows: () => makeOrders(seededRandom(seed + 2)),
    },
    {
      name: "order_lines",
      columns: ["order_id", "line_number", "product_id", "quantity", "unit_price", "discount"],
      rows: () =>
        makeOrderLines(
          seededRandom(seed + 3),
          products.map((product) => Number(product[4])),
        ),
    },
  ];
}

function* makeCustomers(random: Random): Generator<Cell[]> {
  for (let id = 1; id <= CUSTOMERS; id++) {
    const given = random.pick(GIVEN_NAMES);
    const family = random.pick(FAMILY_NAMES);
    const [city, country] = random.pick(CITIES);
    const segment = random.next() < 0.8 ? "consumer" : random.pick(["business", "public_sector"]);
    const preferences = { newsletter: random.next() < 0.4, language: country.toLowerCase() };
    yield [
      id,
      `${given} ${family}`,
      `${ascii(given)}.${ascii(family)}.${id}@example.com`,
      segment,
      city,
      country,
      JSON.stringify(preferences),
      isoTime(OPENED + SPAN_MS * random.next() * (id / CUSTOMERS)),
    ];
  }
}

function* makeProducts(random: Random): Generator<Cell[]> {
  for (let id = 1; id <= PRODUCTS; id++) {
    const [category, things, low, high] = random.pick(CATEGORIES);
    const finish = random.pick(FINISHES);
    yield [
      id,
      `${category.slice(0, 2).toUpperCase()}-${String(id).padStart(4, "0")}`,
      `${finish} ${random.pick(things)}`,
      category,
      (random.between(low, high) / 100).toFixed(2),
      random.between(40, 9000),
      `{${[category.toLowerCase(), finish, ...(random.next() < 0.2 ? ["new"] : [])].join(",")}}`,
      random.next() < 0.94,
    ];
  }
}

function* makeOrders(random: Random): Generator<Cell[]> {
  for (let id = 1; id <= ORDERS; id++) {
    // Sales grow with the shop, so later days have more orders; ids follow time.
    const orderedAt = OPENED + SPAN_MS * Math.sqrt((id - random.next()) / ORDERS);
    const status = id > ORDERS - 400 ? random.pick(["placed", "paid"]) : random.next() < 0.04 ? "cancelled" : "shipped";
    const shippedAt = status === "shipped" ? isoTime(orderedAt + random.between(4, 96) * 3_600_000) : null;
    const note = random.next() < 0.05 ? random.pick(NOTES) : null;
    yield [id, 1 + random.skewed(CUSTOMERS), status, random.pick(CITIES)[2], isoTime(orderedAt), shippedAt, note];
  }
}

function* makeOrderLines(random: Random, prices: readonly number[]): Generator<Cell[]> {
  for (let order = 1; order <= ORDERS; order++) {
    const lines = 1 + random.skewed(8);
    for (let line = 1; line <= lines; line++) {
      const product = random.skewed(prices.length);
      const discount = random.next() < 0.15 ? random.pick(["0.0500", "0.1000", "0.2500"]) : "0.0000";
      yield [order, line, product + 1, 1 + random.skewed(5), (prices[product] ?? 0).toFixed(2), discount];
    }
  }
}

const isoTime = (at: number) => new Date(Math.floor(at)).toISOString();

/** The base letters of a name, for an address: "Eliška" is "eliska". */
const ascii = (name: string) =>
  name
    .normalize("NFD")
    .replaceAll(/[^a-zA-Z]/g, "")
    .toLowerCase();
