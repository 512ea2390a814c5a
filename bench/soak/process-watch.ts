import { readdirSync, readFileSync } from 'node:fs';

interface Sample {
  readonly rssMib: number;
  readonly descriptors: number;
}

/** What a process held over its life: medians of its first and its last third. */
export interface Held {
  readonly samples: number;
  readonly firstMib: number;
  readonly lastMib: number;
  readonly peakMib: number;
  readonly firstDescriptors: number;
  readonly lastDescriptors: number;
}

/** Samples the resident memory and the open descriptors of a process. */
export class ProcessWatch {
  readonly #pid: number;
  readonly #samples: Sample[] = [];

  constructor(pid: number) {
    this.#pid = pid;
  }

  /** @throws Error when the process is gone */
  sample(): void {
    const status = readFileSync(`/proc/${this.#pid}/status`, 'utf8');
    const kib = Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]);
    if (!Number.isFinite(kib)) throw new Error(`process ${this.#pid} has ended`);
    this.#samples.push({ rssMib: kib / 1024, descriptors: readdirSync(`/proc/${this.#pid}/fd`).length });
  }

  held(): Held {
    const third = Math.floor(this.#samples.length / 3);
    if (third === 0) throw new Error(`only ${this.#samples.length} samples of process ${this.#pid}`);
    const [first, last] = [this.#samples.slice(0, third), this.#samples.slice(-third)];
    const median = (samples: readonly Sample[], name: keyof Sample): number => {
      const values = samples.map((sample) => sample[name]).sort((left, right) => left - right);
      return values[Math.floor(values.length / 2)] ?? 0;
    };
    return {
      samples: this.#samples.length,
      firstMib: median(first, 'rssMib'),
      lastMib: median(last, 'rssMib'),
      peakMib: Math.max(...this.#samples.map(({ rssMib }) => rssMib)),
      firstDescriptors: median(first, 'descriptors'),
      lastDescriptors: median(last, 'descriptors'),
    };
  }
}

/** Processes of this machine that have a word on their command line, ours aside. */
export function processesWith(word: string): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .flatMap((name) => {
      try {
        const line = readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ');
        return line.includes(word) ? [`${name} ${line}`] : [];
      } catch {
        // It ended between listing and reading.
        return [];
      }
    });
}
