import { z } from "zod";

/** One thing to do at the server. In `sql`, `{username}`, `{database}` and `{schema}` stand for names. */
export const GuideStep = z.strictObject({ text: z.string(), sql: z.string().nullable() });
export type GuideStep = z.infer<typeof GuideStep>;

/** How a user with the least privileges is made at a system: once for what is read, once for what is written. */
export const SetUpGuide = z.strictObject({
  /** What the system puts around a name; doubled inside of one. */
  identifierQuote: z.string().length(1),
  parts: z.array(
    z.strictObject({
      purpose: z.enum(["read", "write"]),
      title: z.string(),
      summary: z.string(),
      steps: z.array(GuideStep),
    }),
  ),
});
export type SetUpGuide = z.infer<typeof SetUpGuide>;

/** Names that stand in the guide's SQL as long as nobody has written their own. */
export interface GuideNames {
  readonly username: string;
  readonly database: string;
  readonly schema: string;
}

/** The SQL with each name quoted, so that it runs whatever the name is made of. */
export function fillGuideSql(sql: string, { identifierQuote: quote }: SetUpGuide, names: GuideNames): string {
  return sql.replaceAll(/\{(username|database|schema)\}/g, (_, name: keyof GuideNames) => {
    return `${quote}${names[name].replaceAll(quote, quote + quote)}${quote}`;
  });
}
