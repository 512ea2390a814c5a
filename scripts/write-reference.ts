import { writeFile } from 'node:fs/promises';
import { referencePages } from './reference.ts';

for (const [path, text] of await referencePages()) await writeFile(path, text);
