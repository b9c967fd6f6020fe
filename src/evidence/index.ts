/**
 * Evidence: canonical entries, the Merkle log, checkpoints, receipts and the package in which they travel. Pure formats
 * that `sha256sum`, `openssl` and other implementations of the C2SP formats can check; docs/evidence.md describes them.
 */
export type { JsonValue } from './canonical-json.ts'
export { canonicalJson, parseCanonicalJson } from './canonical-json.ts'
export type { CheckpointProblem, ParsedCheckpoint, TreeHead, VerifiedCheckpoint } from './checkpoint.ts'
export { parseCheckpoint, signCheckpoint, verifyCheckpoint } from './checkpoint.ts'
export type { EvidenceKey, KeyProblem } from './evidence-key.ts'
export {
  evidenceKeyId,
  exportPrivateKeyPem,
  exportPublicKeyPem,
  generateEvidenceKey,
  importPrivateKeyPem,
  importPublicKeyPem,
} from './evidence-key.ts'
export type { EvidenceLogOptions } from './evidence-log.ts'
export { EvidenceLog } from './evidence-log.ts'
export type { LogEntry } from './log-entry.ts'
export { parseEntry } from './log-entry.ts'
export type { LogProof, ReceiptProof, SignedCheckpoint } from './log-proof.ts'
export type { GrowingLog, LogSeal, LogSealer, PlacedEntry } from './log-seal.ts'
export { proofsUnder } from './log-seal.ts'
export type { IntegratedEntry, LogStore, PendingEntry } from './log-store.ts'
export { LogTip } from './log-tip.ts'
export type { LogKeys } from './log-trust.ts'
export type { LogVerdict } from './log-verification.ts'
export { verifyLog } from './log-verification.ts'
export { proveConsistency, proveInclusion, verifyConsistency, verifyInclusion } from './merkle-proof.ts'
export type { HashReader, StoredHash } from './merkle-tree.ts'
export { hashesForLeaf, leafHash, storedHashIndex, treeHash } from './merkle-tree.ts'
export type { LayoutProblem, PackageFile, PackageInfo, PayloadFile, ReportFile, TagFile } from './package-layout.ts'
export { layoutPackage } from './package-layout.ts'
export type { PathProblem } from './package-path.ts'
export { packagePath } from './package-path.ts'
export type { FileHash, PackageSource } from './package-source.ts'
export type { PackageCheck, PackageVerdict } from './package-verification.ts'
export { verifyPackage, verifyReceiptAlone } from './package-verification.ts'
export { buildPackedReceipt, instructionsHash, instructionsOf, packReceipt, unpackReceipt } from './packed-receipt.ts'
export type { ReceiptFiles } from './receipt.ts'
export { buildReceipt, receiptPaths } from './receipt.ts'
export type { ReceiptFacts, ReceiptLog, ReceiptObject, ReceiptParts, ReceiptTarget } from './receipt-facts.ts'
export type { ReceiptFile } from './receipt-file.ts'
export { deliveredEntry } from './receipt-statement.ts'
export {
  assertSidecar,
  packSidecar,
  packSidecarLines,
  packSidecarOctets,
  sidecarSuffix,
  unpackSidecar,
} from './sidecar.ts'
export type { NoteVerifier } from './signed-note.ts'
export { noteKeyId, parseVerifierKey, verifierKey } from './signed-note.ts'
export type { TlogProof } from './tlog-proof.ts'
export { parseTlogProof, writeTlogProof } from './tlog-proof.ts'
export { verifyInstructions } from './verify-instructions.ts'
