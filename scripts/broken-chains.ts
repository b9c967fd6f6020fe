/**
 * `node scripts/broken-chains.ts [NAME …]`: breaks every chain of the table on the sandbox and on Azurite, lets both views
 * explain it, repairs it as they say, and prints what came of it. Exit code 1 when one differs from the table.
 */
import { chains } from '../test/broken-chains/chains.ts'
import { type Played, startClouds } from '../test/broken-chains/play.ts'

const wanted = process.argv.slice(2)
const clouds = await startClouds()
const results: Played[] = []
try {
  for (const chain of chains.filter(({ name }) => wanted.length === 0 || wanted.includes(name))) {
    const played = await clouds.play(chain)
    results.push(played)
    print(played)
  }
} finally {
  await clouds.close()
}
const wrong = results.filter((played) => played.wrong.length > 0)
const seconds = results.reduce((sum, { milliseconds }) => sum + milliseconds, 0) / 1000
console.log(
  `\n${results.length - wrong.length} of ${results.length} as in the table, ${results.filter(({ isByMachine }) => isByMachine).length} repaired by machine, ${seconds.toFixed(1)} s`,
)
process.exitCode = wrong.length === 0 ? 0 : 1

function print({ chain, vendor, administrator, repair, wrong: differences }: Played): void {
  const among = chain.vendor.among === true ? ` (one of several; the true one: ${chain.vendor.cause})` : ''
  const administered = chain.administrator === 'blind' ? 'no policies to read' : administrator
  console.log(
    [
      `${differences.length === 0 ? 'ok  ' : 'FAIL'} ${chain.cloud} ${chain.name}: ${chain.story}`,
      `     vendor         ${vendor}${among}`,
      `     administrator  ${administered}`,
      `     repair         ${repair}`,
      ...differences.map((difference) => `     differs        ${difference}`),
    ].join('\n'),
  )
}
