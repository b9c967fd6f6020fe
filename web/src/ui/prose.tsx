/** A sentence in which names stand in backticks, and ARNs and addresses break where their parts do. */
import { Fragment } from 'react'

/** Shows the text, with what stands in backticks as code. */
export function Prose({ text }: { readonly text: string }) {
  const parts = text.split('`').map((part, place) => ({ id: `part-${place}`, part, isCode: place % 2 === 1 }))
  return (
    <>
      {parts.map(({ id, part, isCode }) =>
        isCode ? (
          <code key={id} className="mono">
            <Breakable text={part} />
          </code>
        ) : (
          <span key={id}>
            <Breakable text={part} />
          </span>
        ),
      )}
    </>
  )
}

/** Shows a text whose long names may be broken after a colon or a slash, before they are broken anywhere else. */
export function Breakable({ text }: { readonly text: string }) {
  const pieces = text.split(/(?<=[:/])(?=[^\s:/])/).map((piece, place) => ({ id: `piece-${place}`, piece }))
  return (
    <>
      {pieces.map(({ id, piece }, place) => (
        <Fragment key={id}>
          {place === 0 ? null : <wbr />}
          {piece}
        </Fragment>
      ))}
    </>
  )
}
