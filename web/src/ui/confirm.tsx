/** A button that asks once more before it does anything, and says what will happen. */
import { Button } from '@mantine/core'
import { type ReactNode, useEffect, useId, useRef, useState } from 'react'
import { bad, good } from './colours.ts'

interface Props {
  /** What stands on the button. */
  readonly text: string
  /** The question, once it was pressed. */
  readonly question: string
  /** What will happen, in full. */
  readonly children: ReactNode
  readonly yes: string
  readonly onYes: () => void
  readonly busy?: boolean
  readonly disabled?: boolean
  /** Whether something is lost by it. */
  readonly isLoss?: boolean
}

/** Shows the button, and the question when it was pressed. The focus goes to the question and comes back. */
export function Confirm({ text, question, children, yes, onYes, busy = false, disabled = false, isLoss }: Props) {
  const [isAsked, setAsked] = useState(false)
  const title = useId()
  const button = useRef<HTMLButtonElement>(null)
  const box = useRef<HTMLElement>(null)
  const wasAsked = useRef(false)
  useEffect(() => {
    if (isAsked) box.current?.focus()
    // Only now can the button take it again.
    else if (wasAsked.current) button.current?.focus()
    wasAsked.current = isAsked
  }, [isAsked])
  return (
    <>
      <Button
        ref={button}
        variant="default"
        aria-expanded={isAsked}
        disabled={disabled || isAsked}
        loading={busy && !isAsked}
        onClick={() => setAsked(true)}
      >
        {text}
      </Button>
      {isAsked ? (
        <section ref={box} className="question" tabIndex={-1} aria-labelledby={title}>
          <h3 id={title} className="flush">
            {question}
          </h3>
          <div className="after">{children}</div>
          <div className="row actions">
            <Button
              color={isLoss === true ? bad : good}
              loading={busy}
              onClick={() => {
                setAsked(false)
                onYes()
              }}
            >
              {yes}
            </Button>
            <Button variant="default" onClick={() => setAsked(false)}>
              No, leave it
            </Button>
          </div>
        </section>
      ) : null}
    </>
  )
}
