/** Reads an option that takes a list with commas and may be given again. */
export function readList(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, ...text.split(',').filter((part) => part !== '')]
}
