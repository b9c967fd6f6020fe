/** The seam to tracing: the rooms say what they do in spans, and whoever wires the house decides where those go. */

/** Facts of a span: names and sizes of ours, never a secret and never what a report is called. */
export type SpanFacts = Readonly<Record<string, string | number | boolean>>

/** Something that takes time. */
export interface Span {
  /** Adds what became known meanwhile. */
  note(facts: SpanFacts): void
}

/** Where spans go. */
export interface Tracing {
  /** Runs a piece of work as a span; spans that begin within it are its children. An error ends it as failed and passes on. */
  span<T>(name: string, facts: SpanFacts, work: (span: Span) => Promise<T>): Promise<T>
}

const silent: Span = { note: () => {} }

/** Traces nothing and costs a call. */
export const noTracing: Tracing = { span: (_name, _facts, work) => work(silent) }
