import { expect, it } from 'vitest';

interface Check {
  complaintsOf: (path: string, text: string) => string[];
}

const script = new URL('../../scripts/check-decisions.mjs', import.meta.url).href;
const { complaintsOf } = (await import(script)) as Check;

it.each([
  [`if (identity.family === 'opengauss') f();`],
  [`const same = a.family !== b.family;`],
  [`if (dialect.session === 'opengauss') f();`],
  [`switch (control.family) { case 'postgresql': f(); }`],
  [`const rules = table[server.family];`],
  [`if (this.#product === known) f();`],
  [`if (kin !== 'postgresql') f();`],
  [`if (error.sentence.key === 'files.not-empty') f();`],
  [`if (known.has(error.hint?.key)) f();`],
  [`const { member } = f(fault.sentence.parameters);`],
])('%s is found outside of src/server', (text) => {
  expect(complaintsOf('src/restore/a.ts', text)).toHaveLength(1);
});

it.each([
  ['src/server/a.ts', `if (identity.family === 'opengauss') f();`],
  ['src/restore/a.ts', `if (source.family === undefined) f();`],
  ['src/tar/a.ts', `if (format === 'opengauss') f();`],
  ['src/connection/a.ts', `if (dialect === 'opengauss') f();`],
  ['src/cli/error-text.ts', `const record = { messageKey: error.sentence.key };`],
  ['src/restore/a.ts', `if (error.kind === 'not-empty' && error.code !== 'LOCKED') f(error.hint);`],
])('in %s this is well: %s', (path, text) => {
  expect(complaintsOf(path, text)).toEqual([]);
});
