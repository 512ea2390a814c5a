/** Whether all rows of the matrix are tried, as `npm run test:all` does, or a few of each. */
export const everyFault = process.env['GAUSSKEEP_FAULTS'] === 'all';
