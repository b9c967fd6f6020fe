/** The sandbox as a process of its own, so that killing the worker takes nothing of the other side with it. */
import { startSandbox } from '../../src/sandbox/index.ts'

const sandbox = await startSandbox()
const { endpoint, baseRoleArn, customer } = sandbox
process.stdout.write(`${JSON.stringify({ endpoint, baseRoleArn, customer })}\n`)
process.once('SIGTERM', () => void sandbox.close())
