/** Environment variables by name, as they were when they were read. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The environment of this process: the only place that reads it. Everything else is handed what it needs. */
export function readEnvironment(): Environment {
  return { ...process.env };
}
