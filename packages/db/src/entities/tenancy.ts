import type { FilterDef, PolicyDef } from "@mikro-orm/core";

/** The session variable that every row policy compares with; `forOrganization` sets it for each transaction. */
export const ORGANIZATION_VARIABLE = "millrace.organization_id";

/** Serves requests and runs: neither owns a table nor bypasses a policy. */
export const APP_ROLE = "millrace_app";

/** May execute the functions of schema `millrace` and nothing else of the tenants'. */
export const WORKER_ROLE = "millrace_worker";

/**
 * Compared as `uuid`, and with the empty string read as null: after its first transaction a pooled connection knows the
 * variable as '' instead of not at all, and either must mean "no row". The sub-select makes it one evaluation a statement.
 */
const ownOrganization = `organization_id = (select nullif(current_setting('${ORGANIZATION_VARIABLE}', true), '')::uuid)`;

/** What makes an entity a tenant's: forced row-level security and one policy that binds reads and writes alike. */
export const tenantTable = (table: string) => ({
  rowLevelSecurity: "force" as const,
  policies: [
    { name: `${table}_tenant`, roles: [APP_ROLE], using: ownOrganization, check: ownOrganization },
  ] satisfies PolicyDef[],
  filters: {
    tenant: {
      name: "tenant",
      cond: (args: { organizationId?: string }) => ({ organizationId: args.organizationId }),
      default: true,
    },
  } satisfies Record<string, FilterDef>,
});
