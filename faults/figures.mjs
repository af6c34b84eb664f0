/**
 * Prints what was counted. A figure with `most` is a promise.
 *
 * @param {{ name: string, value: number | string, most?: number, least?: number }[]} figures
 * @returns {string[]} the promises that are broken
 */
export function tell(figures) {
  const width = Math.max(...figures.map(({ name }) => name.length))
  for (const figure of figures)
    console.log(`${figure.name.padEnd(width)}  ${String(figure.value).padStart(8)}${boundOf(figure)}`)
  return figures.filter(isBroken).map((figure) => `${figure.name}: ${figure.value}${boundOf(figure)}`)
}

// A figure that is none, NaN say, is broken too.
const isBroken = ({ value, most, least }) =>
  (most !== undefined && !(value <= most)) || (least !== undefined && !(value >= least))

function boundOf({ most, least }) {
  if (most !== undefined && most === least) return `  (must be ${most})`
  if (most === 0) return '  (must be 0)'
  return [
    most === undefined ? '' : `  (at most ${most})`,
    least === undefined ? '' : `  (at least ${least})`,
  ].join('')
}
