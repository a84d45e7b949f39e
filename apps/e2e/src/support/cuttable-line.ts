import { connect, createServer, type Server, type Socket } from "node:net";

/** A way to the product that can be cut, as a network is: open connections end, new ones are refused, until it is restored. */
export class CuttableLine {
  readonly #targetPort: number;
  readonly #sockets = new Set<Socket>();
  #server: Server | null = null;
  #port = 0;

  private constructor(targetPort: number) {
    this.#targetPort = targetPort;
  }

  /** A line to where `url` listens, on a port of its own. */
  static async open(url: string): Promise<CuttableLine> {
    const line = new CuttableLine(Number(new URL(url).port));
    await line.restore();
    return line;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  async cut(): Promise<void> {
    const server = this.#server;
    this.#server = null;
    for (const socket of this.#sockets) socket.destroy();
    this.#sockets.clear();
    if (!server) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    server.close(() => resolve());
    await promise;
  }

  async restore(): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const server = createServer((near) => this.#join(near));
    server.once("error", reject);
    server.listen(this.#port, "127.0.0.1", resolve);
    await promise;
    const address = server.address();
    if (typeof address === "object" && address !== null) this.#port = address.port;
    this.#server = server;
  }

  #join(near: Socket): void {
    const far = connect(this.#targetPort, "127.0.0.1");
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      this.#sockets.add(from);
      from.on("error", () => to.destroy());
      from.on("close", () => {
        this.#sockets.delete(from);
        to.destroy();
      });
      from.pipe(to);
    }
  }
}
