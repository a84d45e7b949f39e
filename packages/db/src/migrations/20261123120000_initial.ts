import { Migration } from '@mikro-orm/migrations';

export class Migration20261123120000_initial extends Migration {

  override name = 'Migration20261123120000_initial';

  override up(): void | Promise<void> {
    this.addSql(`create table "data_sources" ("id" uuid not null, "organization_id" uuid not null, "name" varchar(255) not null, "connection_type" varchar(40) not null, "host" varchar(255) null, "port" int null, "database" varchar(255) null, "username" varchar(255) null, "options" jsonb not null default '{}', "secret" text null, "created_by" varchar(255) not null, "created_at" timestamptz not null default now(), "updated_at" timestamptz not null default now(), primary key ("id"));`);
    this.addSql(`alter table "data_sources" add constraint "data_sources_name_unique" unique ("organization_id", "name");`);
    this.addSql(`alter table "data_sources" add constraint "data_sources_organization_unique" unique ("organization_id", "id");`);

    this.addSql(`create table "pipelines" ("id" uuid not null, "organization_id" uuid not null, "name" varchar(255) not null, "description" text not null default '', "source_id" uuid null, "source_table" text null, "destination_id" uuid null, "destination_table" text null, "mode" varchar(20) not null default 'batch', "write_mode" varchar(20) not null default 'replace', "schedule" varchar(255) null, "timezone" varchar(60) not null default 'UTC', "status" varchar(20) not null default 'inactive', "is_enabled" boolean not null default false, "verify" boolean not null default true, "fence" bigint not null default '0', "created_by" varchar(255) not null, "created_at" timestamptz not null default now(), "updated_at" timestamptz not null default now(), "last_run_at" timestamptz null, "next_run_at" timestamptz null, "mapping" jsonb not null default '{}', "policies" jsonb not null default '{}', "limits" jsonb not null default '{}', primary key ("id"));`);
    this.addSql(`create index "pipelines_source_index" on "pipelines" ("organization_id", "source_id");`);
    this.addSql(`create index "pipelines_destination_index" on "pipelines" ("organization_id", "destination_id");`);
    this.addSql(`create index "pipelines_due_index" on "pipelines" ("next_run_at") where next_run_at is not null;`);
    this.addSql(`alter table "pipelines" add constraint "pipelines_name_unique" unique ("organization_id", "name");`);
    this.addSql(`alter table "pipelines" add constraint "pipelines_organization_unique" unique ("organization_id", "id");`);

    this.addSql(`create table "pipeline_runs" ("id" uuid not null, "organization_id" uuid not null, "pipeline_id" uuid not null, "status" varchar(20) not null default 'pending', "trigger" varchar(20) not null, "triggered_by" varchar(255) null, "due_at" timestamptz null, "attempt" int not null default 0, "fence" bigint not null default '0', "lease_until" timestamptz null, "worker_id" varchar(255) null, "start_time" timestamptz null, "end_time" timestamptz null, "records_processed" bigint not null default '0', "records_failed" bigint not null default '0', "log" text not null default '', "error_message" text null, "failure" jsonb null, "progress" jsonb null, "proof" jsonb null, "plan" jsonb null, "cancel_requested_at" timestamptz null, "created_at" timestamptz not null default now(), primary key ("id"));`);
    this.addSql(`create index "pipeline_runs_pipeline_index" on "pipeline_runs" ("organization_id", "pipeline_id", "id");`);
    this.addSql(`create index "pipeline_runs_active_index" on "pipeline_runs" ("status", "lease_until") where status in ('pending', 'running');`);
    this.addSql(`alter table "pipeline_runs" add constraint "pipeline_runs_organization_unique" unique ("organization_id", "id");`);
    this.addSql(`alter table "pipeline_runs" add constraint "pipeline_runs_due_unique" unique ("pipeline_id", "due_at");`);
    this.addSql(`create unique index "pipeline_runs_active_unique" on "pipeline_runs" ("pipeline_id") where status in ('pending', 'running');`);

    this.addSql(`create table "run_log_lines" ("id" uuid not null, "organization_id" uuid not null, "run_id" uuid not null, "seq" int not null, "at" timestamptz not null default now(), "level" varchar(10) not null, "message" text not null, primary key ("id"));`);
    this.addSql(`alter table "run_log_lines" add constraint "run_log_lines_seq_unique" unique ("organization_id", "run_id", "seq");`);

    this.addSql(`alter table "data_sources" enable row level security;`);
    this.addSql(`alter table "data_sources" force row level security;`);
    this.addSql(`create policy "data_sources_tenant" on "data_sources" to "millrace_app" using (organization_id = (select nullif(current_setting('millrace.organization_id', true), '')::uuid)) with check (organization_id = (select nullif(current_setting('millrace.organization_id', true), '')::uuid));`);
    this.addSql(`alter table "pipelines" enable row level security;`);
    this.addSql(`alter table "pipelines" force row level security;`);
    this.addSql(`create policy "pipelines_tenant" on "pipelines" to "millrace_app" using (organization_id = (select nullif(current_setting('millrace.organization_id', true), '')::uuid)) with check (organization_id = (select nullif(current_setting('millrace.organization_id', true), '')::uuid));`);
    this.addSql(`alter table "pipeline_runs" enable row level security;`);
    this.addSql(`alter table "pipeline_runs" force row level security;`);
    this.addSql(`create policy "pipeline_runs_tenant" on "pipeline_runs" to "millrace_app" using (organization_id = (select nullif(current_setting('millrace.organization_id', true), '')::uuid)) with check (organization_id = (select nullif(current_setting('millrace.organization_id', true), '')::uuid));`);
    this.addSql(`alter table "run_log_lines" enable row level security;`);
    this.addSql(`alter table "run_log_lines" force row level security;`);
    this.addSql(`create policy "run_log_lines_tenant" on "run_log_lines" to "millrace_app" using (organization_id = (select nullif(current_setting('millrace.organization_id', true), '')::uuid)) with check (organization_id = (select nullif(current_setting('millrace.organization_id', true), '')::uuid));`);
  }

}
