/**
 * What can go wrong, what our programs do then, and the test that shows it. docs/reference/faults.md is made of this table,
 * and the tests of this folder take what they expect from it.
 */
import { callFaults } from './call-faults.ts';
import { connectionFaults } from './connection-faults.ts';
import type { FaultSection } from './fault-row.ts';
import { contentFaults } from './content-faults.ts';
import { endedFaults } from './ended-faults.ts';
import { fileFaults } from './file-faults.ts';
import { pushAsyncFaults } from './push-async-faults.ts';
import { repositoryFaults } from './repository-faults.ts';

export const faultSections: readonly FaultSection[] = [
  ...connectionFaults,
  callFaults,
  ...fileFaults,
  ...endedFaults,
  ...contentFaults,
  repositoryFaults,
  pushAsyncFaults,
];
