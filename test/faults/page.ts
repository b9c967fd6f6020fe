/** docs/faults.md, from the fault matrix. */
import { faultMatrix } from './matrix.ts'

/** Writes docs/faults.md. */
export function faultPage(): string {
  const rows = Object.entries(faultMatrix).map(([number, { fault, outcome, tests, gap }]) => {
    const told = tests.map(([making, file, title]) => `${making}: \`${file}\` – ${title}`)
    const missing = gap === undefined ? [] : [`*not shown:* ${gap}`]
    return `| ${number} | ${fault} | ${outcome} | ${[...told, ...missing].join('<br>').replaceAll('|', '\\|')} |`
  })
  return `# Faults

What can go wrong on the way of a report, what must come of it, and the tests that hold it. A test keeps this page equal to
\`test/faults/matrix.ts\` and the tests that it names in existence; all of them run in CI, where none may be skipped, so a row
holds as long as CI is green.

*real*: a process, disk, clock, network or server that really fails: SIGKILL, SIGSTOP, errors by strace, a file system without
room, a packet filter, a proxy on real connections, libfaketime, PostgreSQL, Ceph RGW and Azurite. *wire*: a counterpart that
answers so on demand. *process*: played within one process. *simulated*: the delivery code and its SQL in a world in which a
seed decides what fails (\`test/simulation\`). Nothing was tried against AWS or Azure themselves.

| | fault | what must come of it | shown by |
|---|---|---|---|
${rows.join('\n')}
`
}
