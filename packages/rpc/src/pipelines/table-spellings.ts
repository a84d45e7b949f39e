import { parseTableName } from "@millrace/shared";

/** Every way in which `parseTableName` lets one table be written: what is stored is what somebody wrote. */
export function tableSpellings(table: string): string[] {
  const { schema, name } = parseTableName(table);
  const spellings = (part: string) => [part, `"${part.replaceAll('"', '""')}"`];
  const names = spellings(name);
  return [
    ...spellings(schema).flatMap((inSchema) => names.map((each) => `${inSchema}.${each}`)),
    ...(schema === "public" ? names : []),
  ];
}
