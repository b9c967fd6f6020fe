/** Writes docs/faults.md from the fault matrix of the tests. */
import { writeFileSync } from 'node:fs'
import { faultPage } from '../test/faults/page.ts'

writeFileSync(new URL('../docs/faults.md', import.meta.url), faultPage())
