import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { chooseScram } from './choose-scram.ts';
import { checkLogin, checkRequest, type LoginRules } from './login-rules.ts';
import { ScramClient } from './scram.ts';

const files = join(import.meta.dirname, '../../test/fixtures/tls/verify');
const certificate = (name: string): Buffer => new X509Certificate(readFileSync(join(files, `${name}.crt`))).raw;
const rules = (requireAuth: LoginRules['requireAuth'], channelBinding: LoginRules['channelBinding'] = 'prefer') => ({
  requireAuth,
  channelBinding,
});

describe('checkRequest', () => {
  it.each([
    [['sha256'], 10, 'opengauss', undefined],
    [['sm3'], 13, 'opengauss', undefined],
    [['md5'], 11, 'opengauss', undefined],
    // What is called SCRAM by one is SHA256 of the other: neither is taken for it.
    [['scram-sha-256'], 10, 'opengauss', 'server requested a sha256 password'],
    [['sha256'], 10, 'postgresql', 'server requested SASL authentication'],
    [['sha256'], 11, 'opengauss', 'server requested a hashed password'],
    [['md5'], 3, 'postgresql', 'server requested a cleartext password'],
    [['none'], 7, 'postgresql', 'server requested GSSAPI authentication'],
    [['md5', 'none'], 9, 'postgresql', 'requirement "md5,none" failed: server requested SSPI authentication'],
    // As it was written: `!password`.
    [
      ['md5', 'scram-sha-256', 'sha256', 'sm3', 'gss', 'sspi', 'oauth', 'none'],
      3,
      'postgresql',
      'requirement "!password" failed: server requested a cleartext password',
    ],
    [['password'], 14, 'opengauss', 'server requested authentication method 14'],
  ] as const)('%j, asked for %i by %s', (required, code, dialect, refusal) => {
    const check = () => checkRequest(rules(required), { code, dialect });
    if (refusal === undefined) expect(check).not.toThrow();
    else expect(check).toThrow(refusal);
  });

  it('wants a login that can be tied to TLS where that is demanded', () => {
    expect(() => checkRequest(rules(undefined, 'require'), { code: 10, dialect: 'postgresql' })).not.toThrow();
    for (const request of [
      { code: 5, dialect: 'postgresql' },
      { code: 10, dialect: 'opengauss' },
    ] as const) {
      expect(() => checkRequest(rules(undefined, 'require'), request)).toThrow(
        'channel binding required but not supported',
      );
    }
    expect(() => checkLogin(rules(undefined, 'require'), { answered: true, bound: false })).toThrow(
      'without channel binding',
    );
    expect(() => checkLogin(rules(['md5']), { answered: false, bound: false })).toThrow(
      'did not complete authentication',
    );
    expect(() => checkLogin(rules(['none']), { answered: false, bound: false })).not.toThrow();
  });
});

describe('chooseScram', () => {
  const [plain, plus] = ['SCRAM-SHA-256', 'SCRAM-SHA-256-PLUS'];
  const good = certificate('good');
  it.each([
    [[plus, plain], 'prefer', good, plus, 'p=tls-server-end-point,,'],
    [[plain], 'prefer', good, plain, 'y,,'],
    [[plus, plain], 'disable', good, plain, 'n,,'],
    [[plain], 'prefer', undefined, plain, 'n,,'],
    [[plus, plain], 'prefer', certificate('ed25519'), plain, 'n,,'],
    [[plus], 'require', good, plus, 'p=tls-server-end-point,,'],
  ] as const)('of %j with binding %s', (offered, channelBinding, server, mechanism, header) => {
    const chosen = chooseScram(offered, { channelBinding }, server);
    expect([chosen.mechanism, chosen.binding.header]).toEqual([mechanism, header]);
    expect(new ScramClient('nonce', chosen.binding).first().toString()).toBe(`${header}n=,r=nonce`);
  });

  it.each([
    [[plus, plain], 'prefer', undefined, 'over a non-SSL connection'],
    [[plain], 'require', undefined, 'SSL not in use'],
    // Somebody between may have taken it away.
    [[plain], 'require', good, 'did not offer an authentication method that supports channel binding'],
    [[plus, plain], 'require', certificate('ed25519'), 'has no digest to bind to'],
    [[plus], 'disable', good, "none of the server's SASL authentication mechanisms"],
    [['OAUTHBEARER'], 'prefer', good, "none of the server's SASL authentication mechanisms"],
  ] as const)('refuses %j with binding %s', (offered, channelBinding, server, sentence) => {
    expect(() => chooseScram(offered, { channelBinding }, server)).toThrow(sentence);
  });
});
