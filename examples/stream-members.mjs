// Streams a base backup to a place of its own: every content once, named by its checksum, and a list of the members.
// node stream-members.mjs HOST PORT USER DIRECTORY      (a password from PGPASSWORD, if the server wants one)
import { createHash, randomUUID } from 'node:crypto';
import { mkdir, open, rename, writeFile } from 'node:fs/promises';
import { formatLsn, pathToText, takeBackup } from 'gausskeep';

const [host, port, user, directory] = process.argv.slice(2);
const list = [];
const note = (part, { header: { name, type, mode, linkName } }, more) =>
  list.push({ part: part.name, type, name: pathToText(name), mode, linkName: pathToText(linkName), ...more });

async function store(part, member) {
  const temporary = `${directory}/${randomUUID()}`;
  const file = await open(temporary, 'wx');
  const hash = createHash('sha256');
  for await (const piece of member.content) {
    hash.update(piece);
    await file.writeFile(piece);
  }
  await file.close();
  const content = hash.digest('hex');
  await rename(temporary, `${directory}/${content}`);
  note(part, member, { content });
}

await mkdir(directory, { recursive: true });
const { endLsn } = await takeBackup({
  source: { host, port: Number(port), user, password: async () => process.env.PGPASSWORD },
  output: { kind: 'members', sink: { directory: note, link: note, file: store, end: () => undefined } },
  checkpoint: 'fast',
});
await writeFile(`${directory}/list.json`, JSON.stringify(list));
const contents = new Set(list.flatMap(({ content }) => content ?? []));
console.log(`${list.length} members, ${contents.size} contents, good from ${formatLsn(endLsn)} on`);
