/** A keyword of a connection string of libpq and its value, which may be a secret. */
export type ConninfoWord = readonly [keyword: string, value: string];

/**
 * The major release whose libpq was the first to know a keyword; one that is not here is known to all from 10 on. Sources: "Parameter
 * Key Words" of each release's manual. An older libpq refuses the whole string.
 */
const since: Readonly<Record<string, number>> = {
  tcp_user_timeout: 12,
  channel_binding: 13,
  sslpassword: 13,
  ssl_min_protocol_version: 13,
  ssl_max_protocol_version: 13,
  sslcrldir: 14,
  sslsni: 14,
  gssdelegation: 16,
  load_balance_hosts: 16,
  require_auth: 16,
  sslcertmode: 16,
  sslnegotiation: 17,
  max_protocol_version: 18,
  min_protocol_version: 18,
};

/** The same for values, by keyword. */
const valuesSince: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  sslrootcert: { system: 16 },
  target_session_attrs: { primary: 14, standby: 14, 'read-only': 14, 'prefer-standby': 14 },
};

/** What says nearly the same to an older libpq. */
const olderValues: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  target_session_attrs: { primary: 'read-write' },
};

/** Ways of logging in that `require_auth` knows, by release; those of openGauss are not among them. */
const methodsSince: Readonly<Record<string, number>> = {
  password: 16,
  md5: 16,
  gss: 16,
  sspi: 16,
  'scram-sha-256': 16,
  none: 16,
  oauth: 18,
};

/** A release before loses nothing without these: the database is for the synchronisation of slots only, and GSSAPI does not encrypt there. */
const neededSince: Readonly<Record<string, number>> = { dbname: 17, gssencmode: 12 };

/**
 * The words in the form that the libpq of a release knows.
 * @returns also the keywords that were left out, of which the user must know
 */
export function wordsForLibpq(
  words: readonly ConninfoWord[],
  release: number,
): { readonly known: readonly ConninfoWord[]; readonly leftOut: readonly string[] } {
  const known: ConninfoWord[] = [];
  const leftOut: string[] = [];
  for (const [keyword, value] of words) {
    if (release < (neededSince[keyword] ?? 0)) continue;
    const knownValue = release >= (since[keyword] ?? 0) ? valueFor(keyword, value, release) : undefined;
    if (knownValue !== undefined) known.push([keyword, knownValue]);
    else leftOut.push(keyword in valuesSince ? `${keyword}=${value}` : keyword);
  }
  return { known, leftOut };
}

function valueFor(keyword: string, value: string, release: number): string | undefined {
  if (keyword === 'require_auth') {
    const methods = value.split(',').filter((method) => release >= (methodsSince[method] ?? Infinity));
    return methods.length === 0 ? undefined : methods.join(',');
  }
  if (release >= (valuesSince[keyword]?.[value] ?? 0)) return value;
  return olderValues[keyword]?.[value];
}

/** The words as a connection string. */
export function formatConninfo(words: readonly ConninfoWord[]): string {
  return words.map(([keyword, value]) => `${keyword}=${quoted(value)}`).join(' ');
}

/** What has anything but letters, digits, `_` and `.` stands in quotes, in which `\` and `'` are escaped. */
function quoted(value: string): string {
  return /^[\w.]+$/.test(value) ? value : `'${value.replace(/[\\']/g, '\\$&')}'`;
}
