/** Making elements. Text goes in as text alone: nothing that a stranger wrote ever becomes markup. */

type Child = Node | string | null

/** Makes an element with attributes and children; null children are left out. */
export function element<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  attributes: Readonly<Record<string, string>> = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[Name] {
  const made = document.createElement(name)
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value)
  made.append(...children.filter((child) => child !== null))
  return made
}

/** A sentence; what stands in backticks becomes code. */
export function sentence(text: string): HTMLElement {
  const parts = text.split('`').map((part, place) => (place % 2 === 1 ? element('code', {}, part) : part))
  return element('span', {}, ...parts)
}

/** A list of sentences under a title; nothing where it is empty. */
export function lines(title: string, items: readonly string[]): HTMLElement | null {
  if (items.length === 0) return null
  const rows = items.map((item) => element('li', {}, sentence(item)))
  return element('div', { class: 'quiet' }, element('strong', {}, title), element('ul', {}, ...rows))
}
