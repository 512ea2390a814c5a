/** An area in another language: every key of the English one, no other. A unit test compares the parameters. */
export type Translation<English extends Readonly<Record<string, string>>> = {
  readonly [Key in keyof English]: string;
};
