import { median, quantile, spread } from '../figures.mjs'

const goals = { percent: 75, shedMs: 100, slowdown: 3 }

/** What one round comes to. The calls beside the sign-ins are compared with the same calls just before. */
export function figuresOf({ alone, quiet, busy, seen, seconds }) {
  const perSecond = seen.signedInMs.length / seconds
  const others = Object.keys(quiet).map((name) => {
    const [p50, p99] = [0.5, 0.99].map((share) => [quantile(quiet[name], share), quantile(busy[name], share)])
    return { name, p50, p99, slowdown: p99[1] / p99[0] }
  })
  return { alone, perSecond, percent: (perSecond / alone) * 100, ...seen, others }
}

export function lineOf(round, { alone, perSecond, percent, signedInMs, shedMs, unexpected, others }) {
  const shed = `${shedMs.length} shed in p50/p99/max ${quantilesOf(shedMs)} ms`
  return [
    `round ${round}: argon2 alone ${alone.toFixed(1)}/s, sign-ins ${perSecond.toFixed(1)}/s = ${percent.toFixed(0)} %`,
    `signed in after p50/p99/max ${quantilesOf(signedInMs)} ms, ${shed}`,
    ...others.map(({ name, p50, p99, slowdown }) => {
      return `${name}: p50 ${p50.map(short).join(' → ')}, p99 ${p99.map(short).join(' → ')} ms, ×${slowdown.toFixed(1)}`
    }),
    ...unexpected.slice(0, 3).map((answer) => `unexpected: ${answer}`),
  ].join('\n  ')
}

/** Prints the medians of the rounds. @returns the goals that they miss */
export function judge(rounds) {
  const percent = rounds.map((round) => round.percent)
  console.log(`sign-ins: ${spread(percent)} % of argon2 alone; goal: ${goals.percent} or more`)
  const missed = median(percent) < goals.percent ? ['sign-ins a second'] : []
  missed.push(...judgeShed(rounds), ...judgeOthers(rounds))
  if (rounds.some(({ unexpected }) => unexpected.length > 0))
    missed.push('201 or 503 with Retry-After, nothing else')
  return missed
}

/** With many cores, 200 all find a place. */
function judgeShed(rounds) {
  const shed = rounds.flatMap(({ shedMs }) => shedMs)
  if (shed.length === 0) {
    console.log('shed: nobody')
    return []
  }
  const p99s = rounds.map(({ shedMs }) => quantile(shedMs, 0.99))
  const late = shed.filter((ms) => ms >= goals.shedMs).length
  console.log(
    `shed: p99 ${spread(p99s)} ms; goal: under ${goals.shedMs}; ${late} of ${shed.length} were later`,
  )
  return median(p99s) < goals.shedMs ? [] : ['how soon the rest is shed']
}

function judgeOthers(rounds) {
  return rounds[0].others.flatMap(({ name }, index) => {
    const slowdowns = rounds.map(({ others }) => others[index].slowdown)
    console.log(`${name}: p99 ${spread(slowdowns, 1)} times the usual; goal: ${goals.slowdown} or less`)
    return median(slowdowns) <= goals.slowdown ? [] : [`the p99 of ${name}`]
  })
}

const short = (ms) => ms.toFixed(ms < 10 ? 1 : 0)

const quantilesOf = (values) => [0.5, 0.99, 1].map((share) => short(quantile(values, share))).join('/')
