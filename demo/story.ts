/** How the demo speaks: numbered chapters, lines with marks, and the time that has passed. */
import { styleText } from 'node:util'

type Style = Parameters<typeof styleText>[0]

/** Writes the story to the terminal, with colours only where the terminal shows them. */
export class Story {
  readonly #started = performance.now()
  readonly #write: (line: string) => void
  #chapter = 0

  constructor(write: (line: string) => void = (line) => process.stdout.write(`${line}\n`)) {
    this.#write = write
  }

  /** Seconds since the story began. */
  seconds(): string {
    return ((performance.now() - this.#started) / 1000).toFixed(1)
  }

  chapter(title: string): void {
    this.#chapter += 1
    this.#write(`\n${this.#paint('bold', `${this.#chapter}. ${title}`)} ${this.#paint('dim', `${this.seconds()} s`)}`)
  }

  /** Begins a story of several chapters anew, under a title of its own. */
  title(text: string): void {
    this.#chapter = 0
    this.#write(`\n${this.#paint(['bold', 'underline'], text)}`)
  }

  line(text: string): void {
    this.#write(`   ${text}`)
  }

  good(text: string): void {
    this.#write(`   ${this.#paint('green', '✓')} ${text}`)
  }

  bad(text: string): void {
    this.#write(`   ${this.#paint('red', '✗')} ${text}`)
  }

  /** What another command printed, indented. */
  quote(text: string): void {
    for (const line of text.replace(/\n+$/, '').split('\n')) this.#write(`     ${line}`)
  }

  #paint(style: Style, text: string): string {
    return styleText(style, text, { stream: process.stdout })
  }
}
