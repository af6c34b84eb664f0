import { expect, test } from 'vitest'
import { newsOf, type Pages, withNewest } from './newest.ts'
import type { Notification, NotificationPage } from './queries.ts'

const notification = (id: string): Notification => ({
  kind: 'admin.message',
  data: { messageId: id, subject: '', message: '' },
  id,
  title: '',
  text: '',
  url: null,
  readAt: null,
  createdAt: '2026-11-23T00:00:00.000Z',
})

const page = (ids: string, nextCursor: string | null = null): NotificationPage => ({
  items: [...ids].map(notification),
  nextCursor,
})

const pages = (...shown: NotificationPage[]): Pages<string> => ({
  pages: shown,
  pageParams: shown.map((_, index) => String(index)),
})

const idsOf = ({ pages }: Pages) => pages.map(({ items }) => items.map(({ id }) => id).join(''))

test('new is what came after the newest that is shown', () => {
  expect(newsOf(pages(page('ca'), page('0')), page('edca')).map(({ id }) => id)).toEqual(['e', 'd'])
  expect(newsOf(pages(page('ca')), page('ba'))).toEqual([])
  expect(newsOf(pages(page('')), page('b'))).toHaveLength(1)
})

test('new ones come in at the top, and the pages below stay', () => {
  const shown = withNewest(pages(page('ca', 'more'), page('0')), page('edca', 'more'))
  expect(idsOf(shown)).toEqual(['edca', '0'])
  expect(shown.pageParams).toEqual(['0', '1'])
})

test('when not all that is new is there, the list begins anew and no gap is hidden', () => {
  const shown = withNewest(pages(page('ca', 'more'), page('0')), page('gf', 'after f'))
  expect(idsOf(shown)).toEqual(['gf'])
  expect(shown).toMatchObject({ pageParams: ['0'], pages: [{ nextCursor: 'after f' }] })
})

test('an empty list takes all there is', () => {
  expect(idsOf(withNewest(pages(page('')), page('ba')))).toEqual(['ba'])
})
