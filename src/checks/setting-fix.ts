import { say, type Message } from '../messages/message.ts';
import type { ServerFacts } from './server-facts.ts';

/** The statement, or the line of postgresql.conf, that sets `name`, and what makes the server take it. */
export function settingFix({ examination, settings }: ServerFacts, name: string, value: string): Message {
  const line = { name, value: /^(?:\d+|[a-z_]+)$/.test(value) ? value : `'${value.replaceAll("'", "''")}'` };
  const restarts = settings.get(name)?.needsRestart ?? true;
  if (examination.alterSystem)
    return restarts ? say('doctor.alter-restart.fix', line) : say('doctor.alter-reload.fix', line);
  return restarts ? say('doctor.restart-setting.fix', line) : say('doctor.setting.fix', line);
}
