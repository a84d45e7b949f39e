import { AppError } from "@millrace/shared";

const USE_YOUR_OWN = "Or set DATABASE_URL to a PostgreSQL server of your own.";

export const embeddedError = (reason: string, advice: string, cause?: unknown): AppError =>
  new AppError("EMBEDDED_DATABASE_FAILED", { params: { reason, advice: `${advice} ${USE_YOUR_OWN}` }, cause });
