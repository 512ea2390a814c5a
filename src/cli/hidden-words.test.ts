import { expect, it } from 'vitest';
import { withoutPassword } from './hidden-words.ts';

it.each([
  ['host=h password=secret user=u', 'host=h password=* user=u'],
  ["password = 'se\\'cr et' host=h", 'password = * host=h'],
  ['password=se\\ cret host=h', 'password=* host=h'],
  ["password='secret", 'password=*'],
  ['PASSWORD=secret', 'PASSWORD=*'],
  ['sslpassword=secret sslkey=/k', 'sslpassword=* sslkey=/k'],
  ['postgres://u:secret@h:1/db', 'postgres://u:*@h:1/db'],
  ['postgresql://u:s%40cret@h', 'postgresql://u:*@h'],
  ['--dbname=postgres://u:secret@h', '--dbname=postgres://u:*@h'],
  ['-dpostgres://u:secret@h', '-dpostgres://u:*@h'],
  ['postgres://h/db?user=u&password=secret&port=1', 'postgres://h/db?user=u&password=*&port=1'],
  ['postgres://u:se?cret@h', 'postgres://u:*@h'],
  ['--dbn=postgres://u:secret@h', '--dbn=postgres://u:*@h'],
  ['-wdpostgres://u:secret@h', '-wdpostgres://u:*@h'],
  ['--dbname=host=h password=secret', '--dbname=host=h password=*'],
])('%j is shown as %j', (word, shown) => {
  expect(withoutPassword(word)).toBe(shown);
});

it.each([
  '--no-password',
  '-w',
  'host=h user=password',
  'postgres://u@h/db',
  '/backups/password',
  'passfile=/home/u/.pgpass',
])('%j has nothing to hide', (word) => {
  expect(withoutPassword(word)).toBe(word);
});
