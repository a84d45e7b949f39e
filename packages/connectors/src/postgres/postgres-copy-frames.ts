/**
 * Messages of the PostgreSQL protocol as COPY sends them: a type byte, a length that counts itself, the payload.
 * https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-COPY
 */
export const MESSAGE = { copyData: 0x64, copyDone: 0x63, copyFail: 0x66, error: 0x45 } as const;

const HEADER_BYTES = 5;
const LENGTH_BYTES = 4;

/**
 * Follows the messages of a byte stream whatever the chunks' borders, and looks at nothing but their headers. A server sends
 * one CopyData message for each row, so counting them counts rows for the price of reading lengths.
 */
export class FrameScanner {
  /** CopyData messages that have begun. */
  dataCount = 0;
  /** Bytes of their payloads, those still to come included. */
  dataBytes = 0;
  /** Bytes of the message under way that are still to come; 0 between two messages. */
  missingBytes = 0;
  readonly #header = Buffer.alloc(HEADER_BYTES);
  #headerBytes = 0;

  /** Bytes of a header that a chunk's border has cut, which are in no chunk any more. */
  get cutHeader(): Buffer {
    return this.#header.subarray(0, this.#headerBytes);
  }

  /**
   * Passes over CopyData messages from `start`. Returns the end of the chunk, or to where the first message of another
   * type begins.
   */
  skipData(chunk: Buffer, start: number): number {
    const end = chunk.length;
    let at = start;
    while (at < end) {
      if (this.missingBytes > 0) {
        const step = Math.min(this.missingBytes, end - at);
        this.missingBytes -= step;
        at += step;
      } else if (this.#headerBytes === 0 && end - at >= HEADER_BYTES) {
        if (chunk[at] !== MESSAGE.copyData) return at;
        this.#begin(chunk.readUInt32BE(at + 1));
        at += HEADER_BYTES;
      } else {
        if (this.#headerBytes === 0 && chunk[at] !== MESSAGE.copyData) return at;
        this.#header[this.#headerBytes++] = chunk[at++] as number;
        if (this.#headerBytes === HEADER_BYTES) {
          this.#begin(this.#header.readUInt32BE(1));
          this.#headerBytes = 0;
        }
      }
    }
    return at;
  }

  #begin(length: number): void {
    this.dataCount++;
    this.missingBytes = length - LENGTH_BYTES;
    this.dataBytes += this.missingBytes;
  }
}
