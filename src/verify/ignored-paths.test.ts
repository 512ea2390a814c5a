import { describe, expect, it } from 'vitest';
import { fromText } from '../bytes/byte-string.ts';
import { IgnoredPaths } from './ignored-paths.ts';

describe('IgnoredPaths', () => {
  it('covers a path and all below it, and nothing that only begins alike', () => {
    const ignored = new IgnoredPaths(['aa/bb', './cc/', 'dd/../ee']);
    const has = (path: string): boolean => ignored.has(fromText(path));
    expect(['aa/bb', 'aa/bb/cc', 'cc', 'cc/x/y', 'ee'].map(has)).toEqual([true, true, true, true, true]);
    expect(['aa', 'aa/bbb', 'ccc', 'dd', 'x/aa/bb'].map(has)).toEqual([false, false, false, false, false]);
  });
});
