/** What every page must keep, read off the page itself: names for ears, one heading, contrast for eyes, no sideways scroll. */
import type { Page } from 'playwright-core'

/**
 * Lists what a page does wrong; empty when it does nothing wrong.
 * @see https://www.w3.org/TR/WCAG22/#contrast-minimum 4.5 to 1, and 3 to 1 for large text
 */
export function faultsOf(page: Page): Promise<string[]> {
  return page.evaluate(audit)
}

/** Runs in the page; knows nothing of this file. Colours come from a canvas, which reads whatever CSS writes. */
const audit = `(() => {
  const faults = []
  const say = (what, element) => faults.push(what + ': ' + element.outerHTML.slice(0, 160))
  const isSeen = (element) => element.checkVisibility({ visibilityProperty: true, opacityProperty: true })
  const nameOf = (element) =>
    (element.getAttribute('aria-label') ?? '') +
    [...(element.labels ?? [])].map((label) => label.textContent).join('') +
    (element.matches('button, a, summary') ? element.textContent : '')
  for (const element of document.querySelectorAll('button, a, summary, input, textarea, select')) {
    if (isSeen(element) && element.type !== 'hidden' && nameOf(element).trim() === '') say('no name', element)
  }
  for (const image of document.querySelectorAll('img')) if (!image.hasAttribute('alt')) say('no alternative', image)
  const headings = document.querySelectorAll('h1').length
  if (headings !== 1) faults.push(headings + ' headings of the first level')
  if (!document.documentElement.lang) faults.push('no language')
  const ids = [...document.querySelectorAll('[id]')].map(({ id }) => id)
  for (const id of new Set(ids)) if (ids.filter((one) => one === id).length > 1) faults.push('id twice: ' + id)
  if (document.documentElement.scrollWidth > innerWidth) faults.push('scrolls sideways')
  for (const element of document.querySelectorAll('body *')) {
    if (!isSeen(element) || element.closest('pre, [aria-label=diff], .unseen, textarea')) continue
    if (element.getBoundingClientRect().right > innerWidth + 1) say('reaches beyond the page', element)
  }
  const brush = document.createElement('canvas').getContext('2d', { willReadFrequently: true })
  const rgba = (colour) => {
    brush.clearRect(0, 0, 1, 1)
    brush.fillStyle = colour
    brush.fillRect(0, 0, 1, 1)
    const [red, green, blue, alpha] = brush.getImageData(0, 0, 1, 1).data
    return [red, green, blue, alpha / 255]
  }
  const over = (top, below) => [0, 1, 2].map((i) => top[i] * top[3] + below[i] * (1 - top[3])).concat(1)
  const backgroundOf = (element) => {
    const layers = []
    for (let one = element; one !== null; one = one.parentElement) layers.push(rgba(getComputedStyle(one).backgroundColor))
    return layers.reverse().reduce((below, top) => over(top, below), [255, 255, 255, 1])
  }
  const light = (colour) => {
    const [red, green, blue] = colour.map((part) => {
      const share = part / 255
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
    })
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
  }
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
  for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
    const element = node.parentElement
    if (node.textContent.trim() === '' || !isSeen(element) || element.closest('.unseen, :disabled, [data-disabled]')) continue
    const style = getComputedStyle(element)
    const background = backgroundOf(element)
    const [one, other] = [light(over(rgba(style.color), background)), light(background)].sort((a, b) => b - a)
    const ratio = (one + 0.05) / (other + 0.05)
    const size = parseFloat(style.fontSize)
    const isLarge = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700)
    const isSign = element.getAttribute('role') === 'img'
    if (ratio < (isLarge || isSign ? 3 : 4.5)) say('contrast ' + ratio.toFixed(2), element)
  }
  return [...new Set(faults)]
})()`
