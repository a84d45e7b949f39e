import type { Connector } from "@millrace/engine";
import { type ConnectionTestResult, type TestDraftInput, toAppError } from "@millrace/shared";
import type { Scope } from "../context.ts";
import { openOptions, takeLook } from "./open-connection.ts";
import { configOf } from "./source-config.ts";
import { assertPasswordStays, connectionOf, getSource, openSecret } from "./sources.service.ts";

/**
 * Connects and checks what a run would need. What goes wrong is an answer and not an error, in the same few codes whether a
 * port is closed or filtered. Throws `RATE_LIMITED` after ten tests a minute by one user, so that nobody scans ports with it.
 */
export async function testSource(
  scope: Scope,
  id: string,
  signal: AbortSignal | undefined,
): Promise<ConnectionTestResult> {
  const source = await getSource(scope, id);
  scope.platform.connectionTests.take(scope.actor.userId);
  let connection: { connector: Connector; config: unknown };
  try {
    connection = connectionOf(scope.platform, source);
  } catch (error) {
    // A password that cannot be decrypted, or options of another version: what is stored is at fault, not the caller.
    const { code, message, hint } = toAppError(error).toSummary();
    return { isOk: false, checks: [{ name: "Configuration", status: "failed", message, code, hint }] };
  }
  return test(scope, connection, signal);
}

/**
 * Tests values as they were sent; counts towards the same limit. Of a data source that is being changed the stored password
 * goes along where none was sent, but only to the place that it was entered for. Throws `VALIDATION_FAILED` by field,
 * `DATA_SOURCE_NOT_FOUND`, `UNSUPPORTED`, `RATE_LIMITED`.
 */
export async function testDraft(
  scope: Scope,
  { id, password, ...fields }: TestDraftInput,
  signal: AbortSignal | undefined,
): Promise<ConnectionTestResult> {
  const stored = id === undefined ? null : await getSource(scope, id);
  let secret = password ?? null;
  if (stored && password === undefined) {
    // What is left out is unset here, where an update would keep it.
    assertPasswordStays(stored, fields);
    secret = openSecret(scope.platform, stored);
  } else if (secret !== null) {
    scope.platform.rememberSecret(secret);
  }
  const connection = configOf(stored ? { ...fields, connectionType: stored.connectionType } : fields, secret);
  scope.platform.connectionTests.take(scope.actor.userId);
  return test(scope, connection, signal);
}

function test(
  scope: Scope,
  { connector, config }: { connector: Connector; config: unknown },
  callerLeft: AbortSignal | undefined,
): Promise<ConnectionTestResult> {
  return takeLook(scope, callerLeft, async (look) => {
    const checks = await connector.test(config, await openOptions(scope, "source", look));
    return { isOk: checks.every((check) => check.status !== "failed"), checks };
  });
}
