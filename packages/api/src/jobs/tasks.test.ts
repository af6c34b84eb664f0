import { expect, it, vi } from 'vitest'
import * as z from 'zod'
import { eventually } from '../testing/eventually.ts'
import { silentLog } from '../testing/log.ts'
import { defineJob } from './define.ts'
import { allTasks, fastTasks, type TaskContext } from './tasks.ts'

it('an end that is written behind the end of its run is not told to Graphile Worker, which would throw where nobody catches it', async () => {
  for (const tasks of [fastTasks, allTasks]) {
    const written = Promise.withResolvers<void>()
    const failed = vi.fn(() => written.promise)
    let isOver = false
    const context = {
      deps: { log: silentLog },
      recorder: { failed },
      running: new Map(),
      isOver: () => isOver,
    }
    const [task] = Object.values(tasks([failing], context as never as TaskContext))
    const told = vi.fn()
    void Promise.resolve(task?.({}, { job: { id: '7', payload: {} } } as never)).then(told, told)
    await eventually(() => expect(failed).toHaveBeenCalled())
    isOver = true
    written.resolve()
    await new Promise((turn) => setImmediate(turn))
    expect(told).not.toHaveBeenCalled()
  }
})

const failing = defineJob({
  name: 'test:failing',
  payload: z.object({}),
  run: () => Promise.reject(new Error('The database is away')),
})
