import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { TLSSocket } from "node:tls";
import { SERVER_CERT, SERVER_KEY } from "./certificates.ts";

export interface Front {
  readonly port: number;
  /** How many connections came. */
  readonly connections: () => number;
  /** Cuts every connection without a word, and takes no further one. */
  close(): Promise<void>;
}

/** A port on 127.0.0.1 whose connections are handed to `serve`, for servers that behave in a way a real one would not. */
export async function listen(serve: (socket: Socket) => void): Promise<Front> {
  const sockets = new Set<Socket>();
  let count = 0;
  const server: Server = createServer((socket) => {
    count += 1;
    sockets.add(socket);
    socket.on("error", () => {});
    socket.once("close", () => sockets.delete(socket));
    serve(socket);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    connections: () => count,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

/** TLS in front of a real server that has none, as a pooler or a cloud does it. */
export function tlsFront(target: { readonly host: string; readonly port: number }): Promise<Front> {
  return listen((socket) => {
    socket.once("data", () => {
      const secure = acceptTls(socket);
      const upstream = connect(target.port, target.host);
      upstream.on("error", () => secure.destroy());
      secure.on("error", () => upstream.destroy());
      secure.once("close", () => upstream.destroy());
      upstream.once("close", () => secure.destroy());
      secure.pipe(upstream);
      upstream.pipe(secure);
    });
  });
}

/** Says yes to the request for TLS that has just been read. */
export function acceptTls(socket: Socket): TLSSocket {
  socket.write("S");
  return new TLSSocket(socket, { isServer: true, cert: SERVER_CERT, key: SERVER_KEY });
}
