import { createMillraceClient, millraceError } from "@millrace/client";
import { describe, expect, expectTypeOf, it } from "vitest";

const client = createMillraceClient({ url: "http://127.0.0.1:1/", token: "mr_none" });

describe("the client's types", () => {
  it("are the router's, input and output", () => {
    expectTypeOf(client.pipelines.create.mutate)
      .parameter(0)
      .toMatchObjectType<{ name: string; mode?: "batch" | "realtime" | undefined }>();
    expectTypeOf<Awaited<ReturnType<typeof client.pipelines.get.query>>["runs"][number]["status"]>().toEqualTypeOf<
      "pending" | "running" | "success" | "failed" | "cancelled"
    >();
    expectTypeOf<Awaited<ReturnType<typeof client.pipelines.list.query>>["nextCursor"]>().toEqualTypeOf<
      string | null
    >();
    expectTypeOf<Awaited<ReturnType<typeof client.tokens.create.mutate>>["secret"]>().toEqualTypeOf<string>();
  });

  it("follow an event of a stream down to a log line", () => {
    const watch = (id: string) =>
      client.runs.onProgress.subscribe(
        { id },
        {
          onData: (event) => {
            expectTypeOf(event.id).toEqualTypeOf<string>();
            expectTypeOf(event.data.run.recordsProcessed).toEqualTypeOf<number>();
            expectTypeOf(event.data.lines[0]?.level).toEqualTypeOf<"debug" | "info" | "warn" | "error" | undefined>();
          },
        },
      );
    expectTypeOf(watch).returns.toMatchObjectType<{ unsubscribe: () => void }>();
  });

  it("refuse what the server would refuse", () => {
    const mistakes = [
      // @ts-expect-error a pipeline needs a name
      () => client.pipelines.create.mutate({ description: "nameless" }),
      // @ts-expect-error there is no such mode
      () => client.pipelines.create.mutate({ name: "a", mode: "sometimes" }),
      // @ts-expect-error nobody sets another organization
      () => client.pipelines.update.mutate({ id: "a", organizationId: "b" }),
      // @ts-expect-error a query is not mutated
      () => client.pipelines.list.mutate({}),
      // @ts-expect-error there is no such procedure
      () => client.pipelines.explode.mutate({}),
      async () => {
        const source = await client.sources.get.query({ id: "a" });
        // @ts-expect-error a password has no way out
        return source.password;
      },
    ];
    expect(mistakes).toHaveLength(6);
  });
});

describe("the client", () => {
  it("needs no server to be made, and says so when none answers", async () => {
    const failure = await client.accounts.me.query().catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(Error);
    expect(millraceError(failure)).toBeNull();
  });
});
