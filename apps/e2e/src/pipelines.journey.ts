import type { APIRequestContext, Page } from "@playwright/test";
import { theStage } from "./support/environment.ts";
import { expect, expectAccessible, test as journey } from "./support/journey.ts";

interface Made {
  readonly id: string;
  readonly name: string;
}

interface Own {
  /** Begins the names of all pipelines of the journey, and narrows the list to them. */
  readonly prefix: string;
  make(name: string, fields?: object): Promise<Made>;
}

/** Each journey has pipelines of its own, which are gone after it. */
const test = journey.extend<{ readonly own: Own }>({
  own: async ({ context }, use, { title }) => {
    const made: Made[] = [];
    const prefix = `${title.replaceAll(/\W+/g, " ").slice(0, 30)} ·`;
    await use({
      prefix,
      make: async (name, fields = {}) => {
        const pipeline = { ...(await createPipeline(context.request, { name: `${prefix} ${name}`, ...fields })) };
        made.push(pipeline);
        return pipeline;
      },
    });
    for (const { id } of made) await context.request.delete(`/api/pipelines/${id}`).catch(() => undefined);
  },
});

async function createPipeline(request: APIRequestContext, data: object): Promise<Made> {
  const response = await request.post("/api/pipelines", { data });
  expect(response.status(), await response.text()).toBe(201);
  return (await response.json()) as Made;
}

/** Both ends, so that a run can be started; what it then finds is not the journey's concern. */
async function ends(request: APIRequestContext): Promise<object> {
  const sources = (await (await request.get("/api/data-sources")).json()) as { id: string; name: string }[];
  const idOf = (name: string) => sources.find((source) => source.name === name)?.id;
  return {
    source_id: idOf("Sample store"),
    source_table: "public.products",
    destination_id: idOf("Sample warehouse"),
    destination_table: `public.journey_${Date.now()}`,
  };
}

const listOf = (own: Own, more = "") => `/pipelines?search=${encodeURIComponent(own.prefix)}${more}`;
const row = (page: Page, { name }: Made) => page.getByRole("row", { name, exact: true });
const names = (page: Page) =>
  page
    .getByRole("table", { name: "Pipelines" })
    .getByRole("rowheader")
    .evaluateAll((cells) => cells.map((cell) => cell.textContent?.split("· ").at(-1) ?? ""));

test("filters and orders are in the address: shared, reloaded and gone back from", async ({ page, own }) => {
  await own.make("banana");
  await own.make("Apple", { status: "active" });
  await own.make("cherry", { mode: "realtime" });
  await page.goto(listOf(own));
  await expect.poll(() => names(page)).toEqual(["cherry", "Apple", "banana"]);
  await expect(page.getByRole("button", { name: "All 3" })).toBeVisible();

  await page.getByRole("columnheader", { name: "Pipeline" }).getByRole("button").click();
  await expect.poll(() => names(page)).toEqual(["Apple", "banana", "cherry"]);
  await expect(page.getByRole("columnheader", { name: "Pipeline" })).toHaveAttribute("aria-sort", "ascending");
  await page.getByRole("columnheader", { name: "Pipeline" }).getByRole("button").click();
  await expect.poll(() => names(page)).toEqual(["cherry", "banana", "Apple"]);
  await expect(page).toHaveURL(/sort=name.*order=desc/);

  await page.getByRole("button", { name: "Active 1", exact: true }).click();
  await expect.poll(() => names(page)).toEqual(["Apple"]);
  await page.reload();
  await expect.poll(() => names(page)).toEqual(["Apple"]);
  await page.goBack();
  await expect.poll(() => names(page)).toEqual(["cherry", "banana", "Apple"]);

  await page.getByLabel("Mode").selectOption("Real time");
  await expect.poll(() => names(page)).toEqual(["cherry"]);
  await expect(page).toHaveURL(/mode=realtime/);
  await page.getByLabel("Search pipelines").fill("no such name");
  await page.getByRole("button", { name: "Show all pipelines" }).click();
  await expect(page).toHaveURL(/\/pipelines\?sort=name&order=desc$/);
});

