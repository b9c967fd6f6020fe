/** Checking a delivered package offline: opens the folder for the evidence room, which knows what has to hold. */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { readdir, readFile, stat } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'
import { DrawbridgeError } from '../base/index.ts'
import type { OperationOutput } from '../contract/index.ts'
import { verifyPackage } from '../evidence/index.ts'
