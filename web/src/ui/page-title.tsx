/** The heading of a page: it names the page in the browser's tab, and takes the focus when the reader came from another one. */
import { type ReactNode, useEffect, useRef } from 'react'

let isFirstPage = true

/** Shows the heading. `children` stand beside it: states, buttons. */
export function PageTitle({ text, children }: { readonly text: string; readonly children?: ReactNode }) {
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => {
    document.title = `${text} · Drawbridge`
    // Whoever hears the page instead of seeing it would else not notice that it is another one.
    if (!isFirstPage) heading.current?.focus({ preventScroll: true })
    isFirstPage = false
    window.scrollTo(0, 0)
  }, [text])
  return (
    <div className="row title">
      <h1 ref={heading} tabIndex={-1}>
        {text}
      </h1>
      {children}
    </div>
  )
}
