// Puts a file of WAL into an archive, as archive_command does, then reads all that the archive has of its timeline.
// node push-and-read-wal.mjs ARCHIVE FILE
import { createHash } from 'node:crypto';
import { openLocalStorage, openWal, pushWal } from 'gausskeep/wal-archive';

const [archive, path] = process.argv.slice(2);
const storage = await openLocalStorage(archive);
const { name, result, generation } = await pushWal({ storage, path, codec: 'gzip' });
console.log(`${name}: ${result}, generation ${generation}`);

const { source } = await openWal({ storage, generation });
for await (const object of source.list()) {
  if (object.file.name.slice(0, 8) !== name.slice(0, 8)) continue;
  // What is read was checked against the receipt of its push when the loop ends.
  const hash = createHash('sha256');
  let length = 0;
  for await (const piece of object.read()) {
    hash.update(piece);
    length += piece.length;
  }
  console.log(`${object.file.name}: ${length} bytes, sha256 ${hash.digest('hex')}`);
}
