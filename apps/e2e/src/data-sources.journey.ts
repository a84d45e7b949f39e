import type { APIRequestContext, Page } from "@playwright/test";
import { theStage } from "./support/environment.ts";
import { expect, expectAccessible, test } from "./support/journey.ts";
import { type JourneyDatabase, makeJourneyDatabase } from "./support/journey-database.ts";

/** Enough tables for the list to show only those in sight. */
const TABLE_COUNT = 400;

const LIBRARY = `
  create table public.books (
    isbn text primary key, title text not null, note text, shelf int not null,
    label text generated always as (title || ' (' || isbn || ')') stored
  );
  insert into public.books select 'isbn-' || n, 'Book ' || n, case when n > 1 then '' end, n from generate_series(1, 40) n;
  create view public.titles as select title from public.books;
  create schema many;
  do $$ begin
    for n in 1..${TABLE_COUNT} loop execute format('create table many.table_%s (id int)', lpad(n::text, 4, '0')); end loop;
  end $$;
  analyze;`;

let library: JourneyDatabase;

test.beforeAll(async () => {
  library = await makeJourneyDatabase(theStage(), "journeys_library", LIBRARY);
});

const checks = (page: Page) => page.getByRole("list", { name: "Checks" });
const check = (page: Page, name: string) =>
  checks(page)
    .getByRole("listitem")
    .filter({ has: page.getByText(name, { exact: true }) });
const startTest = (page: Page) => page.getByRole("button", { name: /^Test (the connection|again)$/ }).click();

async function fillForm(page: Page, changes: Partial<Record<string, string>> = {}): Promise<void> {
  const fields = {
    Host: library.host,
    Port: String(library.port),
    Database: library.database,
    User: library.username,
    Password: library.password,
    ...changes,
  };
  for (const [label, text] of Object.entries(fields)) await page.getByLabel(label, { exact: true }).fill(text ?? "");
}

async function register(request: APIRequestContext, name: string): Promise<string> {
  const { url: _url, ...fields } = library;
  const response = await request.post("/api/data-sources", {
    data: { name, connection_type: "postgresql", ...fields, options: { sslmode: "disable" } },
  });
  expect(response.status(), await response.text()).toBe(201);
  return ((await response.json()) as { id: string }).id;
}

const remove = async (request: APIRequestContext, path: string) => {
  expect((await request.delete(path)).status()).toBe(200);
};

