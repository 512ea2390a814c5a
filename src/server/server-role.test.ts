import { expect, it } from 'vitest';
import { roleOfInstanceMode } from './server-role.ts';

it.each([
  [0, 'unknown'],
  [1, 'primary'],
  [2, 'primary'],
  [3, 'standby'],
  [4, 'standby'],
  [5, 'unknown'],
  [6, 'unknown'],
  [7, 'standby'],
  [8, 'standby'],
  [99, 'unknown'],
])('mode %i of openGauss is %s', (mode, role) => {
  expect(roleOfInstanceMode(mode)).toBe(role);
});
