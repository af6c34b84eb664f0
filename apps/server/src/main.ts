import { serve } from './serve.ts'
import { startUp } from './start-up.ts'

await startUp(serve)
