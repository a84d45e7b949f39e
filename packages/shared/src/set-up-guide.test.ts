import { expect, it } from "vitest";
import { fillGuideSql } from "./set-up-guide.ts";

it("names in a guide's SQL are quoted, whatever they are made of", () => {
  const guide = { identifierQuote: '"', parts: [] };
  const names = { username: 'an"n', database: "{schema}", schema: "$&" };
  expect(fillGuideSql("grant {username} on {database}, {schema}, {other}", guide, names)).toBe(
    'grant "an""n" on "{schema}", "$&", {other}',
  );
});
