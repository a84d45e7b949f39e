import { createMillraceClient, millraceError } from "@millrace/client";
import { PipelineRun, RunLogLine } from "@millrace/db";
import { newId, type RunEvent } from "@millrace/shared";
import { createServer, connect, type Server, type Socket } from "node:net";
import { once } from "node:events";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sseEvents } from "./testing/sse.ts";
import { type Organization, PASSWORD, type TestApi, testApi } from "./testing/test-api.ts";

let api: TestApi;
let url: string;
let organization: Organization;
let token: string;
beforeAll(async () => {
  api = await testApi();
  url = await api.app.listen({ port: 0, host: "127.0.0.1" });
  organization = await api.organization("Streams");
  token = (await organization.operator.caller.tokens.create({ name: "client", role: "operator" })).secret;
});
afterAll(() => api.close());

const store = () => api.platform.store;

async function runningRun(): Promise<string> {
  const { id } = await organization.admin.caller.sources.create({
    name: newId(),
    connectionType: "postgresql",
    host: "db.example.org",
    database: "a",
    username: "a",
  });
  const ends = { sourceId: id, sourceTable: "public.a", destinationId: id, destinationTable: "public.b" };
  const pipeline = await organization.editor.caller.pipelines.create({ name: newId(), ...ends });
  const { runId } = await organization.operator.caller.pipelines.trigger({ id: pipeline.id });
  await store().claims.claim(runId, "test worker");
  return runId;
}

async function writeLines(runId: string, from: number, to: number) {
  const em = store().forOrganization(organization.id);
  for (let seq = from; seq <= to; seq += 1) {
    em.create(RunLogLine, {
      organizationId: organization.id,
      run: em.getReference(PipelineRun, runId),
      seq,
      level: "info",
      message: `line ${seq}`,
    });
  }
  await em.flush();
}

const endRun = (id: string) =>
  store()
    .forOrganization(organization.id)
    .nativeUpdate(PipelineRun, { id }, { status: "success", endTime: new Date() });

const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1);

