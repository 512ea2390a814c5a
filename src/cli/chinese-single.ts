// Built into one file of its own, which is read where Chinese is spoken only.
export { chinese } from '../messages/chinese.ts';
