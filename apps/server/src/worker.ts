import { startUp } from './start-up.ts'
import { work } from './work.ts'

await startUp(work)
