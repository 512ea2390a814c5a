// Prints what can be recovered from an archive of WAL and a folder of backups.
// node recovery-window.mjs ARCHIVE BACKUPS
import { formatLsn, formatUtc, render, surveyWindow } from 'gausskeep';

const [archive, backups] = process.argv.slice(2);
const window = await surveyWindow({ archive, backups: [backups] });
const moment = (lsn, timeUs) => formatLsn(lsn) + (timeUs === undefined ? '' : ` (${formatUtc(timeUs)})`);

console.log(`instance ${window.systemIdentifier}`);
for (const { line, backups: ranges, gaps } of window.lines) {
  console.log(`timeline ${line.timeline}: ${gaps.length} gaps`);
  for (const { backup, problem, consistentLsn, consistentTimeUs, endLsn, endTimeUs } of ranges) {
    if (problem !== undefined) console.log(`  ${backup.name}: nothing, ${render(problem)}`);
    else console.log(`  ${backup.name}: ${moment(consistentLsn, consistentTimeUs)} to ${moment(endLsn, endTimeUs)}`);
  }
}
for (const { name, reason } of window.passedOver) console.log(`passed over ${name}: ${render(reason)}`);