test("many at once are switched, and deleted once it was typed how many", async ({ page, own }) => {
  const [one, other, third] = [await own.make("one"), await own.make("two"), await own.make("three")];
  await page.goto(listOf(own));
  for (const pipeline of [one, other]) await row(page, pipeline).getByRole("checkbox").click();
  const bar = page.getByRole("region", { name: "Selected pipelines" });
  await expect(bar.getByText("2 selected")).toBeVisible();
  await expectAccessible(page);

  await bar.getByRole("button", { name: "Switch on" }).click();
  await expect(page.getByText("2 pipelines switched on")).toBeVisible();
  await expect(row(page, one).getByText("Active")).toBeVisible();
  await expect(row(page, third).getByText("Inactive")).toBeVisible();

  // None of them has a source: each is refused, in words, and stays selected.
  for (const pipeline of [one, other]) await row(page, pipeline).getByRole("checkbox").click();
  await bar.getByRole("button", { name: "Run now" }).click();
  await expect(page.getByText(/^2 pipelines not started/)).toBeVisible();
  await expect(bar.getByText("2 selected")).toBeVisible();

  await bar.getByRole("button", { name: "Delete…" }).click();
  const dialog = page.getByRole("dialog", { name: "Delete 2 pipelines?" });
  await expect(dialog.getByRole("button", { name: "Delete 2 pipelines" })).toBeDisabled();
  await expectAccessible(page);
  await dialog.getByLabel("Type “delete 2 pipelines” to confirm").fill("delete 2 pipelines");
  await dialog.getByRole("button", { name: "Delete 2 pipelines" }).click();
  await expect(page.getByText("2 pipelines deleted")).toBeVisible();
  await expect.poll(() => names(page)).toEqual(["three"]);
  await expect(bar).toBeHidden();
});

test.describe("a switch", () => {
  test.use({ expectedTrouble: [/ERR_FAILED|ERR_CONNECTION/] });

  test("shows at once, and goes back when the server cannot be reached", async ({ page, own }) => {
    const pipeline = await own.make("hourly", { schedule: "0 * * * *" });
    await page.goto(listOf(own));
    const toggle = row(page, pipeline).getByRole("switch");
    await toggle.click();
    await expect(toggle).toBeChecked();
    await expect(row(page, pipeline).getByText("Active")).toBeVisible();
    await expect(row(page, pipeline).getByText(/^in \d+ min|in 1 h|in a moment/)).toBeVisible();

    await page.route("**/trpc/pipelines.update**", (request) => request.abort());
    await toggle.click();
    await expect(page.getByText("Millrace cannot be reached")).toBeVisible();
    await expect(toggle).toBeChecked();
    await page.unroute("**/trpc/pipelines.update**");
    await page.reload();
    await expect(toggle).toBeChecked();
  });
});

test("a pipeline is deleted once its name was typed, and its history told who did what until then", async ({
  page,
  own,
  context,
}) => {
  const pipeline = await own.make("doomed", await ends(context.request));
  await page.goto(`/pipelines/${pipeline.id}`);
  const parts = page.getByRole("navigation", { name: "Parts of this pipeline" });
  await expect(page.getByText("No runs yet")).toBeVisible();
  await expectAccessible(page);

  await parts.getByRole("link", { name: "Configuration" }).click();
  await expect(page).toHaveURL(/tab=configuration/);
  await expect(page.getByText("public.products")).toBeVisible();
  await expectAccessible(page);

  await parts.getByRole("link", { name: "Settings" }).click();
  await page.getByRole("textbox", { name: "Description" }).fill("Told in the history");
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.getByText("Saved", { exact: true })).toBeVisible();
  await expectAccessible(page);

  await parts.getByRole("link", { name: "History" }).click();
  const events = page.getByRole("region", { name: "History" }).getByRole("listitem");
  await expect(events).toHaveCount(2);
  await expect(events.first()).toContainText("Ada Miller changed the description");
  await expect(events.first()).toContainText("not set");
  await expect(events.first()).toContainText("Told in the history");
  await expectAccessible(page);
  await page.reload();
  await expect(events).toHaveCount(2);

  await page.getByRole("button", { name: "More about this pipeline" }).click();
  await page.getByRole("menuitem", { name: "Delete…" }).click();
  const dialog = page.getByRole("dialog", { name: "Delete this pipeline?" });
  await expect(dialog.getByText("0 runs and 0 lines of their logs")).toBeVisible();
  await expect(dialog.getByText(/The destination table public\.journey_\d+ and its rows stay/)).toBeVisible();
  const confirm = dialog.getByRole("button", { name: "Delete the pipeline" });
  await expect(confirm).toBeDisabled();
  await expectAccessible(page);
  await dialog.getByLabel("Type the pipeline's name to confirm").fill(`${pipeline.name}x`);
  await expect(confirm).toBeDisabled();
  await dialog.getByLabel("Type the pipeline's name to confirm").fill(pipeline.name);
  await confirm.click();
  await expect(page.getByRole("heading", { name: "Pipelines" })).toBeVisible();
  await expect(page.getByText("Pipeline deleted")).toBeVisible();
});

