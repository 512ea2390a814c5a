declare const __GAUSSKEEP_VERSION__: string | undefined;

/** The release of gausskeep, put in by the build from package.json. */
export const version: string = typeof __GAUSSKEEP_VERSION__ === 'string' ? __GAUSSKEEP_VERSION__ : 'development';
