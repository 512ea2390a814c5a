import { createHash } from 'node:crypto';

/** The answer to an MD5 request: `md5` and md5(md5(password ‖ user) ‖ salt) in hex. */
export function md5Password(password: string, user: string, salt: Uint8Array): string {
  const stored = md5Hex(Buffer.from(password + user, 'utf8'));
  return `md5${md5Hex(Buffer.concat([Buffer.from(stored), salt]))}`;
}

export function md5Hex(data: Uint8Array): string {
  return createHash('md5').update(data).digest('hex');
}
