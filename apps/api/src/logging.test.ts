import { AppError } from "@millrace/shared";
import { describe, expect, it } from "vitest";
import { createLogger, SecretRegister } from "./logging.ts";

function recorded(write: (logger: ReturnType<typeof createLogger>) => void, secrets = new SecretRegister()): string {
  const lines: string[] = [];
  write(createLogger({ level: "trace", secrets, stream: { write: (line) => void lines.push(line) } }));
  return lines.join("");
}

describe("the log", () => {
  it("leaves out what stands under the key of a secret, at any of three levels", () => {
    const log = recorded((logger) => {
      logger.info({
        password: "s3cret-a",
        user: { token: "s3cret-b" },
        req: { headers: { authorization: "s3cret-c" } },
      });
    });
    expect(log).not.toContain("s3cret");
    expect(log).toContain("[redacted]");
  });

  it("blots out a secret that it was told wherever it turns up, also as JSON spells it", () => {
    const secrets = new SecretRegister();
    const secret = 'quo"te\\and more';
    secrets.add(secret);
    const log = recorded((logger) => {
      logger.error({ err: new Error(`connecting with ${secret} failed`), note: secret }, `tried ${secret}`);
    }, secrets);
    expect(log).not.toContain("and more");
    expect(log.split("[redacted]").length).toBe(4);
  });

  // security.md S15
  it("keeps code and constraint of a database error and no value", () => {
    const driver = Object.assign(new Error('invalid input syntax for type integer: "row value"'), {
      code: "22P02",
      constraint: "orders_check",
      detail: "Failing row contains (row value).",
    });
    const log = recorded((logger) => logger.error({ err: new AppError("INTERNAL", { cause: driver }) }, "failed"));
    expect(log).not.toContain("row value");
    expect(log).toContain("22P02");
    expect(log).toContain("orders_check");
  });

  // security.md S32
  it("is one JSON object a line, whatever a message holds", () => {
    const log = recorded((logger) => logger.info({ name: 'a\n{"level":60}\u001b[31m' }, "line\r\nforged"));
    expect(log.trimEnd().split("\n")).toHaveLength(1);
    expect(JSON.parse(log)).toMatchObject({ msg: "line\r\nforged" });
    expect(log).not.toContain("\u001b");
  });

  it("remembers a bounded number of secrets", () => {
    const secrets = new SecretRegister();
    for (let count = 0; count < 3_000; count += 1) secrets.add(`secret number ${count}.`);
    expect(secrets.scrub("secret number 0.")).toBe("secret number 0.");
    expect(secrets.scrub("secret number 2999.")).toBe("[redacted]");
  });
});
