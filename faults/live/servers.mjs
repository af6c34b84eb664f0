import { startServer } from '../writes/server.mjs'

/** The server twice on one database: one that does the jobs, too, and one that does not. */
export const startServers = ({ url, dataDir, opened }) =>
  Promise.all([
    startServer({ url, dataDir, opened }),
    startServer({ url, dataDir, more: { WORKER: 'off' }, opened }),
  ])
