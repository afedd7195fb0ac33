/**
 * Characters that could steer a terminal or turn text around: what attackers choose, such as a reason that a
 * trigger took from their traffic, is shown to people.
 */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
const STEERING = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g

/** One line of text that a terminal shows as it is. */
export function clean(text: string): string {
  return text.replace(STEERING, (character) => (character === '\n' ? ' ' : escapeOf(character)))
}

/** The same for JSON and quoted YAML, whose own line breaks and escapes stay: the value does not change. */
export function cleanQuoted(text: string): string {
  return text.replace(STEERING, (character) => (character === '\n' ? character : escapeOf(character)))
}

/** Whether {@link clean} would change the text. */
export function isSteering(text: string): boolean {
  return text.search(STEERING) >= 0
}

function escapeOf(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}
