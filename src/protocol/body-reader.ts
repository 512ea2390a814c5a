import { say, type MessageValue } from '../messages/message.ts';
import { protocolViolation } from './protocol-violation.ts';

/**
 * A cursor over the body of one message. Every read is checked against the end of the body, and `end` checks that nothing is left.
 * @throws BackupError `PROTOCOL_VIOLATION` from every method
 */
export class BodyReader {
  readonly #body: Buffer;
  readonly #message: string;
  #position = 0;

  constructor(body: Uint8Array, message: string) {
    this.#body = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
    this.#message = message;
  }

  get remaining(): number {
    return this.#body.length - this.#position;
  }

  uint8(): number {
    return this.#body.readUInt8(this.#advance(1));
  }

  uint16(): number {
    return this.#body.readUInt16BE(this.#advance(2));
  }

  int32(): number {
    return this.#body.readInt32BE(this.#advance(4));
  }

  uint32(): number {
    return this.#body.readUInt32BE(this.#advance(4));
  }

  /** The next `length` bytes, copied, so that they outlive the receive buffer. */
  bytes(length: number): Uint8Array {
    const start = this.#advance(length);
    return new Uint8Array(this.#body.subarray(start, start + length));
  }

  /** The next `length` bytes as UTF-8. */
  text(length: number): string {
    const start = this.#advance(length);
    return this.#body.toString('utf8', start, start + length);
  }

  /** A string ended by a zero byte, as UTF-8. */
  cString(): string {
    const end = this.#body.indexOf(0, this.#position);
    if (end < 0) throw this.fail(say('protocol.detail.endless-string'));
    const value = this.#body.toString('utf8', this.#position, end);
    this.#position = end + 1;
    return value;
  }

  end(): void {
    if (this.remaining > 0)
      throw this.fail(say('protocol.detail.left-over', { rest: this.remaining, length: this.#body.length }));
  }

  fail(detail: MessageValue): Error {
    return protocolViolation(say('protocol.malformed', { message: this.#message, detail }));
  }

  #advance(length: number): number {
    const start = this.#position;
    if (length < 0 || length > this.remaining) {
      throw this.fail(
        say('protocol.detail.too-short', { needed: length, rest: this.remaining, length: this.#body.length }),
      );
    }
    this.#position = start + length;
    return start;
  }
}
