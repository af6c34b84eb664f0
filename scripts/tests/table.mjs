/** @param {{ name: string, passed: number, failed: number, skipped: number, lines?: number }[]} rows */
export function printTable(rows) {
  const width = Math.max(...rows.map(({ name }) => name.length))
  const line = (name, ...cells) =>
    console.log([name.padEnd(width), ...cells.map((cell) => cell.padStart(9))].join(''))
  console.log()
  line('', 'passed', 'failed', 'skipped', 'lines')
  for (const { name, passed, failed, skipped, lines } of rows)
    line(
      name,
      String(passed),
      String(failed),
      String(skipped),
      lines === undefined ? '' : `${lines.toFixed(1)} %`,
    )
  console.log()
}
