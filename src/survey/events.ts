import type { EventOf, Progress } from '../events/teller.ts';

/** What looking at WAL tells, besides its phases. */
export type SurveyNews = Progress & { readonly totalBytes: number };

export type SurveyEvent = EventOf<'survey', SurveyNews>;
export type SurveyListener = (event: SurveyEvent) => void;
