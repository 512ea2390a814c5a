import { resolve } from 'node:path';
import { readEnvironment } from '../../config/environment.ts';
import { extraWord, refuseStore, usage } from '../../config/parse-options.ts';
import { archiveOf, readPlaces } from '../../config/places.ts';
import { walInitOptions } from '../../config/wal-options.ts';
import { say } from '../../messages/message.ts';
import {
  checkArchiveOwner,
  giveArchiveToServer,
  initWalArchive,
  openPlace,
  refuseArchiveInData,
} from '../../wal-archive.ts';
import { archiveCommandFor } from '../archive-command.ts';
import type { Command } from '../command.ts';
import { labelledLine, warningLine } from '../error-text.ts';
import { serverCredentials } from '../server-credentials.ts';
import { speak } from '../speech.ts';
import { storeRecord, tellClock } from '../store-findings.ts';

export const walInitCommand: Command = {
  synopsis: say('wal-commands.init.synopsis'),
  summary: say('wal-commands.init.what'),
  options: walInitOptions,
  run: async (given, context) => {
    const { program, terminal, signal } = context;
    const [source, further] = given.operands;
    if (source === undefined) throw usage(program, say('wal-commands.missing', { what: 'DATA-DIRECTORY' }));
    refuseStore('DATA-DIRECTORY', source);
    if (further !== undefined) throw extraWord(program, further);
    const directory = archiveOf(await readPlaces(given, readEnvironment(), ['archive']));
    const instance = resolve(source);
    const opened = await openPlace(directory, { signal });
    const path = opened.directory;
    if (path !== undefined) {
      await refuseArchiveInData(path, instance);
      await checkArchiveOwner(path, instance);
    }
    const found = await opened.storage.prepare?.({ signal });
    const { archive, created } = await initWalArchive(
      { storage: opened.storage, place: directory, source: instance },
      { signal },
    );
    const uid = path === undefined ? undefined : await giveArchiveToServer(path, instance);
    const { systemIdentifier } = archive.identity;
    tellClock(opened.storage, context);
    if (given.has('json')) {
      const { walMagic, ...identity } = archive.identity;
      const record = { messageType: 'init', created, ...identity, systemIdentifier: systemIdentifier.toString() };
      const store = found === undefined ? {} : { store: storeRecord(found) };
      await terminal.data(`${JSON.stringify({ ...record, walMagic, ...store })}\n`);
      return 0;
    }
    const sentence = created ? 'wal-commands.init.made' : 'wal-commands.init.present';
    terminal.line(`${program}: ${speak(say(sentence, { directory: opened.name, systemIdentifier }))}`);
    if (uid !== undefined) terminal.line(`${program}: ${speak(say('wal-commands.init.given', { directory, uid }))}`);
    const credentials = await serverCredentials(directory, instance, readEnvironment());
    const request = { archive: directory, generation: undefined, further: credentials.words };
    await terminal.data(`${await archiveCommandFor(request)}\n`);
    const { warning } = credentials;
    if (warning === undefined) return 0;
    terminal.line(warningLine(program, warning.sentence));
    if (warning.hint !== undefined) terminal.line(labelledLine(program, 'hint', speak(warning.hint)));
    return 0;
  },
};
