import { createServer } from "node:net";

const listen = (port: number): Promise<number | null> => {
  const { promise, resolve } = Promise.withResolvers<number | null>();
  const server = createServer();
  server.once("error", () => resolve(null));
  server.listen(port, "127.0.0.1", () => {
    const address = server.address();
    server.close(() => resolve(typeof address === "object" && address ? address.port : null));
  });
  return promise;
};

/** `preferred` if nobody listens there, else a port that the system says is free. Someone may take it before it is used. */
export async function freePort(preferred: number | undefined): Promise<number> {
  const found = (preferred === undefined ? null : await listen(preferred)) ?? (await listen(0));
  if (found === null) throw new RangeError("no free port on 127.0.0.1");
  return found;
}
