/** The emblem of the product: the links from person to object in a row, green, red, grey or hollow. */
import type { Chain, CheckStatus } from '../../../src/contract/index.ts'
import styles from './chain.module.css'
import { Prose } from './prose.tsx'

const marks: Readonly<Record<CheckStatus, string>> = { pass: '✓', fail: '✕', unknown: '?', skipped: '–' }
const words: Readonly<Record<CheckStatus, string>> = {
  pass: 'works',
  fail: 'refused',
  unknown: 'not known',
  skipped: 'not reached',
}

interface Props {
  readonly chain: Chain
  /** The id of the diagnosis on this page: a red link leads there and opens its first cause. */
  readonly opens?: string
}

/** Draws a chain; on a narrow page from top to bottom. */
export function ChainRow({ chain, opens }: Props) {
  return (
    <ol className={styles['chain']} aria-label="access chain">
      {chain.links.map((link) => (
        <li
          key={link.id}
          className={styles['link']}
          data-link={link.id}
          data-status={link.status}
          data-reached={link.status === 'pass' || link.status === 'fail' ? 'pass' : 'no'}
        >
          <span className={styles['mark']} data-status={link.status} role="img" aria-label={words[link.status]}>
            {marks[link.status]}
          </span>
          {link.status === 'fail' && opens !== undefined ? (
            <button type="button" className={styles['title']} onClick={() => openCause(opens)}>
              {link.title}
            </button>
          ) : (
            <span className={styles['title']}>{link.title}</span>
          )}
          <span className={styles['detail']} title={link.detail}>
            <Prose text={link.detail} />
          </span>
        </li>
      ))}
    </ol>
  )
}

function openCause(id: string): void {
  const cause = document.getElementById(id)?.querySelector('details')
  if (cause === null || cause === undefined) return
  cause.open = true
  cause.scrollIntoView({ block: 'start' })
  cause.querySelector('summary')?.focus()
}
