/** Every broken chain, in the order of the journey: the nine of the demo among them. */
import { azureChains } from './azure-chains.ts'
import type { BrokenChain } from './chain.ts'
import { permissionChains } from './permission-chains.ts'
import { placeChains } from './place-chains.ts'
import { storageChains } from './storage-chains.ts'
import { tokenChains } from './token-chains.ts'
import { trustChains } from './trust-chains.ts'

export const chains: readonly BrokenChain[] = [
  ...trustChains,
  ...tokenChains,
  ...permissionChains,
  ...storageChains,
  ...placeChains,
  ...azureChains,
]
