import type { AppError, PreflightCheck } from "@millrace/shared";

/** The shapes of a pre-flight's answers. */

export const passed = (name: string, message: string, group: PreflightCheck["group"] = "required"): PreflightCheck => ({
  name,
  group,
  status: "passed",
  message,
  code: null,
  hint: null,
});

export function failed(name: string, error: AppError): PreflightCheck {
  const { code, message, hint } = error.toSummary();
  return { name, group: "required", status: "failed", message, code, hint };
}

export const skipped = (name: string): PreflightCheck => ({
  name,
  group: "required",
  status: "skipped",
  message: "Not looked at, because of what failed above",
  code: null,
  hint: null,
});

export const warned = (name: string, message: string, hint: string | null): PreflightCheck => ({
  name,
  group: "warning",
  status: "warning",
  message,
  code: null,
  hint,
});

/** `1 row`, `2,000 rows`. */
export const worded = (count: number, noun: string): string =>
  `${count.toLocaleString("en")} ${noun}${count === 1 ? "" : "s"}`;