test("what one browser changes, the other shows by itself", async ({ page, own, browser }) => {
  const pipeline = await own.make("watched");
  await page.goto(listOf(own));
  await expect(row(page, pipeline)).toBeVisible();

  const other = await browser.newContext({ storageState: theStage().sessionFile, baseURL: theStage().url });
  try {
    const elsewhere = await other.newPage();
    await elsewhere.goto(`/pipelines/${pipeline.id}?tab=settings`);
    await elsewhere.getByRole("textbox", { name: "Name" }).fill(`${own.prefix} renamed`);
    await elsewhere.getByRole("button", { name: "Save" }).click();
    await expect.poll(() => names(page)).toEqual(["renamed"]);

    const added = await own.make("added");
    await expect.poll(() => names(page)).toEqual(["added", "renamed"]);
    await expect(page.getByRole("button", { name: "All 2" })).toBeVisible();

    await elsewhere.goto(listOf(own));
    await elsewhere.getByRole("button", { name: `More about ${added.name}` }).click();
    await elsewhere.getByRole("menuitem", { name: "Delete…" }).click();
    await elsewhere.getByLabel("Type the pipeline's name to confirm").fill(added.name);
    await elsewhere.getByRole("button", { name: "Delete the pipeline" }).click();
    await expect.poll(() => names(page)).toEqual(["renamed"]);
  } finally {
    await other.close();
  }
});

test("runs show with rows and duration, as a chart and as a table, and by their state", async ({
  page,
  own,
  context,
}) => {
  const pipeline = await own.make("charted", await ends(context.request));
  const runs = async () =>
    (await (await context.request.get(`/api/pipelines/${pipeline.id}/runs`)).json()) as { status: string }[];
  for (const count of [1, 2]) {
    const started = await context.request.post(`/api/pipelines/${pipeline.id}/trigger`);
    expect(started.status(), await started.text()).toBe(202);
    await expect
      .poll(async () => (await runs()).filter(({ status }) => status === "success").length, { timeout: 60_000 })
      .toBe(count);
  }
  await page.goto(`/pipelines/${pipeline.id}`);
  await expect(page.getByRole("img", { name: /^Chart of the last 2 runs/ })).toBeVisible();
  await expectAccessible(page);
  await page.getByRole("button", { name: "Show as a table" }).click();
  await expect(page.getByRole("region", { name: "Rows and duration as a table" }).getByText("Succeeded")).toHaveCount(
    2,
  );
  await expectAccessible(page);
  await page.getByRole("button", { name: "Succeeded 2" }).click();
  await expect(page).toHaveURL(/status=success/);
  await page.goto(listOf(own));
  await expect(row(page, pipeline).getByRole("img", { name: "Last 2 runs: 2 succeeded" })).toBeVisible();
  await expectAccessible(page);
});

test("the list serves the keyboard alone", async ({ page, own }) => {
  const pipeline = await own.make("by keys", { schedule: "0 * * * *" });
  await page.goto(listOf(own));
  await expect(row(page, pipeline)).toBeVisible();
  const press = async (key: string, until: () => Promise<boolean>) => {
    for (let count = 0; count < 60 && !(await until()); count += 1) await page.keyboard.press(key);
    expect(await until()).toBe(true);
  };
  const hasFocus = (name: string | RegExp, role: "checkbox" | "switch" | "button" | "menuitem") => () =>
    page
      .getByRole(role, { name })
      .first()
      .evaluate((element) => element.matches(":focus"))
      .catch(() => false);

  await press("Tab", hasFocus(`Select ${pipeline.name}`, "checkbox"));
  await page.keyboard.press("Space");
  await expect(page.getByText("1 selected")).toBeVisible();
  await press("Tab", hasFocus(`Schedule of ${pipeline.name}`, "switch"));
  await page.keyboard.press("Space");
  await expect(row(page, pipeline).getByText("Active")).toBeVisible();

  await press("Tab", hasFocus(`More about ${pipeline.name}`, "button"));
  await page.keyboard.press("Enter");
  await expect(page.getByRole("menu")).toBeVisible();
  await expectAccessible(page);
  await press("ArrowDown", hasFocus("Delete…", "menuitem"));
  await page.keyboard.press("Enter");
  await expect(page.getByLabel("Type the pipeline's name to confirm")).toBeFocused();
  await page.keyboard.press("Escape");
  await expect(page.getByRole("dialog")).toBeHidden();

  await press("Shift+Tab", hasFocus(`More about ${pipeline.name}`, "button"));
  await page.keyboard.press("Enter");
  await press("ArrowDown", hasFocus("Delete…", "menuitem"));
  await page.keyboard.press("Enter");
  await page.keyboard.type(pipeline.name);
  await page.keyboard.press("Enter");
  await expect(page.getByText("Pipeline deleted")).toBeVisible();
  await expect(page.getByText("No pipeline matches")).toBeVisible();
});

test.describe("on a narrow screen", () => {
  test.use({ viewport: { width: 390, height: 844 } });

  test("each pipeline is a card with all of its row", async ({ page, own }) => {
    const pipeline = await own.make("card", { schedule: "30 6 * * 1-5" });
    await page.goto(listOf(own));
    const card = row(page, pipeline);
    await expect(card.getByText("At 06:30")).toBeVisible();
    await expect(card.getByText("Recent runs")).toBeVisible();
    await expectAccessible(page);
    const overhang = await page.locator("html").evaluate((html) => html.scrollWidth - html.clientWidth);
    expect(overhang).toBeLessThanOrEqual(0);
  });
});