test("a pasted URL becomes a tested data source, and its password never travels to be read", async ({
  page,
  context,
}) => {
  const sent: string[] = [];
  page.on("request", (request) => sent.push(`${request.url()} ${request.postData() ?? ""}`));
  await page.goto("/data-sources");
  await page.getByRole("link", { name: "New data source" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "New data source" })).toBeFocused();
  await expectAccessible(page);

  // Onto the clipboard as a person would put it there.
  await page.getByLabel("Name").fill(library.url);
  await page.getByLabel("Name").press("Control+A");
  await page.keyboard.press("Control+X");
  await page.getByLabel("Connection URL").focus();
  await page.keyboard.press("Control+V");
  await expect(page.getByLabel("Host")).toHaveValue(library.host);
  await expect(page.getByLabel("Port")).toHaveValue(String(library.port));
  await expect(page.getByLabel("Database")).toHaveValue(library.database);
  await expect(page.getByLabel("Password", { exact: true })).toHaveValue(library.password);
  await expect(page.getByLabel("TLS mode")).toHaveValue("disable");
  await expect(page.getByLabel("Connection URL")).toHaveValue("");
  expect(sent.some((line) => line.includes("sources.parseUrl"))).toBe(true);
  for (const password of [library.password, encodeURIComponent(library.password)]) {
    expect(sent.filter((line) => line.includes(password))).toEqual([]);
  }

  // The guide speaks of what stands in the form, and never of the password.
  const guide = page.getByRole("region", { name: "Set up PostgreSQL" });
  await expect(guide).toContainText(`create role "${library.username}" login`);
  await expect(guide).not.toContainText(library.password);
  await guide.getByRole("button", { name: "Write to it" }).click();
  await guide.getByLabel("Schema").fill("sales");
  await expect(guide).toContainText(`grant usage, create on schema "sales" to "${library.username}"`);

  await page.getByLabel("Name").fill("Library by URL");
  await startTest(page);
  await expect(page.getByText("The test passed").last()).toBeVisible();
  await expect(check(page, "Sign-in")).toContainText(`Signed in as ${library.username}`);
  await expectAccessible(page);
  await page.getByRole("button", { name: "Create data source" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Library by URL" })).toBeVisible();
  await expect(page.getByText("Stored, encrypted")).toBeVisible();
  await remove(context.request, `/api/data-sources/${page.url().split("/").at(-1)}`);
});

test.describe("a form that is filled in", () => {
  test.use({ expectedTrouble: [/status of 400|status: 400/] });

  test("finds the fault at each step, says so where it is, and goes on to where it was needed", async ({
    page,
    context,
  }) => {
    const taken = await register(context.request, "Library, taken");
    await page.goto(`/data-sources/new?returnTo=${encodeURIComponent("/pipelines?search=Sample")}`);
    await page.getByRole("button", { name: "Create data source" }).click();
    await expect(page.getByLabel("Name")).toBeFocused();
    await expect(page.getByLabel("Name")).toHaveAccessibleDescription(/Is required/);
    await expect(page.getByLabel("Host")).toHaveAccessibleDescription(/Is required/);
    await expectAccessible(page);

    // Nobody there.
    await fillForm(page, { Port: "1" });
    await page.getByLabel("TLS mode").selectOption("disable");
    await startTest(page);
    await expect(check(page, "Server")).toContainText("CONNECTION_REFUSED");
    await expect(check(page, "Sign-in")).toContainText("Not looked at");

    // A result is about the values that were tested.
    await page.getByLabel("Port").fill(String(library.port));
    await expect(page.getByText("Changed since the test: test again")).toBeVisible();
    await page.getByLabel("Port").fill("1");
    await expect(page.getByText("Changed since the test: test again")).toBeHidden();

    await fillForm(page, { Password: "wrong" });
    await startTest(page);
    await expect(check(page, "Sign-in")).toContainText("Check user name and password of the data source.");
    await expect(check(page, "Server").getByRole("img", { name: "Passed" })).toBeVisible();
    await expectAccessible(page);

    // What only the connector's schema knows stands at its field.
    await page.getByLabel("Password", { exact: true }).fill(library.password);
    await page.getByLabel("Host").fill("/var/run/postgresql");
    await startTest(page);
    await expect(page.getByLabel("Host")).toHaveAccessibleDescription(/Must be one host name or address/);
    await page.getByLabel("Host").fill(library.host);
    await startTest(page);
    await expect(page.getByText("The test passed").last()).toBeVisible();

    await page.getByLabel("Name").fill("Library, taken");
    await page.getByRole("button", { name: "Create data source" }).click();
    await expect(page.getByLabel("Name")).toHaveAccessibleDescription(/already/i);
    await page.getByLabel("Name").fill("Library by form");
    await page.getByRole("button", { name: "Create data source" }).click();
    await expect(page.getByRole("heading", { level: 1, name: "Pipelines" })).toBeVisible();
    await expect(page).toHaveURL(/\/pipelines\?search=Sample/);
    await expect(page.getByLabel("Search pipelines")).toHaveValue("Sample");

    await remove(context.request, `/api/data-sources/${taken}`);
    await page.goto("/data-sources?search=by+form");
    await page.getByRole("link", { name: "Library by form" }).click();
    await page.getByRole("button", { name: "Delete" }).click();
    await page.getByRole("button", { name: "Delete data source" }).click();
    await expect(page.getByRole("heading", { level: 1, name: "Data sources" })).toBeVisible();
  });

  test("keeps a stored password until it would go elsewhere, and is not left by mistake", async ({ page, context }) => {
    const id = await register(context.request, "Library, kept");
    await page.goto(`/data-sources/${id}/edit`);
    await expect(page.getByLabel("Password", { exact: true })).toHaveValue("");
    await expect(page.getByText("Stored, and never shown. Leave it empty to keep it.")).toBeVisible();
    await expectAccessible(page);
    await startTest(page);
    await expect(page.getByText("The test passed").last()).toBeVisible();

    await page.getByLabel("Host").fill("localhost");
    await page.getByRole("button", { name: "Save changes" }).click();
    await expect(page.getByLabel("Password", { exact: true })).toHaveAccessibleDescription(/Must be entered again/);

    await page.getByRole("link", { name: "Cancel" }).click();
    const guard = page.getByRole("dialog", { name: "Leave without saving?" });
    await expect(guard.getByRole("button", { name: "Keep editing" })).toBeFocused();
    await expectAccessible(page);
    await page.keyboard.press("Escape");
    await expect(guard).toBeHidden();
    await expect(page).toHaveURL(/\/edit$/);

    await page.getByLabel("Host").fill(library.host);
    await page.getByLabel("Name").fill("Library, renamed");
    await page.getByRole("button", { name: "Save changes" }).click();
    await expect(page.getByRole("heading", { level: 1, name: "Library, renamed" })).toBeVisible();
    await expect(page.getByText("Stored, encrypted")).toBeVisible();
    await remove(context.request, `/api/data-sources/${id}`);
  });
});

test("tables, columns and rows are looked into by keyboard and by address", async ({ page, context }) => {
  const id = await register(context.request, "Library, read");
  await page.goto(`/data-sources/${id}`);
  const list = page.getByRole("list", { name: "Tables" });
  await list.getByRole("link").first().waitFor();
  await expect(page.getByText(`${TABLE_COUNT + 2} tables`)).toBeVisible();
  expect(await list.getByRole("listitem").count()).toBeLessThan(60);
  await expectAccessible(page);

  // The last table is one key away, though it was not drawn.
  await list.getByRole("link").first().focus();
  await page.keyboard.press("End");
  await expect(list.getByRole("link", { name: /titles/ })).toBeFocused();
  await page.keyboard.press("ArrowUp");
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/table=public\.books/);
  const table = page.getByRole("region", { name: "Table public.books" });
  await expect(table.getByRole("rowheader", { name: "isbn primary key" })).toBeVisible();
  await expect(table.getByRole("rowheader", { name: "label generated" })).toBeVisible();
  const rows = table.getByRole("region", { name: "First rows" });
  await expect(rows.getByRole("row")).toHaveCount(21);
  await expect(rows.getByRole("cell", { name: "NULL" })).toHaveCount(1);
  await expectAccessible(page);

  await expect(table.getByRole("link", { name: "New pipeline from it" })).toHaveAttribute(
    "href",
    `/pipelines/new?sourceId=${id}&sourceTable=public.books`,
  );

  await page.reload();
  await expect(rows.getByRole("cell", { name: "Book 20 (isbn-20)" })).toBeVisible();
  await page.getByLabel("Search tables").fill("many 0399");
  await expect(page).toHaveURL(/search=many\+0399/);
  await expect(list.getByRole("link")).toHaveCount(1);
  await page.getByLabel("Search tables").fill("no such table");
  await expect(page.getByText("No table matches")).toBeVisible();
  await page.getByRole("button", { name: "Show all tables" }).click();
  await expect(list.getByRole("link").first()).toBeVisible();

  await startTest(page);
  await expect(check(page, "Reading")).toContainText(`${TABLE_COUNT + 2} tables can be read`);
  await remove(context.request, `/api/data-sources/${id}`);
});

