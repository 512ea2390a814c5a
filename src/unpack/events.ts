import { display, type ByteString } from '../bytes/byte-string.ts';
import type { EventOf, Progress } from '../events/teller.ts';
import { say, type Message } from '../messages/message.ts';

/** What the user should hear of while a tar is unpacked, in order, besides its phases. */
export type UnpackNews =
  /** Bytes of the archive file taken in so far, compressed ones if it is; about every 256 KiB. `member` is the one being written. */
  | (Progress & { readonly totalBytes: number; readonly member: ByteString })
  /** A line of `tablespace_map`: the server would make a link to the source's directory of it at its first start. */
  | { readonly type: 'tablespaceLine'; readonly oid: string; readonly location: ByteString; readonly file: ByteString }
  /** A link in `pg_tblspc` that the archive held: it leads to the source's directory. */
  | { readonly type: 'tablespaceLink'; readonly oid: string; readonly location: ByteString }
  /** The archive held the WAL directory as a link; it became a directory. */
  | { readonly type: 'walLink'; readonly member: ByteString; readonly target: ByteString }
  | { readonly type: 'dropped'; readonly member: ByteString }
  | { readonly type: 'created'; readonly member: ByteString };

export type UnpackEvent = EventOf<'unpack', UnpackNews>;

/** The sentence for an event; progress and phases have none. */
export function unpackSentence(event: UnpackEvent): Message | undefined {
  switch (event.type) {
    case 'progress':
    case 'phase':
      return undefined;
    case 'tablespaceLine': {
      const { oid, location, file } = event;
      return say('unpack.tablespace-line', { oid, location: display(location), file: display(file) });
    }
    case 'tablespaceLink':
      return say('unpack.tablespace-link', { oid: event.oid, location: display(event.location) });
    case 'walLink':
      return say('unpack.wal-link', { member: display(event.member), target: display(event.target) });
    case 'dropped':
      return say('unpack.dropped', { member: display(event.member) });
    case 'created':
      return say('unpack.created', { member: display(event.member) });
  }
}
