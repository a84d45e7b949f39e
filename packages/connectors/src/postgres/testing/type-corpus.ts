import type pg from "pg";

interface CorpusEntry {
  readonly title: string;
  readonly table: string;
  readonly create: string;
  /** The type and its hard values, as SQL writes them. */
  readonly type: string;
  readonly literals: readonly string[];
  /** The first major version that has it. */
  readonly since?: number;
}

/** A table of one type with every value of it that has ever been lost somewhere. */
const values = (title: string, table: string, type: string, ...literals: readonly string[]): CorpusEntry => ({
  title,
  table: `public.${table}`,
  type,
  literals,
  create: `create table ${table} (id int, value ${type}); insert into ${table} values ${[...literals, "null"]
    .map((literal, id) => `(${id}, ${literal})`)
    .join(", ")}`,
});

const TEXTS = [
  "''",
  "' '",
  "E'tab\\tnewline\\nreturn\\rlone'",
  "E'\\\\N'",
  "E'\\\\.'",
  "E'\\\\.\\n'",
  "E'\\x01\\x1f\\x7f'",
  `'quote " and '' and \\ and ,{}()'`,
  "'emoji \u{1F600}\u{1F3FD} and e\u0301'",
  "'null'",
  "repeat('long ', 200000)",
] as const;

