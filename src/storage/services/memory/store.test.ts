/** The memory store keeps the contract. */
import { describeObjectStore } from '../../testing/contract-suite.ts'
import { memoryStore } from './store.ts'

describeObjectStore('memory', async () => ({
  store: memoryStore(),
  prefix: 'suite/',
  features: {
    conditionalComplete: true,
    secondComplete: 'upload-not-found',
    abortDropsParts: true,
    oddSegments: true,
  },
  close: async () => undefined,
}))
