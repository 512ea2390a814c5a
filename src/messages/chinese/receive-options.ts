import type { receiveOptionsMessages as english } from '../english/receive-options.ts';
import type { Translation } from '../translation.ts';

export const receiveOptionsMessages: Translation<typeof english> = {
  'receive.create-and-drop': '--create-slot 不能与 --drop-slot 同时使用',
  'receive.needs-slot': '{option} 需要用 --slot 指定复制槽',
  'receive.synchronous-no-sync': '--synchronous 不能与 --no-sync 同时使用',
  'receive.no-target': '没有指定目标目录',
  'receive.no-status-file': '没有指定状态文件',
  'receive.no-place': '既没有指定目录，也没有指定归档',
  'receive.no-place.hint':
    '请用 -D DIRECTORY 或 --archive DIRECTORY 指定其一，或在 GAUSSKEEP_ARCHIVE 或配置文件中指定归档。',
  'receive.two-places': '-D/--directory 与 --archive 不能同时使用',
  'receive.generation-in-directory': '--generation 是针对归档的，不能与 -D/--directory 同时使用',
  'receive.bad-endpos': '无法解析结束位置 "{text}"',
  'receive.bad-value': '选项 {option} 的值 "{text}" 无效',
  'receive.out-of-range': '{option} 必须在 {low}..{high} 范围内',
  'receive.bad-choice': '{option} 的值 "{text}" 无效，必须是 {choices}',
  'receive.needs-option': '{option} 需要 {needed}',
  'receive.fork-in-directory': '--on-fork=generation 需要归档：目录中只能有一条 WAL 历史',
  'receive.warn-above-max': '--slot-warn 没有小于 --slot-max',
  'receive.no-directory': '无法打开目录 "{path}"：{reason}',
};