/** Every type of a PostgreSQL server that a table of users may hold, by the values that are hard on it. */
export const TYPE_CORPUS: readonly CorpusEntry[] = [
  values(
    "numeric",
    "t_numeric",
    "numeric",
    "'NaN'",
    "0.00",
    "-0.0001",
    "1.50",
    "repeat('9', 131072)::numeric",
    "('0.' || repeat('1', 16383))::numeric",
    "12345678901234567890.123456789",
  ),
  { ...values("infinite numeric", "t_numeric_infinity", "numeric", "'Infinity'", "'-Infinity'"), since: 14 },
  values(
    "numeric(38,10)",
    "t_numeric_38",
    "numeric(38,10)",
    "1.5",
    `${"9".repeat(28)}.9999999999`,
    `-${"9".repeat(28)}`,
  ),
  values(
    "double precision",
    "t_float8",
    "float8",
    "'NaN'",
    "'-0'",
    "'Infinity'",
    "'-Infinity'",
    "4.9e-324",
    "1.7976931348623157e308",
    "0.1",
  ),
  values("real", "t_float4", "float4", "'NaN'", "'-0'", "'Infinity'", "1e-45", "3.4028235e38", "0.1"),
  values("bigint", "t_int8", "int8", "-9223372036854775808", "9223372036854775807", "9007199254740993"),
  values("integer", "t_int4", "int4", "-2147483648", "2147483647"),
  values("smallint", "t_int2", "int2", "'-32768'", "32767"),
  values("boolean", "t_bool", "bool", "true", "false"),
  values(
    "date",
    "t_date",
    "date",
    "'infinity'",
    "'-infinity'",
    "'4713-01-01 BC'",
    "'0001-12-31 BC'",
    "'1582-10-10'",
    "'5874897-12-31'",
  ),
  values(
    "timestamp",
    "t_timestamp",
    "timestamp",
    "'infinity'",
    "'-infinity'",
    "'4713-01-01 00:00:00 BC'",
    "'294276-12-31 23:59:59.999999'",
    "'1900-01-01 00:00:00.000001'",
  ),
  values(
    "timestamp with time zone",
    "t_timestamptz",
    "timestamptz",
    "'infinity'",
    "'2024-03-31 02:30:00+02'",
    "'4713-01-01 12:00:00+00 BC'",
  ),
  values("timestamp(3)", "t_timestamp_3", "timestamp(3)", "'2024-01-01 00:00:00.123'"),
  values("time", "t_time", "time", "'24:00:00'", "'00:00:00.000001'"),
  values("time with time zone", "t_timetz", "timetz", "'24:00:00+15:59'", "'00:00:00-15:59'", "'12:34:56.789+05:30'"),
  values(
    "interval",
    "t_interval",
    "interval",
    "'178000000 years'",
    "'-178000000 years'",
    "'1 month -1 day 00:00:00.000001'",
    "'1 month'",
    "'30 days'",
    "'720 hours'",
  ),
  values("text", "t_text", "text", ...TEXTS),
  values("character varying", "t_varchar", "varchar(20)", "'12345678901234567890'", "'trailing   '"),
  values("character", "t_char", "char(10)", "'padded'", "''", "'1234567890'"),
  values('"char"', "t_internal_char", '"char"', "'a'", "''"),
  values("name", "t_name", "name", "'pg_class'"),
  values(
    "json",
    "t_json",
    "json",
    `'{"b":1, "a" : 2,"b":3}'`,
    "'null'",
    "'{}'",
    "'12345678901234567890.10'",
    `'"\\u0000"'`,
    `' [1,  2] '`,
  ),
  values(
    "jsonb",
    "t_jsonb",
    "jsonb",
    `'{"b":1,"a":2}'`,
    "'null'",
    "'{}'",
    "'12345678901234567890.10'",
    `'["\\u00e9", {"x": null}]'`,
  ),
  values("bytea", "t_bytea", "bytea", "''", "'\\x00ff5c0a0d'", "decode(repeat('00ff', 100000), 'hex')"),
  values("bit", "t_bit", "bit(5)", "B'10101'", "B'00000'"),
  values("bit varying", "t_varbit", "varbit(70)", "B''", "B'1'", `B'${"10".repeat(35)}'`),
  values("uuid", "t_uuid", "uuid", "'00000000-0000-0000-0000-000000000000'", "'ffffffff-ffff-ffff-ffff-ffffffffffff'"),
  values("inet", "t_inet", "inet", "'10.0.0.1/8'", "'::ffff:1.2.3.4'", "'fe80::1/64'"),
  values("cidr", "t_cidr", "cidr", "'10.0.0.0/8'", "'2001:db8::/32'"),
  values("macaddr", "t_macaddr", "macaddr", "'08:00:2b:01:02:03'"),
  values("macaddr8", "t_macaddr8", "macaddr8", "'08:00:2b:01:02:03:04:05'"),
  values("money", "t_money", "money", "'-92233720368547758.08'::money", "'92233720368547758.07'::money", "0.01::money"),
  values("xml", "t_xml", "xml", "'<a b=\"1\">&amp;</a>'", "'<x/> text <y/>'"),
  values("tsvector", "t_tsvector", "tsvector", "'a:1A,2B b c:3'", "''", "$$'it''s' 'x y':1$$"),
  values("tsquery", "t_tsquery", "tsquery", "'a & !b | c <-> d:AB*'"),
  values("point", "t_point", "point", "'(0.1,-0)'", "'(NaN,Infinity)'"),
  values("line", "t_line", "line", "'{1,2,3}'"),
  values("lseg", "t_lseg", "lseg", "'[(0,0),(1,1)]'"),
  values("box", "t_box", "box", "'(1,1),(0,0)'"),
  values("path", "t_path", "path", "'[(0,0),(1,1)]'", "'((0,0),(1,1),(2,0))'"),
  values("polygon", "t_polygon", "polygon", "'((0,0),(1,1),(2,0))'"),
  values("circle", "t_circle", "circle", "'<(0,0),1>'"),
  values("pg_lsn", "t_lsn", "pg_lsn", "'16/B374D848'"),
  values(
    "array of integer",
    "t_int_array",
    "int[]",
    "'{}'",
    "'{1,NULL,3}'",
    "'[-3:-1]={1,2,3}'",
    "'{{{1,2},{3,4}},{{5,6},{7,8}}}'",
  ),
  values("array of text", "t_text_array", "text[]", `'{"a,b","c\\"d",NULL,"NULL",""}'`, "'[0:1][2:3]={{a,b},{c,d}}'"),
  values("array of numeric", "t_numeric_array", "numeric(10,2)[]", "'{1.50,NaN}'"),
  values("int4range", "t_int4range", "int4range", "'empty'", "'[1,5)'", "'(,)'", "'[3,)'"),
  values("numrange", "t_numrange", "numrange", "'[1.10,2.20]'", "'empty'"),
  values("tstzrange", "t_tstzrange", "tstzrange", "'[2024-01-01, infinity)'"),
  { ...values("multirange", "t_multirange", "int4multirange", "'{}'", "'{[1,3),[5,)}'"), since: 14 },
  values("enum", "t_enum", "mood", "'sad'", "'it''s \"ok\"'"),
  values("enum of another schema", "t_enum_schema", 'app."Level"', "'low'", "'high'"),
  values("array of enum", "t_enum_array", "mood[]", "'{sad,NULL}'", "'{{sad},{happy}}'"),
  values("domain", "t_domain", "positive", "1", "99"),
  values("domain over domain", "t_domain_domain", "small_positive", "1", "9"),
  values("domain over array", "t_domain_array", "pair", "'{1,2}'"),
  values("domain over enum", "t_domain_enum", "good_mood", "'happy'"),
  values("array of domain", "t_array_domain", "positive[]", "'{1,2}'"),
  values(
    "composite",
    "t_composite",
    "person",
    `row('O''Brien, "the" \\ (x)', row(1.5, 'sad'), '{1,2}', 7)`,
    "row('', row(null, null), '{}', null)",
    "row(null, null, null, null)",
  ),
  values("array of composite", "t_composite_array", "money_and_mood[]", `array[row(1.5, 'sad')::money_and_mood, null]`),
  values("range of the user's own", "t_own_range", "float_range", "'[1.5,2.5)'", "'empty'"),
  values("array of range", "t_range_array", "int4range[]", "'{\"[1,2)\",empty}'"),
];

/** What the corpus' types need, made by hand at the source and by Millrace at the destination. */
const TYPES = `
  create schema app;
  create type mood as enum ('sad', 'it''s "ok"', 'happy');
  create type app."Level" as enum ('low', 'high');
  create domain positive as int check (value > 0);
  create domain small_positive as positive default 1 check (value < 100) check (value <> 13);
  create domain pair as int[] check (array_length(value, 1) = 2);
  create domain good_mood as mood check (value <> 'sad');
  create type money_and_mood as (amount numeric(10,2), feeling mood);
  create type person as ("the name" text, nested money_and_mood, numbers int[], age positive);
  create type float_range as range (subtype = float8);
`;

export async function createCorpusTypes(client: pg.Client): Promise<void> {
  await client.query(TYPES);
}

export async function createCorpus(client: pg.Client): Promise<void> {
  await createCorpusTypes(client);
  for (const { create, since = 0 } of TYPE_CORPUS) {
    const { rows } = await client.query<{ version: string }>("select current_setting('server_version_num') as version");
    if (Number(rows[0]?.version) >= since * 10_000) await client.query(create);
  }
}
