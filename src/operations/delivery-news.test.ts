/** What is known of a delivery on its way, for whoever asks late. */
import { expect, test } from 'vitest'
import { DeliveryNews, type ObjectProgress } from './delivery-news.ts'

const at = (key: string, bytesSent: number): ObjectProgress => ({
  type: 'progress',
  tenant: 't',
  delivery: 'dlv_1',
  connection: 'acme',
  key,
  bytesSent,
  sizeBytes: 100,
})

test('the newest word on every object is kept until a target or the delivery has moved on', () => {
  const news = new DeliveryNews()
  for (const event of [at('a', 10), at('b', 20), at('a', 30)]) news.tell(event)
  expect(news.underWay('dlv_1').map(({ key, bytesSent }) => [key, bytesSent])).toEqual([
    ['a', 30],
    ['b', 20],
  ])
  expect(news.underWay('dlv_2')).toEqual([])
  const over = { tenant: 't', delivery: 'dlv_1', connection: 'acme', state: 'delivered', reason: null } as const
  news.tell({ type: 'target', ...over })
  expect(news.underWay('dlv_1')).toEqual([])
})

test('whoever listens hears everything, until he goes', () => {
  const news = new DeliveryNews()
  const heard: number[] = []
  const forget = news.on((event) => heard.push(event.type === 'progress' ? event.bytesSent : -1))
  news.tell(at('a', 10))
  forget()
  news.tell(at('a', 20))
  expect(heard).toEqual([10])
})
