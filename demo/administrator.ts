/** The customer's administrator runs `drawbridge diagnose` with credentials that can read the policies. */
import { execFile } from 'node:child_process'
import path from 'node:path'
import { promisify } from 'node:util'
import { type Diagnosis, diagnosis } from '../src/contract/index.ts'
import { customerAccountId } from '../src/sandbox/index.ts'
import type { CustomerNames } from './customer.ts'
import { region, type Stage } from './stage.ts'

const run = promisify(execFile)

/** Runs the command as its own process and reads its JSON. */
export async function diagnoseAsAdministrator(
  root: string,
  stage: Stage,
  connection: string,
  names: CustomerNames,
): Promise<Diagnosis> {
  const words = [
    path.join(root, 'src/cli/main.ts'),
    'diagnose',
    ...['--connection', connection],
    ...['--role-arn', `arn:aws:iam::${customerAccountId}:role/${names.role}`],
    ...['--bucket', names.bucket],
    ...(names.keyArn === null ? [] : ['--key-arn', names.keyArn]),
    ...['--endpoint-url', stage.sandbox.endpoint],
    ...['--region', region],
    '--json',
  ]
  const { accessKeyId, secretAccessKey } = stage.sandbox.customer
  const { stdout } = await run(process.execPath, words, {
    cwd: root,
    maxBuffer: 16 * 1024 * 1024,
    env: {
      PATH: process.env['PATH'],
      DRAWBRIDGE_DATA: stage.dataDirectory,
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
      NO_COLOR: '1',
    },
  })
  return diagnosis.parse(JSON.parse(stdout))
}
