import { Client, escapeIdentifier, escapeLiteral } from "pg";

/**
 * Roles and databases of the embedded server. Each database is closed to every role but its owner, so whoever has the
 * credentials of one (the sample's are in a data source) cannot connect to another.
 */
export class EmbeddedDatabases {
  readonly #superuserUrl: (database: string) => string;

  constructor(superuserUrl: (database: string) => string) {
    this.#superuserUrl = superuserUrl;
  }

  /** A role that can log in and nothing more, with this password; made, or its password set. */
  async ensureRole(role: string, password: string): Promise<void> {
    await this.#asSuperuser("postgres", async (client) => {
      const { rowCount } = await client.query("select from pg_roles where rolname = $1", [role]);
      const verb = rowCount ? "alter" : "create";
      await client.query(`${verb} role ${escapeIdentifier(role)} login password ${escapeLiteral(password)}`);
      // Those that initdb makes are open to everybody at first.
      await client.query("revoke all on database postgres, template1 from public");
    });
  }

  /** Lets the role make other roles, as the platform's owner has to. */
  async allowRoleCreation(role: string): Promise<void> {
    await this.#asSuperuser("postgres", (client) => client.query(`alter role ${escapeIdentifier(role)} createrole`));
  }

  /** Makes the database if it is not there. What it holds stays. */
  async ensureDatabase(database: string, owner: string): Promise<void> {
    await this.#asSuperuser("postgres", async (client) => {
      const { rowCount } = await client.query("select from pg_database where datname = $1", [database]);
      if (!rowCount) {
        await client.query(`create database ${escapeIdentifier(database)} owner ${escapeIdentifier(owner)}`);
      }
      await client.query(`revoke all on database ${escapeIdentifier(database)} from public`);
    });
  }

  /** Drops the database if it is there, with whoever is connected to it, and makes it anew. */
  async recreateDatabase(database: string, owner: string): Promise<void> {
    await this.#asSuperuser("postgres", (client) =>
      client.query(`drop database if exists ${escapeIdentifier(database)} with (force)`),
    );
    await this.ensureDatabase(database, owner);
  }

  async #asSuperuser(database: string, work: (client: Client) => Promise<unknown>): Promise<void> {
    const client = new Client({ connectionString: this.#superuserUrl(database), application_name: "millrace start" });
    await client.connect();
    try {
      await work(client);
    } finally {
      await client.end();
    }
  }
}
