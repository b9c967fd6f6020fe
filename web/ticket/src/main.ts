/** The repair ticket: one page for the person who can repair, with no server behind it. */
import { diagnosisView } from './diagnosis.ts'
import { element } from './element.ts'
import { readPage } from './page-data.ts'
import './ticket.css'
import { kitView } from './kit.ts'
import { trialView } from './trial.ts'

const page = readPage()
document.title = `Repair ticket: ${page.connection}`

const facts = page.facts.flatMap(({ name, value }) => [element('dt', {}, name), element('dd', {}, value)])
document
  .getElementById('page')
  ?.replaceChildren(
    element(
      'header',
      {},
      element('h1', {}, `Repair ticket for ${page.connection}`),
      element(
        'p',
        { class: 'quiet' },
        `${page.id}, made ${page.createdAt.slice(0, 16).replace('T', ' ')} UTC. This file works offline and holds no secret.`,
      ),
    ),
    diagnosisView(page.diagnosis, page.target),
    ...(page.trial === null ? [] : [trialView(page.trial, page.target)]),
    ...(page.target === null ? [] : [kitView(page.target)]),
    element(
      'section',
      { class: 'card', 'aria-label': 'facts' },
      element('h2', {}, 'What the connection uses'),
      element('dl', {}, ...facts),
      element(
        'p',
        { class: 'quiet' },
        'Once the repair is in place nothing needs to be reported: Drawbridge verifies by itself, delivers what is owed, and closes the ticket.',
      ),
    ),
  )
