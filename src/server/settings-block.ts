import { fromText, type ByteString } from '../bytes/byte-string.ts';
import type { Capabilities } from './capabilities.ts';
import { settingLine, type Setting } from './recovery-settings.ts';
import { SettingsFile } from './settings-file.ts';

const beginMark = '# gausskeep: for the recovery; "gausskeep resume" takes these lines out again';
const endMark = '# gausskeep: end';

/**
 * openGauss replays with several threads unless it is told not to; then a stop is exact only to what was handed out.
 * These make it replay in order, for postgresql.conf. Empty where there is nothing of the kind.
 */
export function serialReplaySettings(capabilities: Capabilities): readonly Setting[] {
  if (capabilities.recoveryConfiguration !== 'opengauss-recovery-conf') return [];
  return ['recovery_max_workers', 'recovery_parse_workers', 'recovery_redo_workers'].map((name) => ({
    name,
    value: '1',
  }));
}

/** `text` of a settings file with `settings` at its end, where they win. */
export function addSettings(text: ByteString, settings: readonly Setting[]): ByteString {
  if (settings.length === 0) return text;
  const before = text === '' || text.endsWith('\n') ? text : `${text}\n`;
  return `${before}${[beginMark, ...settings.map(settingLine), endMark].join('\n')}\n` as ByteString;
}

/**
 * `text` without what `addSettings` added. ALTER SYSTEM writes the file anew without comments: then the last line with
 * that name and value goes. A line that somebody has changed since stays.
 */
export function removeSettings(text: ByteString, settings: readonly Setting[]): ByteString {
  const gone = new Set<number>();
  const lines = new SettingsFile(text).lines();
  for (const { name, value } of settings) {
    const last = lines.findLast((line) => line.name === name && !gone.has(line.index));
    if (last?.value === fromText(value)) gone.add(last.index);
  }
  const kept = text.split('\n').filter((line, index) => !gone.has(index) && line !== beginMark && line !== endMark);
  return kept.join('\n') as ByteString;
}
