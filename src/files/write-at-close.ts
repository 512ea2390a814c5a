import { ftruncateSync } from 'node:fs';

/**
 * Has the kernel begin to write a new, empty file when its descriptor is closed, without anybody waiting: ext4 (`auto_da_alloc`) and btrfs take a
 * file that was truncated for one that replaces another. Its flush, later, finds content and inode on the disk already: one switch of tasks a
 * file in place of three or four. Where the file system does nothing of the kind nothing happens, and nothing is promised.
 */
export function writeAtClose(descriptor: number): void {
  try {
    ftruncateSync(descriptor, 0);
  } catch {
    // Only a hint: what cannot be written is told by its flush.
  }
}
