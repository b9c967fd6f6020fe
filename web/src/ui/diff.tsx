/** A unified diff, line by line. */
import styles from './diff.module.css'

function kindOf(line: string): 'added' | 'removed' | 'place' | 'same' {
  if (line.startsWith('@@') || line.startsWith('---') || line.startsWith('+++')) return 'place'
  if (line.startsWith('+')) return 'added'
  return line.startsWith('-') ? 'removed' : 'same'
}

/** Shows a unified diff; scrolls sideways inside itself on a narrow page. */
export function Diff({ text }: { readonly text: string }) {
  const lines = text
    .replace(/\n$/, '')
    .split('\n')
    .map((line, place) => ({ id: `line-${place}`, line }))
  return (
    <section className={styles['diff']} aria-label="diff">
      {lines.map(({ id, line }) => (
        <code key={id} className={styles['line']} data-kind={kindOf(line)}>
          {line === '' ? ' ' : line}
        </code>
      ))}
    </section>
  )
}
