/** A sentence in which names stand in backticks. */

/** Shows the text, with what stands in backticks as code. */
export function Prose({ text }: { readonly text: string }) {
  const parts = text.split('`').map((part, place) => ({ id: `part-${place}`, part, isCode: place % 2 === 1 }))
  return (
    <>
      {parts.map(({ id, part, isCode }) =>
        isCode ? (
          <code key={id} className="mono">
            {part}
          </code>
        ) : (
          <span key={id}>{part}</span>
        ),
      )}
    </>
  )
}
