import { expect, expectAccessible, test } from "./support/journey.ts";

test("a run that fails says why, where to look and what to do", async ({ page, context }) => {
  const sources = (await (await context.request.get("/api/data-sources")).json()) as { id: string; name: string }[];
  const idOf = (name: string) => sources.find((source) => source.name === name)?.id;
  const created = await context.request.post("/api/pipelines", {
    data: {
      name: "A table that is not there",
      source_id: idOf("Sample store"),
      source_table: "public.no_such_table",
      destination_id: idOf("Sample warehouse"),
      destination_table: "public.never",
    },
  });
  expect(created.status(), await created.text()).toBe(201);
  const { id } = (await created.json()) as { id: string };

  await page.goto(`/pipelines/${id}`);
  await page.getByRole("button", { name: "Run now" }).click();
  const failure = page.getByRole("region", { name: "Failure" });
  await expect(failure.getByRole("heading", { name: "The source has no table public.no_such_table" })).toBeVisible();
  await expect(failure.getByText("SOURCE_TABLE_MISSING")).toBeVisible();
  await expect(failure.getByText("Where to look: Source")).toBeVisible();
  await expect(failure.getByText("Check schema and name")).toBeVisible();
  await expectAccessible(page);
  await expect(page.getByRole("button", { name: "Retry" })).toBeVisible();
});