test("a data source is kept while a pipeline uses it, which is named, and deleted when none does", async ({
  page,
  context,
}) => {
  const id = await register(context.request, "Library, used");
  const made = await context.request.post("/api/pipelines", {
    data: { name: "Reads the library", source_id: id, source_table: "public.books" },
  });
  const pipeline = (await made.json()) as { id: string };
  await page.goto(`/data-sources/${id}`);
  const uses = page.getByRole("table", { name: "Pipelines that use this data source" });
  await expect(uses.getByRole("row", { name: /Reads the library/ })).toContainText("public.books");
  await page.getByRole("button", { name: "Delete" }).click();
  const refusal = page.getByRole("dialog", { name: "Library, used cannot be deleted" });
  await expect(refusal.getByRole("link", { name: "Reads the library" })).toBeVisible();
  await expectAccessible(page);
  await page.keyboard.press("Escape");
  await expect(page.getByRole("button", { name: "Delete" })).toBeFocused();

  await remove(context.request, `/api/pipelines/${pipeline.id}`);
  await page.reload();
  await expect(page.getByText("No pipeline uses this data source yet.")).toBeVisible();
  await page.getByRole("button", { name: "Delete" }).click();
  const question = page.getByRole("alertdialog", { name: "Delete Library, used?" });
  await expect(question.getByRole("button", { name: "Keep it" })).toBeFocused();
  await expectAccessible(page);
  await question.getByRole("button", { name: "Delete data source" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Data sources" })).toBeFocused();
  await expect(page.getByRole("link", { name: "Library, used" })).toBeHidden();
});

test("a data source that a new pipeline needs is made on the way, and chosen when one comes back", async ({
  page,
  context,
}) => {
  await page.goto("/pipelines/new");
  await page.getByRole("link", { name: "New data source" }).click();
  await page.getByLabel("Connection URL").fill(library.url);
  await page.getByRole("button", { name: "Fill in" }).click();
  await expect(page.getByLabel("Host")).toHaveValue(library.host);
  await page.getByLabel("Name").fill("Library, on the way");
  await page.getByRole("button", { name: "Create data source" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "New pipeline" })).toBeVisible();
  await expect(page.getByRole("radio", { name: "Library, on the way" })).toBeChecked();
  await expect(page).not.toHaveURL(/createdSourceId/);
  await page.getByRole("link", { name: "Cancel" }).click();
  await page.getByRole("button", { name: "Discard and leave" }).click();
  const found = await context.request.get("/api/data-sources?search=on+the+way");
  for (const { id } of (await found.json()) as { id: string }[])
    await remove(context.request, `/api/data-sources/${id}`);
});

test("the list is searched and sorted in the address", async ({ page, context }) => {
  const ids = [await register(context.request, "Zoo"), await register(context.request, "Aviary")];
  await page.goto("/data-sources");
  const names = page.getByRole("rowheader");
  await expect(names.first()).toHaveText("Aviary");
  await expect(page.getByRole("columnheader", { name: "Created" })).toHaveAttribute("aria-sort", "descending");
  await page.getByRole("button", { name: "Data source", exact: true }).click();
  await expect(page).toHaveURL(/order=name/);
  await page.getByRole("button", { name: "Data source", exact: true }).click();
  await expect(page).toHaveURL(/order=-name/);
  await expect(names.first()).toHaveText("Zoo");
  await page.getByLabel("Search data sources").fill("AVI");
  await expect(names).toHaveText(["Aviary"]);
  await page.reload();
  await expect(names).toHaveText(["Aviary"]);
  await expect(page.getByLabel("Search data sources")).toHaveValue("AVI");
  await expectAccessible(page);
  await page.getByLabel("Search data sources").fill("no such name");
  await expect(page.getByText("No data source matches")).toBeVisible();
  await expectAccessible(page);
  await page.getByRole("button", { name: "Show all data sources" }).click();
  await expect(names.filter({ hasText: "Zoo" })).toBeVisible();
  for (const id of ids) await remove(context.request, `/api/data-sources/${id}`);
});

test("a data source is made by keyboard alone", async ({ page, context }) => {
  await page.goto("/data-sources");
  await page.getByRole("link", { name: "Sample store" }).waitFor();
  /** Goes on by the tab key until what has the focus is what is meant. */
  const tabTo = async (name: string | RegExp, role: "link" | "textbox" | "button" | "combobox") => {
    const target = page.getByRole(role, { name, exact: typeof name === "string" });
    for (let presses = 0; presses < 60; presses += 1) {
      await page.keyboard.press("Tab");
      if (await target.evaluate((element) => element.matches(":focus")).catch(() => false)) return;
    }
    throw new RangeError(`the tab key does not reach ${String(name)}`);
  };
  await tabTo("New data source", "link");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { level: 1, name: "New data source" })).toBeFocused();
  await tabTo("Connection URL", "textbox");
  await page.keyboard.type(library.url);
  await page.keyboard.press("Enter");
  await expect(page.getByLabel("Host")).toHaveValue(library.host);
  await tabTo("Name", "textbox");
  await page.keyboard.type("Library by keyboard");
  await tabTo("Test the connection", "button");
  await page.keyboard.press("Enter");
  await expect(page.getByText("The test passed").last()).toBeVisible();
  await tabTo("Create data source", "button");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { level: 1, name: "Library by keyboard" })).toBeFocused();
  await tabTo("Delete", "button");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("button", { name: "Keep it" })).toBeFocused();
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { level: 1, name: "Data sources" })).toBeFocused();
  expect((await (await context.request.get("/api/data-sources?search=keyboard")).json()) as unknown[]).toEqual([]);
});

test.describe("on a narrow screen", () => {
  test.use({ viewport: { width: 390, height: 844 } });

  test("every page of data sources is accessible and fits", async ({ page, context }) => {
    const id = await register(context.request, "Library, on a telephone");
    for (const path of [
      "/data-sources",
      "/data-sources/new",
      `/data-sources/${id}?table=public.books`,
      `/data-sources/${id}/edit`,
    ]) {
      await page.goto(path);
      await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
      await page.waitForLoadState("networkidle");
      await expectAccessible(page);
      const overhang = await page.locator("html").evaluate((html) => html.scrollWidth - html.clientWidth);
      expect(overhang, path).toBeLessThanOrEqual(0);
    }
    await remove(context.request, `/api/data-sources/${id}`);
  });
});
