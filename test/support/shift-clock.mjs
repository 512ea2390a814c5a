/** Loaded into a program with `node --import`: its clock is SHIFT_CLOCK_MS ahead, or behind where that is negative. */
import process from 'node:process';

const RealDate = Date;
const shiftMs = Number(process.env.SHIFT_CLOCK_MS);

globalThis.Date = class Date extends RealDate {
  constructor(...parts) {
    if (parts.length === 0) super(RealDate.now() + shiftMs);
    else super(...parts);
  }

  static now() {
    return RealDate.now() + shiftMs;
  }
};
