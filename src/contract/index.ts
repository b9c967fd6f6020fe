/** Every operation's name, input, output and errors. Safe in a browser. */
export * from './chain.ts'
export * from './connection.ts'
export * from './delivery.ts'
export * from './diagnosis.ts'
export * from './operation.ts'
export * from './operations.ts'
export * from './orpc.ts'
export * from './verification.ts'
