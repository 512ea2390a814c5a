import { opendirSync } from 'node:fs';
import { resolve } from 'node:path';
import { readEnvironment } from '../../config/environment.ts';
import type { GivenOptions } from '../../config/option-table.ts';
import { readGeneration, readPlaces, type Places } from '../../config/places.ts';
import { repositoryIfNamed } from '../../config/repository-settings.ts';
import { resolveConnections, type ResolvedConnection } from '../../config/connection-settings.ts';
import { receivewalOptions, walReceiveOptions } from '../../config/wal-receive-options.ts';
import { receiveSettings, type ReceiveSettings } from '../../config/wal-receive-settings.ts';
import { BackupError, systemCodeOf } from '../../errors/backup-error.ts';
import { systemErrorText } from '../../errors/system-error-text.ts';
import {
  createReceiverSlot,
  dropReceiverSlot,
  formatLsn,
  openWalArchive,
  openWalDirectory,
  parseLsn,
  startWalReceiver,
  version,
  type ReceiveRequest,
  type SessionSettings,
  type WalStore,
} from '../../index.ts';
import { say, type Message } from '../../messages/message.ts';
import { isS3Place } from '../../wal-archive.ts';
import type { Command } from '../command.ts';
import { warningLine } from '../error-text.ts';
import { plainArchiveOf } from '../plain-archive.ts';
import type { ProgramContext } from '../program.ts';
import { ReceiveTalk } from '../receive-talk.ts';
import { followStatus } from '../receive-status.ts';
import { speak } from '../speech.ts';
import { checkPasswordOptions, withPassword } from '../with-password.ts';

type Sources = ReceiveRequest['sources'];
/** Where the WAL goes: a directory in the layout of pg_receivewal, or an archive. */
type Place =
  | { readonly directory: string }
  | {
      readonly archive: string;
      readonly generation: number | undefined;
      /** Whose WAL it must be, where that is known beside the archive. */
      readonly systemIdentifier?: bigint | undefined;
      readonly isOfRepository?: boolean;
    };

export const walReceiveCommand: Command = {
  synopsis: say('receive-help.synopsis'),
  summary: say('receive-help.what'),
  options: walReceiveOptions,
  run: (given, context) => receive(given, context, { originalOnly: false }),
};

/** Under the names of the originals. */
export const receivewalCommand: Command = {
  synopsis: say('receive-help.synopsis'),
  summary: say('receive-help.original.what'),
  options: receivewalOptions,
  run: (given, context) => receive(given, context, { originalOnly: true }),
};

async function receive(
  given: GivenOptions,
  context: ProgramContext,
  mode: { readonly originalOnly: boolean },
): Promise<number> {
  const { program, terminal } = context;
  if (given.has('version')) {
    await terminal.data(`${program} (gausskeep) ${version}\n`);
    return 0;
  }
  const settings = receiveSettings(program, given, mode);
  checkPasswordOptions(program, given);
  if (settings.action !== 'receive') {
    const sources = await sourcesOf(settings, given, context, mode);
    return slotCommand(settings, sources, given, context, mode);
  }
  const place = await placeOf(settings, given, context);
  if ('directory' in place) checkDirectory(place.directory, settings.directory ?? place.directory, mode);
  const sources = await sourcesOf(settings, given, context, mode);
  const talk = new ReceiveTalk(context, { verbose: given.has('verbose'), ...mode });
  await withPassword(
    given,
    context,
    (password) => stream({ settings, place, sources: withKnown(sources, password), talk, mode }, context),
    () => !talk.hasStarted,
  );
  return 0;
}

async function slotCommand(
  { action, slot: name = '', ifNotExists }: ReceiveSettings,
  sources: Sources,
  given: GivenOptions,
  context: ProgramContext,
  mode: { readonly originalOnly: boolean },
): Promise<number> {
  const { signal } = context;
  const verbose = given.has('verbose');
  const talk = new ReceiveTalk(context, { verbose, ...mode });
  const drops = action === 'drop-slot';
  if (verbose) talk.say(say(drops ? 'receive.dropping-slot' : 'receive.creating-slot', { slot: name }));
  await withPassword(given, context, async (password) => {
    const known = withKnown(sources, password);
    if (drops) return dropReceiverSlot(known, { name }, { signal });
    const { existed } = await createReceiverSlot(known, { name, ifNotExists }, { signal });
    if (existed && verbose) talk.say(say('receive.slot-present', { slot: name }));
  });
  return 0;
}

async function placeOf(settings: ReceiveSettings, given: GivenOptions, context: ProgramContext): Promise<Place> {
  if (settings.directory !== undefined) return { directory: resolve(settings.directory) };
  const environment = readEnvironment();
  const repository = await repositoryIfNamed(context.program, given, environment, ['archive']);
  if (repository !== undefined) {
    return {
      ...(await plainArchiveOf(repository, context, encrypted)),
      generation: readGeneration(given, environment),
      isOfRepository: true,
    };
  }
  const { archive, generation }: Places = await readPlaces(given, environment, ['archive', 'generation']);
  if (archive !== undefined && isS3Place(archive)) throw inObjectStore();
  if (archive !== undefined) return { archive, generation };
  throw new BackupError('USAGE', say('receive.no-place'), { hint: say('receive.no-place.hint') });
}

function inObjectStore(): BackupError {
  return new BackupError('USAGE', say('s3.no-growing'), { hint: say('s3.no-growing.hint') });
}

function encrypted(): BackupError {
  return new BackupError('USAGE', say('repository-wal.encrypted'), { hint: say('repository-wal.encrypted.hint') });
}

