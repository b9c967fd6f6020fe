/** Short names of the contract's shapes, as this folder uses them. */
import type { Cause, LinkId as Link, Repair } from '../../contract/index.ts'

export type Confidence = Cause['confidence']
export type LinkId = Link
export type RepairSide = Repair['side']
