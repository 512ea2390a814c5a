import { say } from '../messages/message.ts';
import type { BackendMessage } from './backend-messages.ts';
import { decodeMessage, messageKind } from './decode-message.ts';
import { protocolViolation } from './protocol-violation.ts';

const headerLength = 5;
const copyDataType = 0x64; // 'd'
/** No server builds a message above 1 GiB (MaxAllocSize). */
const longestCopyData = 0x4000_0000;
const nothing = Buffer.alloc(0);

type Kind = NonNullable<ReturnType<typeof messageKind>>;

/**
 * Splits the bytes of a server into messages: one type byte, a 4-byte length that counts itself, the body.
 * Pure and synchronous: `push` a chunk, then call `next` until it gives undefined, then push again.
 * CopyData is handed out as views into the chunk, never joined. Another message is copied only when it spans chunks.
 * Memory: one message other than CopyData, at most 16 MiB.
 */
export class FrameDecoder {
  #chunk: Buffer = nothing;
  #position = 0;
  /** A header that spans chunks. */
  readonly #header = Buffer.alloc(headerLength);
  #headerFilled = 0;
  /** A body, other than CopyData, that spans chunks. */
  #kind: Kind | undefined;
  #body: Buffer = nothing;
  #bodyFilled = 0;
  #copyLength = 0;
  #copyLeft = 0;

  /** Whether the bytes so far end between two messages. */
  get betweenMessages(): boolean {
    return this.#headerFilled === 0 && this.#kind === undefined && this.#copyLeft === 0;
  }

  /** Whether everything that was pushed has been handed out. */
  get drained(): boolean {
    return this.#position === this.#chunk.length;
  }

  /** Hands in the bytes that follow. The chunk must stay unchanged until `next` gives undefined. */
  push(chunk: Uint8Array): void {
    if (!this.drained) throw new RangeError('the chunk before is not drained');
    this.#chunk = Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    this.#position = 0;
  }

  /**
   * The next message or piece of CopyData; undefined when the chunk is used up.
   * @throws BackupError `PROTOCOL_VIOLATION`; the decoder is of no use afterwards
   */
  next(): BackendMessage | undefined {
    if (this.#copyLeft > 0) return this.#copyPiece(false);
    if (this.#kind !== undefined) return this.#continueBody(this.#kind);
    const available = this.#chunk.length - this.#position;
    if (this.#headerFilled === 0 && available >= headerLength) {
      const at = this.#position;
      this.#position = at + headerLength;
      return this.#begin(this.#chunk.readUInt8(at), this.#chunk.readUInt32BE(at + 1));
    }
    this.#headerFilled += this.#fill(this.#header, this.#headerFilled);
    if (this.#headerFilled < headerLength) return undefined;
    this.#headerFilled = 0;
    return this.#begin(this.#header.readUInt8(0), this.#header.readUInt32BE(1));
  }

  #begin(type: number, length: number): BackendMessage | undefined {
    const bodyLength = length - 4;
    if (type === copyDataType) {
      checkLength('CopyData', bodyLength, longestCopyData);
      this.#copyLength = bodyLength;
      this.#copyLeft = bodyLength;
      return this.#copyPiece(true);
    }
    const kind = messageKind(type);
    if (kind === undefined) {
      throw protocolViolation(say('protocol.unknown-type', { type: `0x${type.toString(16).padStart(2, '0')}` }));
    }
    checkLength(kind.type, bodyLength, kind.limitBytes);
    const end = this.#position + bodyLength;
    if (end <= this.#chunk.length) {
      const body = this.#chunk.subarray(this.#position, end);
      this.#position = end;
      return decodeMessage(kind.type, body);
    }
    this.#kind = kind;
    this.#body = Buffer.allocUnsafe(bodyLength);
    this.#bodyFilled = 0;
    return this.#continueBody(kind);
  }

  #continueBody(kind: Kind): BackendMessage | undefined {
    this.#bodyFilled += this.#fill(this.#body, this.#bodyFilled);
    if (this.#bodyFilled < this.#body.length) return undefined;
    const body = this.#body;
    this.#kind = undefined;
    this.#body = nothing;
    return decodeMessage(kind.type, body);
  }

  /** An empty piece comes only from an empty message. */
  #copyPiece(begins: boolean): BackendMessage | undefined {
    const start = this.#position;
    const length = Math.min(this.#copyLeft, this.#chunk.length - start);
    if (length === 0 && !(begins && this.#copyLength === 0)) return undefined;
    const first = this.#copyLeft === this.#copyLength;
    this.#position = start + length;
    this.#copyLeft -= length;
    return {
      type: 'CopyData',
      bytes: this.#chunk.subarray(start, start + length),
      first,
      last: this.#copyLeft === 0,
      messageLength: this.#copyLength,
    };
  }

  /** Copies what the chunk has into the rest of `target`; the number of bytes copied. */
  #fill(target: Buffer, filled: number): number {
    const copied = this.#chunk.copy(target, filled, this.#position);
    this.#position += copied;
    return copied;
  }
}

function checkLength(message: string, bodyLength: number, limit: number): void {
  if (bodyLength < 0) throw protocolViolation(say('protocol.bad-length', { message, length: bodyLength + 4 }));
  if (bodyLength > limit) throw protocolViolation(say('protocol.too-long', { message, length: bodyLength, limit }));
}
