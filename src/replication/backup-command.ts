import { BackupError } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';
import type { BaseBackupCapabilities, Capabilities } from '../server/capabilities.ts';
import type { BaseBackupRequest } from './base-backup.ts';

/**
 * BASE_BACKUP in the grammar of the server.
 * @throws BackupError `USAGE` for what the server cannot do, or a label that it cannot take
 */
export function baseBackupCommand(capabilities: Capabilities, request: BaseBackupRequest): string {
  const can = capabilities.baseBackup;
  const command = withDefaults(request);
  checkLabel(can, command.label);
  checkRequest(can, command);
  switch (can.grammar) {
    case 'keywords':
      return keywordCommand(command);
    case 'options':
      return optionCommand(command);
    case 'opengauss':
      return opengaussCommand(command);
  }
}

type Command = ReturnType<typeof withDefaults>;

function withDefaults(request: BaseBackupRequest) {
  return {
    ...request,
    label: request.label ?? 'gausskeep base backup',
    progress: request.progress ?? false,
    checkpoint: request.checkpoint ?? ('spread' as const),
    includeWal: request.includeWal ?? false,
    noWait: request.noWait ?? false,
    tablespaceMap: request.tablespaceMap ?? false,
    verifyChecksums: request.verifyChecksums ?? true,
  };
}

/** PostgreSQL 10 to 14. */
function keywordCommand(request: Command): string {
  const { manifest } = request;
  return words(
    'BASE_BACKUP',
    `LABEL ${literal(request.label)}`,
    request.progress && 'PROGRESS',
    request.includeWal && 'WAL',
    request.checkpoint === 'fast' && 'FAST',
    request.noWait && 'NOWAIT',
    request.maxRateKib !== undefined && `MAX_RATE ${request.maxRateKib}`,
    request.tablespaceMap && 'TABLESPACE_MAP',
    !request.verifyChecksums && 'NOVERIFY_CHECKSUMS',
    manifest !== undefined && `MANIFEST '${manifest.forceEncode ? 'force-encode' : 'yes'}'`,
    manifest !== undefined && `MANIFEST_CHECKSUMS ${literal(manifest.checksums)}`,
  );
}

/** PostgreSQL 15 and later. */
function optionCommand(request: Command): string {
  const { manifest, compression, target } = request;
  const options = [
    `LABEL ${literal(request.label)}`,
    request.progress && 'PROGRESS',
    request.includeWal && 'WAL',
    `CHECKPOINT '${request.checkpoint}'`,
    request.noWait && 'WAIT 0',
    request.maxRateKib !== undefined && `MAX_RATE ${request.maxRateKib}`,
    request.tablespaceMap && 'TABLESPACE_MAP',
    !request.verifyChecksums && 'VERIFY_CHECKSUMS 0',
    `MANIFEST '${manifest === undefined ? 'no' : manifest.forceEncode ? 'force-encode' : 'yes'}'`,
    manifest !== undefined && `MANIFEST_CHECKSUMS ${literal(manifest.checksums)}`,
    request.incremental !== undefined && 'INCREMENTAL',
    target !== undefined && `TARGET ${literal(target.name)}`,
    target?.detail !== undefined && `TARGET_DETAIL ${literal(target.detail)}`,
    compression !== undefined && `COMPRESSION ${literal(compression.method)}`,
    compression?.detail !== undefined && `COMPRESSION_DETAIL ${literal(compression.detail)}`,
  ];
  return `BASE_BACKUP (${options.filter((option) => option !== false).join(', ')})`;
}

/** openGauss; the order is that of its own client, NOWAIT included. */
function opengaussCommand(request: Command): string {
  return words(
    'BASE_BACKUP',
    `LABEL ${literal(request.label)}`,
    request.progress && 'PROGRESS',
    request.includeWal && 'WAL',
    request.checkpoint === 'fast' && 'FAST',
    request.noWait && 'NOWAIT',
    request.tablespaceMap && 'TABLESPACE_MAP',
  );
}

function checkLabel(can: BaseBackupCapabilities, label: string): void {
  const length = Buffer.byteLength(label, 'utf8');
  if (length > can.maxLabelBytes) {
    throw new BackupError('USAGE', say('replication.label-long', { length, limit: can.maxLabelBytes }));
  }
  if (/[\u0000-\u001f\u007f]/.test(label)) throw new BackupError('USAGE', say('replication.label-control'));
  if (can.refusedLabels.some((pattern) => pattern.test(label))) {
    throw new BackupError('USAGE', say('replication.label-refused', { label }), {
      hint: say('replication.label-refused.hint'),
    });
  }
}

function checkRequest(can: BaseBackupCapabilities, request: Command): void {
  const rate = request.maxRateKib;
  if (rate !== undefined && !(Number.isInteger(rate) && rate >= 32 && rate <= 1_048_576)) {
    throw new BackupError('USAGE', say('replication.rate', { rate }), { hint: say('replication.rate.hint') });
  }
  if (request.includeWal && !can.includeWal) {
    throw new BackupError('USAGE', say('replication.option-missing', { option: 'WAL' }), {
      hint: say('replication.wal-in-backup.hint'),
    });
  }
  const asked: readonly (readonly [string, boolean, boolean])[] = [
    ['MAX_RATE', rate !== undefined, can.maxRate],
    ['TABLESPACE_MAP', request.tablespaceMap, can.tablespaceMap],
    ['NOVERIFY_CHECKSUMS', !request.verifyChecksums, can.skipChecksums],
    ['MANIFEST', request.manifest !== undefined, can.manifest],
    ['COMPRESSION', request.compression !== undefined, can.targets],
    ['TARGET', request.target !== undefined, can.targets],
    ['INCREMENTAL', request.incremental !== undefined, can.incremental],
  ];
  const missing = asked.find(([, wanted, possible]) => wanted && !possible);
  if (missing === undefined) return;
  const [option] = missing;
  const flag = flags[option];
  throw new BackupError('USAGE', say('replication.option-missing', { option }), {
    hint: flag === undefined ? undefined : say('replication.option-missing.hint', flag),
  });
}

/** What asks for it on command lines, and the first release of PostgreSQL that has it; openGauss has none of these. */
const flags: Readonly<Record<string, { readonly flag: string; readonly release: string }>> = {
  MAX_RATE: { flag: '-r', release: '9.4' },
  NOVERIFY_CHECKSUMS: { flag: '--no-verify-checksums', release: '11' },
  COMPRESSION: { flag: '-Z server-METHOD', release: '15' },
  TARGET: { flag: '-t TARGET', release: '15' },
  INCREMENTAL: { flag: '-i', release: '17' },
};

/** A string literal: quotes doubled; neither grammar knows backslashes. */
function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

function words(...parts: readonly (string | false)[]): string {
  return parts.filter((part) => part !== false).join(' ');
}
