import { theStage } from "./support/environment.ts";
import { expect, expectAccessible, test as journey } from "./support/journey.ts";
import { makePipelineEnds, ORDERS, type PipelineEnds } from "./support/pipeline-ends.ts";

let journeys = 0;

const test = journey.extend<{ readonly ends: PipelineEnds }>({
  ends: async ({ context }, use) => {
    const ends = await makePipelineEnds(theStage(), context.request, `mapping${++journeys}`);
    await ends.inShop.query(ORDERS);
    await use(ends);
    // A page that still shows what is removed would ask for it.
    for (const page of context.pages()) await page.close();
    await ends.remove();
  },
});

test("columns are left out, renamed and masked, a fault stands at its row, and the preview shows what will arrive", async ({
  page,
  ends,
}) => {
  await ends.inShop.query(
    "create table guests (id int primary key, email text, phone text); insert into guests values (1, 'ada@example.com', '1'), (2, 'bob@example.com', '2')",
  );
  const { id } = await ends.addPipeline({
    name: `Guests ${journeys}`,
    source_table: "guests",
    destination_table: "public.guests",
  });
  await page.goto(`/pipelines/${id}/edit?step=columns`);
  const panel = page.getByRole("region", { name: "Columns and rows" });
  await panel.getByRole("switch", { name: "Include phone" }).click();
  await expect(panel.getByText("left out", { exact: true })).toBeVisible();

  const name = panel.getByRole("textbox", { name: "Name of email at the destination" });
  await name.fill("id");
  await expect(name).toHaveAccessibleDescription("More than one column would arrive under the name id");
  await expectAccessible(page);
  await name.fill("mail");
  await panel
    .getByRole("combobox", { name: "What becomes of email" })
    .selectOption({ label: "Mask: show first and last" });
  await panel.getByRole("button", { name: "Add a condition" }).click();
  await panel.getByRole("combobox", { name: "Column of condition 1" }).selectOption("id");
  await panel.getByRole("combobox", { name: "Operator of condition 1" }).selectOption("equals");
  await panel.getByRole("textbox", { name: "Value of condition 1" }).fill("1");

  const rows = page.getByRole("region", { name: "First rows as they will arrive" });
  await expect(rows.getByRole("columnheader")).toHaveText(["id", "mail"]);
  await expect(rows.getByRole("row").nth(1)).toContainText("a*************m");
  await expect(rows.getByRole("row")).toHaveCount(2);
  await expectAccessible(page);

  await page.goto(`/pipelines/${id}/edit?step=review`);
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await expect(page.getByRole("heading", { level: 1, name: `Guests ${journeys}`, exact: true })).toBeVisible();
  const { mapping } = await (await page.request.get(`/api/pipelines/${id}`)).json();
  expect(mapping).toMatchObject({
    columns: [{ source: "email", name: "mail", transform: { kind: "partial", first: 1, last: 1 } }],
    exclude: ["phone"],
    filter: { match: "all", conditions: [{ column: "id", operator: "equals", values: ["1"] }] },
  });
});

test("an admin reads custom SQL in place of the table, and what is wrong with it is said", async ({ page, ends }) => {
  const { id } = await ends.addPipeline({
    name: `Query ${journeys}`,
    source_table: "orders",
    destination_table: "public.report",
  });
  await page.goto(`/pipelines/${id}/edit?step=columns`);
  const panel = page.getByRole("region", { name: "Columns and rows" });
  await panel.getByRole("switch", { name: "Read custom SQL in place of the table" }).click();
  const sql = panel.getByRole("textbox", { name: "SQL" });
  await sql.fill("begin read only; select 1; commit; create temp table x (i int)");
  await expect(page.getByText(/A run would be refused: The source's SQL cannot be used: .*42601/)).toBeVisible();
  await sql.fill("select 'one' as word, 2 as number");
  await expect(panel.getByRole("switch", { name: "Include word" })).toBeChecked();
  const rows = page.getByRole("region", { name: "First rows as they will arrive" });
  await expect(rows.getByRole("row").nth(1)).toContainText("one");
  await expectAccessible(page);
});
