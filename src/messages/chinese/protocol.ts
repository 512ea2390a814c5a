import type { protocolMessages as english } from '../english/protocol.ts';
import type { Translation } from '../translation.ts';

export const protocolMessages: Translation<typeof english> = {
  'protocol.bad-length': '服务器发来的 {message} 消息的长度 {length} 无效',
  'protocol.too-long': '服务器发来的 {message} 消息为 {length} 字节，超过允许的 {limit} 字节',
  'protocol.unknown-type': '服务器发来了类型未知的消息：{type}',
  'protocol.malformed': '服务器发来的 {message} 消息格式错误：{detail}',
  'protocol.unexpected': '服务器在此阶段发来了 {message}：{phase}',
  'protocol.hint': '请检查地址和端口是否属于 PostgreSQL、openGauss 或 MogDB 服务器。',
};
