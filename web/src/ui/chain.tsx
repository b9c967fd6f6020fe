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

/** Draws a chain; on a narrow page from top to bottom. */
export function ChainRow({ chain }: { readonly chain: Chain }) {
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
          <span className={styles['title']}>{link.title}</span>
          <span className={styles['detail']} title={link.detail}>
            <Prose text={link.detail} />
          </span>
        </li>
      ))}
    </ol>
  )
}
