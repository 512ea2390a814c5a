import type { tarMessages as english } from '../english/tar.ts';
import type { Translation } from '../translation.ts';

export const tarMessages: Translation<typeof english> = {
  'tar.not-an-archive': '不是 tar 包：开头既没有 tar 头，也没有 openGauss 的包内文件头',
  'tar.not-an-archive.hint': '需要的是 tar 文件，或原版 gs_basebackup -F t 写出的包；可以用 gzip、lz4 或 zstd 压缩。',

  'tar.bad-checksum': 'tar 包损坏：第 {offset} 字节处的头校验和错误',
  'tar.no-name': 'tar 包损坏：第 {offset} 字节处的包内文件头没有名字',
  'tar.endless-name': 'tar 包损坏：第 {offset} 字节处的包内文件名没有结束',
  'tar.bad-extension': 'tar 包损坏：第 {offset} 字节处的扩展头无法读取',
  'tar.large-extension': 'tar 包损坏：第 {offset} 字节处的扩展头大小不合理',
  'tar.lone-extension': 'tar 包损坏：第 {offset} 字节之前的扩展头没有对应的包内文件',
  'tar.trailing-data': 'tar 包损坏：结尾之后的第 {offset} 字节处还有数据',
  'tar.endless-zeros': 'tar 包损坏：结尾之后有超过 {limit} 个零',
  'tar.no-end-mark': 'tar 包提前结束：缺少结尾的两个全零块',
  'tar.truncated-member': 'tar 包提前结束：包内文件 "{member}" 缺少 {left} 字节',
  'tar.truncated.hint': '该文件没有写完或没有复制完。请重新从来源获取。',

  'tar.member-name-empty': '拒绝包内文件 "{member}"：名字为空',
  'tar.member-name-absolute': '拒绝包内文件 "{member}"：名字是绝对路径',
  'tar.member-name-too-long': '拒绝包内文件 "{member}"：名字太长',
  'tar.member-name-nul': '拒绝包内文件 "{member}"：名字中有 NUL 字节',
  'tar.member-name-empty-part': '拒绝包内文件 "{member}"：名字中有空的一段',
  'tar.member-name-dots': '拒绝包内文件 "{member}"：名字中有 "." 或 ".."',
  'tar.member-name-root': '拒绝包内文件 "{member}"：名字就是目标目录本身',
  'tar.member-link-empty': '拒绝包内文件 "{member}"：链接没有目标',
  'tar.member-link-too-long': '拒绝包内文件 "{member}"：链接目标太长',
  'tar.member-link-nul': '拒绝包内文件 "{member}"：链接目标中有 NUL 字节',
  'tar.member-link-endless': 'tar 包损坏：包内文件 "{member}" 的链接目标没有结束',
  'tar.member-mode': 'tar 包损坏：包内文件 "{member}" 的权限位不是数字',
  'tar.member-size': 'tar 包损坏：包内文件 "{member}" 的大小不是合理的数字',
  'tar.member-mtime': 'tar 包损坏：包内文件 "{member}" 的修改时间不是合理的数字',
  'tar.member-type': 'tar 包损坏：包内文件 "{member}" 的类型未知',
  'tar.member-content': 'tar 包损坏：包内的 "{member}" 不是文件，却有内容',
  'tar.member-sparse': '包内文件 "{member}" 是稀疏文件，不支持',
  'tar.bad-name.hint': '正常的备份绝不会有这样的包内文件。目标目录之外没有写入任何内容。',
  'tar.sparse.hint': '不用 --sparse，重新打 tar 包。',

  'tar.size-differs': '包内文件 "{member}" 声明为 {expected} 字节，实际有 {actual} 字节',
  'tar.no-such-type': '包内文件 "{member}" 的类型是这种打包格式所没有的',
  'tar.too-large-for-opengauss': '包内文件 "{member}" 有 {size} 字节，对 openGauss 的打包格式来说太大',
  'tar.too-long-for-opengauss': '包内文件 "{member}" 的名字或链接对 openGauss 的打包格式来说太长',
};
