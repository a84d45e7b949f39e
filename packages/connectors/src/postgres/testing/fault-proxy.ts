import { createServer, type AddressInfo, connect, type Socket } from "node:net";

/** What becomes of bytes that pass: they go on, or they vanish and so does everything after them, without a word to either end. */
type Fate = "pass" | "vanish";

export interface FaultProxy {
  /** The same URL by way of the proxy. */
  through(url: string): string;
  close(): Promise<void>;
}

interface Faults {
  readonly fromClient?: (bytes: Buffer, socket: Socket) => Fate;
  readonly fromServer?: (bytes: Buffer, socket: Socket) => Fate;
}

/** A network in between that loses what it is told to. `socket` is the client's; a fault may destroy it. */
export async function openFaultProxy(target: { host: string; port: number }, faults: Faults): Promise<FaultProxy> {
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(target);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on("error", () => {});
      socket.on("close", () => sockets.delete(socket));
    }
    const forward = (from: Socket, to: Socket, decide: ((bytes: Buffer, socket: Socket) => Fate) | undefined) => {
      let isLost = false;
      from.on("data", (bytes: Buffer) => {
        isLost ||= decide?.(bytes, client) === "vanish";
        if (!isLost) to.write(bytes);
      });
      from.on("end", () => !isLost && to.end());
    };
    forward(client, upstream, faults.fromClient);
    forward(upstream, client, faults.fromServer);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    through: (url) => {
      const proxied = new URL(url);
      proxied.hostname = "127.0.0.1";
      proxied.port = String(port);
      return proxied.href;
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
