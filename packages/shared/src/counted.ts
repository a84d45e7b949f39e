/** `1 row`, `1000 rows`: without separators, for logs and errors that scripts read as well. The noun takes an s. */
export const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? "" : "s"}`;
