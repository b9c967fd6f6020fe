/** `npm run bench -- NAME`: runs one benchmark and prints its tables. Nothing here is asserted by tests. */

import { benchDelivery } from './delivery.ts'
import { benchDiagnosis } from './diagnosis.ts'
import { benchIam } from './iam.ts'
import { benchVerification } from './verification.ts'

const benches: Readonly<Record<string, () => Promise<string>>> = {
  delivery: benchDelivery,
  diagnosis: benchDiagnosis,
  iam: benchIam,
  verification: benchVerification,
}

const [name = ''] = process.argv.slice(2)
const bench = Object.hasOwn(benches, name) ? benches[name] : undefined
if (bench === undefined) {
  console.error(`error: no benchmark is called \`${name}\``)
  console.error(`hint: npm run bench -- ${Object.keys(benches).join(' | ')}`)
  process.exitCode = 2
} else console.log(await bench())
