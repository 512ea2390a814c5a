import type { serverMessages as english } from '../english/server.ts';
import type { Translation } from '../translation.ts';

export const serverMessages: Translation<typeof english> = {
  'server.no-standby': '-R 不适用于 openGauss 和 MogDB：它们的备机不是由基础备份建立的',
  'server.no-standby.hint': '用 "gs_ctl build" 建立备机。',
  'server.unsupported': '不支持 {product} {version}',
  'server.unsupported.hint':
    '支持 PostgreSQL {oldest} 到 {newest}、openGauss 1.0 到 6.0，以及基于 openGauss 的产品，例如 MogDB。',
  'server.unrecognised': '服务器自称版本为 {version}，无法识别',
  'server.unrecognised.hint':
    '它既没有像 PostgreSQL 那样协商协议，也没有像 openGauss 那样应答 IDENTIFY_VERSION。中间的连接池或代理无法承载备份：请直接连接服务器。',
  'server.control-short': '控制文件有 {length} 字节，至少需要 {needed} 字节',
  'server.control-byte-order': '控制文件的字节序不是本机能用的',
  'server.control-version': '控制文件的版本为 {version}，未知',
  'server.control-version.hint':
    '已知的有 openGauss（923）和 PostgreSQL 10 到 18。PostgreSQL 9.2 到 9.6 太旧；更新的服务器需要更新的 gausskeep。',
  'server.control-checksum': '控制文件已损坏：其校验和为 {actual}，计算得 {expected}',
  'server.control-checksum.hint':
    '如果服务器正在运行，可能是在该文件写入过程中读取的：再读一次。如果是在备份中，则说明备份已损坏。',
};
