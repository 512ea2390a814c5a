import type { ByteString } from '../bytes/byte-string.ts';
import { lockName } from '../files/lock-directory.ts';
import { markerName } from './marker.ts';
import type { RestorePlan } from './plan.ts';
import { TargetTree } from './target-tree.ts';

/** A tablespace: its own directory, or the data directory with the path in it. */
export interface SpaceTree {
  readonly tree: TargetTree;
  readonly prefix: string;
}

/** The directories that a restore fills, as one backup fills them. */
export class RestoreTrees {
  readonly base: TargetTree;
  readonly spaces: ReadonlyMap<number, SpaceTree>;
  readonly #plan: RestorePlan;

  /** @param before the same directories as the backup before left them */
  constructor(plan: RestorePlan, before?: RestoreTrees) {
    this.#plan = plan;
    const options = {
      delta: plan.mode === 'delta',
      modeMask: plan.modeMask,
      sync: plan.sync,
      isTracked: plan.mode === 'delta' || plan.source.earlier !== undefined,
    };
    this.base = new TargetTree(plan.directory, { ...options, before: before?.base });
    const spaces = plan.tablespaces.map(({ oid, directory, inside }): [number, SpaceTree] => {
      if (inside !== undefined) return [oid, { tree: this.base, prefix: `${inside}/` }];
      const tree = new TargetTree(directory, { ...options, before: before?.spaces.get(oid)?.tree });
      return [oid, { tree, prefix: '' }];
    });
    this.spaces = new Map(spaces);
    this.#keepOwn();
  }

  /** Each directory once: tablespaces inside the data directory share its tree. */
  get all(): ReadonlySet<TargetTree> {
    return new Set([this.base, ...[...this.spaces.values()].map(({ tree }) => tree)]);
  }

  /** Removes what only earlier backups of a chain brought. */
  async removeGone(): Promise<void> {
    for (const tree of this.all) await tree.removeGone();
  }

  #keepOwn(): void {
    for (const tree of this.all) for (const name of [markerName, lockName]) tree.keep(name as ByteString);
    // What is there stays until the new one takes its place.
    for (const { oid, link } of this.#plan.tablespaces) {
      if (link !== undefined) this.base.keep(`pg_tblspc/${oid}` as ByteString);
    }
  }
}
