import { bytesMessages } from './chinese/bytes.ts';
import { commonMessages } from './chinese/common.ts';
import { contentMessages } from './chinese/content.ts';
import { filesMessages } from './chinese/files.ts';
import { incrementalMessages } from './chinese/incremental.ts';
import { manifestMessages } from './chinese/manifest.ts';
import { optionsMessages } from './chinese/options.ts';
import { protocolMessages } from './chinese/protocol.ts';
import { receiveHelpMessages } from './chinese/receive-help.ts';
import { receiveOptionsMessages } from './chinese/receive-options.ts';
import { receiveTalkMessages } from './chinese/receive-talk.ts';
import { receiverMessages } from './chinese/receiver.ts';
import { recoveryMessages } from './chinese/recovery.ts';
import { recoveryFailureMessages } from './chinese/recovery-failure.ts';
import { recoveryHelpMessages } from './chinese/recovery-help.ts';
import { recoverySettingsMessages } from './chinese/recovery-settings.ts';
import { refusalMessages } from './chinese/refusals.ts';
import { replicationMessages } from './chinese/replication.ts';
import type { Catalogue } from './message.ts';

/** Every sentence in Chinese, by the keys of `english`. One file per area in `chinese/`, called as in `english/`. */
export const chinese: Catalogue = {
  ...bytesMessages,
  ...commonMessages,
  ...contentMessages,
  ...filesMessages,
  ...incrementalMessages,
  ...manifestMessages,
  ...optionsMessages,
  ...protocolMessages,
  ...receiveHelpMessages,
  ...receiveOptionsMessages,
  ...receiveTalkMessages,
  ...receiverMessages,
  ...recoveryMessages,
  ...recoveryFailureMessages,
  ...recoveryHelpMessages,
  ...recoverySettingsMessages,
  ...refusalMessages,
  ...replicationMessages,
};
