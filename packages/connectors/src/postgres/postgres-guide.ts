import type { SetUpGuide } from "@millrace/shared";

const newUser = {
  text: "Make a role for Millrace, with a long password of its own.",
  sql: `create role {username} login password 'choose a long password';`,
};

/**
 * The least that a run needs, as one would type it into psql. `postgres-guide.test.ts` runs it on a real server and then
 * copies with it.
 */
export const postgresGuide: SetUpGuide = {
  identifierQuote: '"',
  parts: [
    {
      purpose: "read",
      title: "To read from this database",
      summary: "A role that can read the tables of a schema, and nothing else.",
      steps: [
        newUser,
        {
          text: "In the database, let it connect and read. Repeat for each schema that holds tables to be read.",
          sql: `grant connect on database {database} to {username};
grant usage on schema {schema} to {username};
grant select on all tables in schema {schema} to {username};`,
        },
        {
          text: "As the role that makes the tables, so that it may read later ones as well.",
          sql: `alter default privileges in schema {schema}
  grant select on tables to {username};`,
        },
      ],
    },
    {
      purpose: "write",
      title: "To write to this database",
      summary:
        "A role that can make tables in a schema, and keeps the position of each pipeline in the schema _millrace.",
      steps: [
        newUser,
        {
          text: "In the database, let it connect, make tables, and keep its positions.",
          sql: `grant connect on database {database} to {username};
grant usage, create on schema {schema} to {username};
create schema if not exists _millrace;
grant usage, create on schema _millrace to {username};`,
        },
        {
          text: "A table that another role has made: to append to it, rows may be read and inserted. To replace it, the role must own it.",
          sql: `grant select, insert on {schema}.your_table to {username};
-- or, to replace it:
alter table {schema}.your_table owner to {username};`,
        },
        {
          text: "Only if Millrace should make schemas by itself.",
          sql: `grant create on database {database} to {username};`,
        },
      ],
    },
  ],
};
