import type { Instance } from '../repository/instance.ts';

/** Removes the packs of a run that never tried to commit. */
export async function removePacks({ storage }: Pick<Instance, 'storage'>, id: string): Promise<void> {
  for await (const { name } of storage.list(`packs/${id}/`)) await storage.delete(name);
}
