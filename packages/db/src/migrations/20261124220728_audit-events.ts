import { Migration } from '@mikro-orm/migrations';

export class Migration20261124220728_audit_events extends Migration {

  override name = 'Migration20261124220728_audit_events';

  override up(): void | Promise<void> {
    this.addSql(`create table "audit_events" ("id" uuid not null, "organization_id" uuid not null, "at" timestamptz not null default now(), "action" varchar(100) not null, "via" varchar(20) not null, "actor_id" varchar(255) not null, "actor_name" varchar(255) not null, "actor_email" varchar(255) not null, "credential_id" varchar(255) not null, "subject_type" varchar(40) not null, "subject_id" varchar(255) null, "subject_name" text null, "pipeline_id" uuid null, "changes" jsonb not null default '[]', primary key ("id"));`);
    this.addSql(`create index "audit_events_pipeline_index" on "audit_events" ("organization_id", "pipeline_id", "id");`);
    this.addSql(`create index "audit_events_subject_index" on "audit_events" ("organization_id", "subject_type", "subject_id", "id");`);
    this.addSql(`alter table "audit_events" add constraint "audit_events_organization_unique" unique ("organization_id", "id");`);

    this.addSql(`alter table "audit_events" enable row level security;`);
    this.addSql(`alter table "audit_events" force row level security;`);
    this.addSql(`create policy "audit_events_tenant" on "audit_events" to "millrace_app" using (organization_id = (select nullif(current_setting('millrace.organization_id', true), '')::uuid)) with check (organization_id = (select nullif(current_setting('millrace.organization_id', true), '')::uuid));`);
  }

}