/** What somebody has to make or to grant is not there by itself after a while. */
const lastingCodes = ['EACCES', 'ENOENT', 'ENOTDIR'];

/** Before anybody is asked for a password, as the original does. */
function checkDirectory(path: string, shown: string, { originalOnly }: { readonly originalOnly: boolean }): void {
  try {
    opendirSync(path).closeSync();
  } catch (error) {
    const sentence = say('receive.no-directory', { path: shown, reason: systemErrorText(error) });
    const lasts = lastingCodes.includes(systemCodeOf(error) ?? '');
    throw new BackupError(lasts ? 'REPOSITORY_NOT_FOUND' : 'STORAGE_UNAVAILABLE', sentence, {
      hint: originalOnly ? undefined : say('wal-directory.missing.hint'),
      retryable: false,
      cause: error,
    });
  }
}

async function sourcesOf(
  settings: ReceiveSettings,
  given: GivenOptions,
  { program, terminal }: ProgramContext,
  { originalOnly }: { readonly originalOnly: boolean },
): Promise<Sources> {
  const { connections, warnings, notes } = await resolveConnections(
    {
      host: given.last('host'),
      port: given.last('port'),
      user: given.last('username'),
      connectionString: given.last('dbname'),
      haPorts: settings.haPorts,
    },
    readEnvironment(),
  );
  for (const warning of warnings) terminal.line(warningLine(program, warning));
  for (const note of given.has('verbose') ? notes : []) terminal.line(`${program}: ${speak(note)}`);
  const standard = originalOnly ? program : 'gausskeep';
  const sourceOf = ({ applicationName, haPort, ...connection }: ResolvedConnection): SessionSettings => ({
    ...connection,
    // What a server finds in synchronous_standby_names.
    parameters: { ...connection.parameters, application_name: applicationName ?? standard },
    replicationPort: haPort,
    inactivityTimeoutMs: settings.inactivityTimeoutMs,
  });
  const [first, ...others] = connections;
  return [sourceOf(first), ...others.map(sourceOf)];
}

function withKnown([first, ...further]: Sources, password: string | undefined): Sources {
  if (password === undefined) return [first, ...further];
  const known = (source: SessionSettings): SessionSettings => ({ ...source, password, passwordFile: undefined });
  return [known(first), ...further.map(known)];
}

interface Stream {
  readonly settings: ReceiveSettings;
  readonly place: Place;
  readonly sources: Sources;
  readonly talk: ReceiveTalk;
  readonly mode: { readonly originalOnly: boolean };
}

/** Receives until it ends by itself or by a signal: the first is an end in order, with status 0. */
async function stream(work: Stream, { signal, owedLine, program }: ProgramContext): Promise<void> {
  const { settings, talk } = work;
  signal.throwIfAborted();
  const store = await openStore(work);
  const receiver = startWalReceiver(requestOf(work, store), { onEvent: talk.listener });
  const { statusFile } = settings;
  const status =
    statusFile === undefined
      ? undefined
      : followStatus(receiver, {
          path: resolve(statusFile),
          destination: () => store.description,
          onTrouble: (sentence) => talk.warn(sentence),
        });
  const stop = (): void => {
    const { durableLsn } = receiver.status();
    const sentence =
      durableLsn === undefined
        ? say('receive.cut-short-unknown')
        : say('receive.cut-short', { lsn: formatLsn(durableLsn) });
    owedLine(warningLine(program, sentence));
    void receiver.stop();
  };
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  try {
    talk.finish(await receiver.ended, receiver.status());
  } catch (error) {
    throw inOriginalWords(error, settings.slot);
  } finally {
    signal.removeEventListener('abort', stop);
    owedLine(undefined);
    await status?.finish();
  }
}

/** A slot that is not there, which the original finds out before it streams. */
function inOriginalWords(error: unknown, slot: string | undefined): unknown {
  if (!(error instanceof BackupError) || error.kind !== 'slot-missing' || slot === undefined) return error;
  return error.with({ sentence: say('receive.slot-missing', { slot }), hint: say('receive.slot-missing.hint') });
}

async function openStore({ settings, place, talk }: Stream): Promise<WalStore> {
  const { compression, sync } = settings;
  const level = compression.method === 'none' ? undefined : compression.level;
  if ('archive' in place) {
    const { archive: directory, ...named } = place;
    return openWalArchive({ ...named, directory, codec: compression.method, level, sync });
  }
  const onWarning = (sentence: Message): void => talk.warn(sentence);
  return openWalDirectory({
    directory: place.directory,
    compression: { method: compression.method, level },
    sync,
    onWarning,
  });
}

function requestOf({ settings, sources, mode }: Stream, store: WalStore): ReceiveRequest {
  const { slot, endPosition } = settings;
  // The slot of a server that was promoted has to be made there. The original has one server, and leaves that to the user.
  const create = !mode.originalOnly && (settings.ifNotExists || sources.length > 1);
  return {
    sources,
    store,
    slot:
      slot === undefined
        ? undefined
        : {
            name: slot,
            create,
            warnBytes: settings.warnBytes,
            maxBytes: settings.maxBytes,
            onMax: settings.onMax,
          },
    endLsn: endPosition === undefined ? undefined : parseLsn(endPosition),
    synchronous: settings.synchronous,
    statusIntervalMs: settings.statusIntervalMs,
    // The original ends where the first connection fails; a service that is started before its server must not.
    reconnect: settings.reconnect ? (mode.originalOnly ? 'once-connected' : 'always') : 'never',
    onFork: settings.onFork,
    onUnproved: settings.onUnproved,
    onGap: settings.onGap,
  };
}
