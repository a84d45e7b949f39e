import type { ErrorCode } from "@millrace/shared";
import { HttpProblem } from "./errors.ts";

/** Posts JSON to a route beside tRPC, which only signing in and out need. Rejects with `HttpProblem`, or as `fetch` does. */
export async function postJson(path: string, body: object): Promise<void> {
  const response = await fetch(path, {
    method: "POST",
    headers: { "content-type": "application/json", accept: "application/json" },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw await problemOf(response);
}

async function problemOf(response: Response): Promise<HttpProblem> {
  const problem = await readProblem(response);
  return new HttpProblem({
    code: (text(problem["code"]) as ErrorCode | undefined) ?? fallbackCode(response.status),
    message: text(problem["error"]) ?? "The server answered with an error",
    hint: text(problem["hint"]) ?? text(problem["detail"]) ?? "Try again in a moment.",
  });
}

async function readProblem(response: Response): Promise<Record<string, unknown>> {
  try {
    return (await response.json()) as Record<string, unknown>;
  } catch {
    return {};
  }
}

const text = (value: unknown): string | undefined => (typeof value === "string" && value !== "" ? value : undefined);

const fallbackCode = (status: number): ErrorCode => (status === 429 ? "RATE_LIMITED" : "INTERNAL");
