import type { storeMessages as english } from '../english/store.ts';
import type { Translation } from '../translation.ts';

/** What an object store was found to do, and its clock. */
export const storeMessages: Translation<typeof english> = {
  'store.clock.ahead': '本机的时钟比对象存储快 {seconds} 秒，因而被其拒绝：请求改用对象存储的时间签名',
  'store.clock.behind': '本机的时钟比对象存储慢 {seconds} 秒，因而被其拒绝：请求改用对象存储的时间签名',
  'store.one-host': '可以写入的主机是 {host}',
  'store.probe.as-noted': '与此处的记录一致',
  'store.probe.directory': '"{place}" 不在对象存储中：没有什么可探测的',
  'store.probe.help.json': '以一行 JSON 输出',
  'store.probe.help.take-over': '记录探测结果；若只允许一台主机写入，则记为本机；若记录的是另一台主机，则它必须是 HOST',
  'store.probe.how': '使用 --take-over 会记录该结果。',
  'store.probe.how-from':
    '使用 --take-over={host:word} 会记录本机，并由本机继续。请先确认另一台主机上没有 gausskeep 在运行。',
  'store.probe.name-it': '可写入 {storage} 的主机是 {host}：没有说明从哪台主机接管，或指定的是另一台',
  'store.probe.name-it.hint':
    '没有更改任何内容。两台主机同时写入会互相覆盖。如果 {host} 上已没有 gausskeep 在运行，请指定它：gausskeep repo probe {storage:word} --take-over={host:word}',
  'store.probe.noted.always': '原记录为：无论对象大小都会拒绝已占用的名称，因此各主机之间不会互相防备',
  'store.probe.noted.never': '原记录为：会覆盖已占用的名称',
  'store.probe.noted.single': '原记录为：对于一次请求写入的对象，会拒绝已占用的名称',
  'store.probe.old-host':
    '{host} 从下一次写入起会被拒绝；它此刻正在写入的内容仍可能到达：请确认那里没有 gausskeep 在运行',
  'store.probe.other-host': '可以写入的主机是 {host}，不是本机',
  'store.probe.summary': '探测仓库所在对象存储的行为，并从另一台主机接管',
  'store.probe.synopsis': 'PLACE [OPTION]...',
  'store.probe.taken': '现已记录',
  'store.probe.unused': '尚无记录：此位置从未使用过',
  'store.probe.what':
    '探测对象存储如何处理已占用的名称，并与其中的仓库或归档创建时的记录比较。若对象存储会覆盖这样的名称，则只允许一台主机写入；旧主机已不存在或重新安装过时，--take-over=HOST 使本机取代旧主机 HOST。退出状态 3：探测结果与记录不同。',
  'store.puts.always': '{place}：无论对象大小，该存储都会拒绝已占用的名称',
  'store.puts.never': '{place}：该存储会覆盖已占用的名称',
  'store.puts.single': '{place}：对于一次请求写入的对象，该存储会拒绝已占用的名称；gausskeep 都以这种方式写入',
};
