import type { optionsMessages as english } from '../english/options.ts';
import type { Translation } from '../translation.ts';

export const optionsMessages: Translation<typeof english> = {
  'options.try-help': '更多信息请看 "{program} --help"。',
  'options.unknown': '无法识别的选项 "{option}"',
  'options.ambiguous': '选项 "{option}" 有歧义；可能是 {candidates}',
  'options.no-place': '{option} 需要本机上的路径：以 "s3://" 开头的是对象存储中的位置',
  'options.no-place.hint':
    '对象存储中的仓库用 --repo 指定，WAL 归档用 --archive 指定（仅限有这些选项的命令）。若确是这样命名的目录，路径请以 "./" 开头。',
  'options.no-url': '{option} 需要本机上的路径，而不是 URL',
  'options.no-url.hint':
    '对象存储中的仓库用 --repo s3://BUCKET/PREFIX 指定，WAL 归档用 --archive 指定，存储的地址用 --s3-endpoint 指定（仅限有这些选项的命令）。若确是这样命名的目录，路径请以 "./" 开头。',
  'options.needs-value': '选项 "{option}" 需要参数',
  'options.takes-no-value': '选项 "{option}" 不带参数',
  'options.secret-after': '选项 "{option}" 不带值：密码在终端上询问，从不写在命令行上',
  'options.not-utf8': '参数 "{word}" 不是有效的 UTF-8：请用别的路径指定该文件，例如指向它的链接',
  'options.too-many': '命令行参数过多（第一个是 "{word}"）',
  'options.too-many-hidden': '命令行参数过多（不予显示：含空格的连接串要整个用引号括起来）',
  'options.bad-duration': '{option} 的时间 "{text}" 无效',
  'options.bad-duration.hint': '应为整数加 min、h、d 或 w，例如 36h 或 14d；最多 100 年。',
  'options.bad-integer': '无效的 {what} "{text}"：应为 {low} 到 {high} 之间的整数',
  'options.or': '{left} 或 {right}',
  'options.bad-size': '{option} 的大小 "{text}" 无效',
  'options.bad-size.hint': '应为整数加 B、kB、MB、GB 或 TB，例如 512MB。',
  'options.bad-rate': '传输速率 "{text}" 不是有效的值',
  'options.bad-rate-unit': '--max-rate 的单位无效："{unit}"',
  'options.zero-rate': '传输速率必须大于零',
  'options.rate-range': '传输速率 "{text}" 超出范围：32 kB/s 到 1 GB/s',
  'options.bad-progress': '进度样式 "{text}" 无效，必须是 "json"',
  'options.password-prompt': '密码：',
  'options.password-conflict': '选项 -w/--no-password 与 -W/--password 不能同时使用',
  'options.port-number': '端口号',
  'options.rw-timeout': '读写超时',
  'options.status-interval': '状态包间隔',
  'options.iteration-count': '迭代次数',
};
