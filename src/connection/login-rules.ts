import { BackupError } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';
import type { AuthenticationMethod, ChannelBinding } from './settings.ts';

/** What the user demands of a login. */
export interface LoginRules {
  readonly channelBinding: ChannelBinding;
  /** Undefined: every way is allowed. */
  readonly requireAuth: readonly AuthenticationMethod[] | undefined;
}

interface Request {
  readonly code: number;
  readonly dialect: 'postgresql' | 'opengauss';
}

/** What the server asked for, after "failed: server requested". */
const askedFor = {
  password: 'connection.auth-password',
  md5: 'connection.auth-md5',
  'scram-sha-256': 'connection.auth-scram',
  sha256: 'connection.auth-sha256',
  sm3: 'connection.auth-sm3',
  gss: 'connection.auth-gss',
  sspi: 'connection.auth-sspi',
} as const;

/** The way that an authentication request of a server asks for; undefined for those that have no name. */
function methodOf({ code, dialect }: Request): keyof typeof askedFor | undefined {
  if (code === 3) return 'password';
  if (code === 5) return 'md5';
  if (code === 7 || code === 8) return 'gss';
  if (code === 9) return 'sspi';
  if (dialect === 'postgresql') return code === 10 ? 'scram-sha-256' : undefined;
  if (code === 10) return 'sha256';
  if (code === 11) return 'md5';
  return code === 13 ? 'sm3' : undefined;
}

const allMethods: readonly AuthenticationMethod[] = [
  ...(Object.keys(askedFor) as (keyof typeof askedFor)[]),
  'oauth',
  'none',
];

/** The shorter of the two ways to say it: what is allowed, or, with `!`, what is not. */
function ruleText(allowed: readonly AuthenticationMethod[]): string {
  const others = allMethods.filter((method) => !allowed.includes(method)).map((method) => `!${method}`);
  return (others.length < allowed.length ? others : allowed).join(',');
}

/** Before anything is answered. @throws BackupError `AUTHENTICATION` for a request that the rules do not allow */
export function checkRequest({ requireAuth, channelBinding }: LoginRules, request: Request): void {
  const method = methodOf(request);
  if (requireAuth !== undefined && (method === undefined || !requireAuth.includes(method))) {
    const required = ruleText(requireAuth);
    const sentence =
      method === undefined
        ? say('connection.auth-unknown', { required, code: request.code })
        : say(askedFor[method], { required });
    throw new BackupError('AUTHENTICATION', sentence, { hint: say('connection.auth-hint') });
  }
  if (channelBinding === 'require' && method !== 'scram-sha-256') {
    throw new BackupError('AUTHENTICATION', say('connection.binding-unsupported'));
  }
}

/**
 * When the server says that all is well: it must have asked for what was demanded.
 * @throws BackupError `AUTHENTICATION`
 */
export function checkLogin(
  { requireAuth, channelBinding }: LoginRules,
  { answered, bound }: { readonly answered: boolean; readonly bound: boolean },
): void {
  if (requireAuth !== undefined && !answered && !requireAuth.includes('none')) {
    throw new BackupError('AUTHENTICATION', say('connection.auth-none', { required: ruleText(requireAuth) }));
  }
  if (channelBinding === 'require' && !bound) {
    throw new BackupError('AUTHENTICATION', say('connection.not-bound'));
  }
}
