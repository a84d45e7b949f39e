import { expect, test } from "vitest";
import { escapeControls } from "./control-characters.ts";
import { formatLogLine } from "./run-log.ts";

const whole = (text: string) => escapeControls(text, { keepBreaks: false });

test("control characters are seen and not obeyed", () => {
  expect(whole("a\u001b[31mred\u0007")).toBe(String.raw`a\u001b[31mred\u0007`);
  expect(whole("left\u202eright\u2066x\u200f")).toBe(String.raw`left\u202eright\u2066x\u200f`);
  expect(whole("c1 \u009b0m del \u007f")).toBe(String.raw`c1 \u009b0m del \u007f`);
});

test("letters, signs and emoji stay as they are", () => {
  const text = 'Größe 数据 emoji 👩‍💻 "quoted" \\n';
  expect(whole(text)).toBe(text);
});

test("breaks are kept where a line cannot be mistaken for another", () => {
  expect(escapeControls("a\n\tb\r\n", { keepBreaks: true })).toBe("a\n\tb\\r\n");
});

// security.md S32
test("no message makes two lines of one", () => {
  const forged = "x\r\n2026-11-23T12:00:00.000Z error all is lost\u2028and more";
  const text = formatLogLine({ seq: 1, at: "2026-11-23T12:00:00.000Z", level: "info", message: forged });
  expect(text.split(/[\r\n\u2028\u2029\u0085]/)).toHaveLength(1);
  expect(text.startsWith("2026-11-23T12:00:00.000Z info  x\\r\\n2026")).toBe(true);
});
