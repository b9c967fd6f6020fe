/**
 * Builds the page of the repair ticket as one file: script and style inline, named in its Content-Security-Policy by their
 * hashes, so that nothing else can run and nothing can be asked for. The data comes later, when a ticket is made.
 */
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { build, type Plugin } from 'vite'

/** Makes the plugin that adds `ticket.html` to the built pages. */
export function repairTicketPage(): Plugin {
  let outDir = ''
  return {
    name: 'drawbridge-repair-ticket',
    apply: 'build',
    configResolved: (config) => {
      outDir = path.resolve(config.root, config.build.outDir)
    },
    closeBundle: async () => {
      mkdirSync(outDir, { recursive: true })
      writeFileSync(path.join(outDir, 'ticket.html'), await ticketHtml())
    },
  }
}

async function ticketHtml(): Promise<string> {
  const { script, style } = await bundle()
  const policy = [
    "default-src 'none'",
    `script-src '${hashOf(script)}'`,
    `style-src '${hashOf(style)}'`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ')
  const parts: Readonly<Record<string, string>> = { CSP: policy, STYLE: style, SCRIPT: script }
  const template = readFileSync(path.join(import.meta.dirname, 'template.html'), 'utf8')
  return template.replace(/%(CSP)%|\/\*%(STYLE|SCRIPT)%\*\//g, (_whole, attribute?: string, inline?: string) => {
    return parts[attribute ?? inline ?? ''] ?? ''
  })
}

async function bundle(): Promise<{ readonly script: string; readonly style: string }> {
  const built = await build({
    configFile: false,
    root: import.meta.dirname,
    publicDir: false,
    logLevel: 'warn',
    build: {
      write: false,
      cssMinify: true,
      lib: { entry: path.join(import.meta.dirname, 'src/main.ts'), formats: ['iife'], name: 'repairTicket' },
    },
  })
  const outputs = (Array.isArray(built) ? built : [built]).flatMap((one) => ('output' in one ? one.output : []))
  const script = outputs.find((one) => one.type === 'chunk')?.code ?? ''
  const style = outputs.find((one) => one.type === 'asset' && one.fileName.endsWith('.css'))
  const css = style?.type === 'asset' ? String(style.source) : ''
  if (script === '' || css === '') throw new Error('the bundle of the repair ticket lacks its script or its style')
  return { script: insideElement(script), style: insideElement(css) }
}

/** What a script or style element holds must not end it. */
function insideElement(text: string): string {
  return text
    .trim()
    .replace(/<\/(?=script|style)/gi, '<\\/')
    .replaceAll('<!--', '<\\!--')
}

function hashOf(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`
}
