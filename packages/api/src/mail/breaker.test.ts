import { beforeEach, expect, it } from 'vitest'
import { createBreaker, type Breaker } from './breaker.ts'

let breaker: Breaker
let now: number
let silences: number

beforeEach(() => {
  now = 1_000
  silences = 0
  breaker = createBreaker({ onSilence: () => silences++, now: () => now })
})

const many = () => Array.from({ length: 20 }, () => breaker.enter()).filter((leave) => leave !== undefined)

it('as long as the relay answers, all may send at once, however often it refuses', () => {
  for (const leave of many()) leave('answered')
  expect(many()).toHaveLength(20)
})

it('after a silence nobody sends for five seconds, then one', () => {
  breaker.enter()!('silent')
  expect([many(), silences]).toEqual([[], 1])
  now += 4_999
  expect(many()).toEqual([])
  now += 1
  expect(many()).toHaveLength(1)
})

it('each silence begins the five seconds anew', () => {
  const [first, second] = many()
  first!('silent')
  now += 4_000
  second!('silent')
  now += 4_999
  expect([many(), silences]).toEqual([[], 2])
})

it('a relay that is gone is looked for at once, by one at a time', () => {
  breaker.enter()!('gone')
  for (let round = 0; round < 3; round++) {
    const [probe, ...others] = many()
    expect(others).toEqual([])
    probe!('gone')
  }
  expect(silences).toBe(0)
})

it('the first answer lets all others go, also one to a send that had begun before', () => {
  const [first, second] = many()
  first!('silent')
  second!('answered')
  expect(many()).toHaveLength(20)
  breaker.enter()!('gone')
  breaker.enter()!('answered')
  expect(many()).toHaveLength(20)
})

it('a probe that was given up has found out nothing: the next one does', () => {
  breaker.enter()!('gone')
  breaker.enter()!('nothing')
  expect(many()).toHaveLength(1)
})

it('a send that was given up, or never left, stops nobody', () => {
  breaker.enter()!('nothing')
  expect(many()).toHaveLength(20)
})

it('a send from before the silence that ends does not let a second probe in', () => {
  const [first, second] = many()
  first!('gone')
  const probe = breaker.enter()!
  second!('gone')
  expect(many()).toEqual([])
  probe('gone')
  expect(many()).toHaveLength(1)
})
