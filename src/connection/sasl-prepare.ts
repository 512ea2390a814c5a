/** RFC 3454 table C.1.2, mapped to a space. */
const otherSpaces = /[\u00a0\u1680\u2000-\u200b\u202f\u205f\u3000]/g;
/** RFC 3454 table B.1, mapped to nothing. */
const mappedToNothing = /\u00ad|\u034f|\u1806|[\u180b-\u180d]|\u200c|\u200d|\u2060|[\ufe00-\ufe0f]|\ufeff/g;
/** RFC 3454 tables C.2, C.3 to C.9: controls, private use, non-characters, surrogates, and what changes the display. */
const prohibited =
  /[\p{Cc}\p{Co}\p{Cs}\u06dd\u070f\u180e\u200e\u200f\u2028-\u202e\u2061-\u2063\u206a-\u206f\ufff9-\uffff\u0340\u0341\u2ff0-\u2ffb\ufdd0-\ufdef\u{e0001}\u{e0020}-\u{e007f}]/u;

/**
 * SASLprep (RFC 4013) of a password. As in PostgreSQL, a password that it does not allow is used as it is.
 * The rule about mixed directions and the one about code points that Unicode 3.2 did not have are left out: a password that
 * breaks them is normalized here and used as it is by the server, which matters only if normalization changes it.
 */
export function saslPrepare(password: string): string {
  if (/^[\x20-\x7e]*$/.test(password)) return password;
  const prepared = password.replace(otherSpaces, ' ').replace(mappedToNothing, '').normalize('NFKC');
  return prepared === '' || prohibited.test(prepared) ? password : prepared;
}
