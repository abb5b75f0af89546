// The mark of a platform: one or two letters of its name on a colour that is always the same for its id. No logos: they
// are other people's.

/** The initials of two words or of a name like YouTube; else the first two letters. */
export function letters(name: string): string {
  const words = name.split(/[^\p{L}\p{N}]+/u).filter(Boolean)
  const [first = '', second] = words
  if (second !== undefined) return upper(first) + upper(second)
  const [one, two] = [...first].filter((letter, at) => at === 0 || (letter !== letter.toLowerCase() && letter === letter.toUpperCase()))
  return two === undefined ? upper(one ?? '') + ([...first][1] ?? '').toLowerCase() : upper(one ?? '') + two
}

/** An angle on the colour wheel. Lightness and contrast are the same for all of them, and set in PlatformMark. */
export function hue(id: string): number {
  let hash = 2166136261
  for (const letter of id) hash = Math.imul(hash ^ (letter.codePointAt(0) ?? 0), 16777619) >>> 0
  return hash % 360
}

function upper(word: string): string {
  return ([...word][0] ?? '').toUpperCase()
}
