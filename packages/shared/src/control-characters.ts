/**
 * C0 and C1 controls, line and paragraph separators, and what turns the direction of text around (Unicode, UAX #9): a
 * terminal or a reader obeys them, and a name that holds some can then pass for something else.
 */
const CONTROLS = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}\ufeff]/gu;

const SHORT: ReadonlyMap<string, string> = new Map([
  ["\n", String.raw`\n`],
  ["\r", String.raw`\r`],
  ["\t", String.raw`\t`],
]);

/**
 * The text with each control character written out, as in `\u001b[31m`, so that it is seen and not obeyed. `keepBreaks` leaves
 * line feeds and tabs as they are, for where a line cannot be mistaken for another.
 */
export const escapeControls = (text: string, { keepBreaks }: { readonly keepBreaks: boolean }): string =>
  text.replaceAll(CONTROLS, (character) => {
    if (keepBreaks && (character === "\n" || character === "\t")) return character;
    return SHORT.get(character) ?? String.raw`\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