/** A relay in front of the API whose connections can be cut, as a flaky network does. */
async function relay(): Promise<{ url: string; cut: () => void; server: Server; close: () => void }> {
  const sockets = new Set<Socket>();
  const server = createServer((incoming) => {
    const outgoing = connect(Number(new URL(url).port), "127.0.0.1");
    incoming.pipe(outgoing).pipe(incoming);
    for (const socket of [incoming, outgoing]) {
      sockets.add(socket);
      socket.on("error", () => undefined).on("close", () => void sockets.delete(socket));
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const cut = () => sockets.forEach((socket) => socket.destroy());
  const close = () => {
    cut();
    server.close();
  };
  return { url: `http://127.0.0.1:${(server.address() as { port: number }).port}`, cut, server, close };
}

describe("the client", () => {
  it("calls procedures with a token, and reads a refusal by its code", async () => {
    const client = createMillraceClient({ url: `${url}/`, token });
    expect(await client.accounts.me.query()).toMatchObject({ role: "operator", via: "token" });
    const refused = await client.pipelines.get.query({ id: newId() }).catch(millraceError);
    expect(refused).toMatchObject({ code: "PIPELINE_NOT_FOUND", message: "Pipeline not found" });
    const stranger = createMillraceClient({ url, token: "mr_none" });
    expect(await stranger.accounts.me.query().catch(millraceError)).toMatchObject({ code: "UNAUTHENTICATED" });
  });

  it("watches a run to its end, each line once, though the connection is cut in between", async () => {
    const id = await runningRun();
    const flaky = await relay();
    const client = createMillraceClient({ url: flaky.url, token });
    const seen: number[] = [];
    const events: RunEvent[] = [];
    let written = 0;
    const finished = Promise.withResolvers<void>();
    const write = async () => {
      await writeLines(id, written + 1, written + 10);
      written += 10;
    };
    const subscription = client.runs.onProgress.subscribe(
      { id },
      {
        onData: ({ data }) => {
          events.push(data);
          seen.push(...data.lines.map(({ seq }) => seq));
          if (seen.length < written || data.run.status !== "running") return;
          if (written < 20) {
            flaky.cut();
            void write();
          } else void endRun(id);
        },
        onComplete: finished.resolve,
        onError: finished.reject,
      },
    );
    await finished.promise;
    subscription.unsubscribe();
    flaky.close();
    expect(seen).toEqual(upTo(20));
    expect(events.at(-1)?.run.status).toBe("success");
  });
});

describe("a stream", () => {
  const stream = (
    path: string,
    input: object,
    headers: Record<string, string> = { authorization: `Bearer ${token}` },
  ) => sseEvents(`${url}/trpc/${path}?input=${encodeURIComponent(JSON.stringify(input))}`, headers);

  it("resumes by the browser's own Last-Event-Id", async () => {
    const id = await runningRun();
    await writeLines(id, 1, 8);
    const headers = { authorization: `Bearer ${token}`, "last-event-id": "5" };
    for await (const { event, id: eventId, data } of stream("runs.onProgress", { id }, headers)) {
      if (event !== "message") continue;
      expect(eventId).toBe("8");
      expect((JSON.parse(data) as RunEvent).lines.map(({ seq }) => seq)).toEqual([6, 7, 8]);
      break;
    }
  });

  it("of pipelines says which one changed", async () => {
    const created = await organization.editor.caller.pipelines.create({ name: newId() });
    let events = 0;
    for await (const { event, data } of stream("pipelines.onChange", {})) {
      if (event !== "message") continue;
      const { pipelineId } = JSON.parse(data) as { pipelineId: string | null };
      if ((events += 1) === 1) {
        expect(pipelineId).toBeNull();
        await organization.editor.caller.pipelines.update({ id: created.id, description: "changed" });
      } else {
        expect(pipelineId).toBe(created.id);
        break;
      }
    }
    expect(events).toBe(2);
  });

  it("says nothing of another organization", async () => {
    const other = await api.organization("Other");
    for await (const { event } of stream("pipelines.onChange", {}, { cookie: other.viewer.cookie })) {
      if (event !== "message") continue;
      break;
    }
    const heard: string[] = [];
    for await (const { event, data } of stream("pipelines.onChange", {}, { cookie: other.viewer.cookie })) {
      if (event !== "message") continue;
      heard.push(data);
      if (heard.length === 1) {
        await organization.editor.caller.pipelines.create({ name: newId() });
        await other.editor.caller.pipelines.create({ name: "the first thing heard" });
      } else break;
    }
    const { items } = await other.viewer.caller.pipelines.list({});
    expect(JSON.parse(heard[1] ?? "").pipelineId).toBe(items[0]?.id);
  });

  // security.md S44
  it("ends when its session does", async () => {
    const { setCookies } = await api.platform.accounts.signIn(
      { email: organization.viewer.email, password: PASSWORD },
      "127.0.0.1",
    );
    const cookie = setCookies.map((line) => line.split(";", 1)[0]).join("; ");
    const codes: string[] = [];
    for await (const { event, data } of stream("pipelines.onChange", {}, { cookie })) {
      if (event === "message") await api.platform.accounts.signOut(cookie);
      if (event === "serialized-error") codes.push(JSON.parse(data).data.app.code);
    }
    expect(codes).toEqual(["UNAUTHENTICATED"]);
  });

  // security.md S40
  it("is one of five that a user may hold, and frees its place when it is closed", async () => {
    const open: AsyncGenerator[] = [];
    const start = async () => {
      const events = stream("pipelines.onChange", {}, { cookie: organization.editor.cookie });
      for (;;) {
        const { value, done } = await events.next();
        if (done) return "ended";
        if (value.event === "serialized-error") return JSON.parse(value.data).data.app.code as string;
        if (value.event === "message") {
          open.push(events);
          return "open";
        }
      }
    };
    for (let count = 0; count < 5; count += 1) expect(await start()).toBe("open");
    expect(await start()).toBe("RATE_LIMITED");
    await Promise.all(open.map((events) => events.return(undefined)));
    await expect.poll(start, { timeout: 30_000 }).toBe("open");
    await Promise.all(open.map((events) => events.return(undefined)));
  });
});

describe("stopping", () => {
  it("takes a moment, though a stream is open, and leaves no connection", async () => {
    const other = await testApi();
    const address = await other.app.listen({ port: 0, host: "127.0.0.1" });
    const { viewer } = await other.organization("Stopping");
    const events = sseEvents(`${address}/trpc/pipelines.onChange`, { cookie: viewer.cookie });
    await events.next();
    const start = performance.now();
    await other.close();
    expect(performance.now() - start).toBeLessThan(3_000);
    await events.return(undefined).catch(() => undefined);
    await expect(fetch(`${address}/healthz`)).rejects.toThrow();
  });
});
