import { appRouter, readInput, restOperations, type Deps, type Operation } from '@tenon/api'
import { callTRPCProcedure } from '@trpc/server'
import type { FastifyInstance, FastifyReply, FastifyRequest, HTTPMethods } from 'fastify'
import { contextOf } from './context.ts'
import { acceptOnlyJson } from './json.ts'
import { refuseOtherMethods } from './methods.ts'
import { createPings, goneSignal, sendEvents, type Pings } from './streams.ts'

const prefix = '/api/v1'

/** Procedures with `meta.rest`, as routes. */
export function serveRest(app: FastifyInstance, deps: Deps): void {
  acceptOnlyJson(app, (_text, value) => value)
  const operations = restOperations(appRouter)
  const pings = createPings()
  for (const operation of operations) {
    const handler = (request: FastifyRequest, reply: FastifyReply) =>
      answer({ deps, pings }, operation, request, reply)
    app.route({ method: operation.method, url: toRoute(operation.path), handler })
  }
  for (const [path, group] of Map.groupBy(operations, ({ path }) => path))
    refuseOtherMethods(app, toRoute(path), methodsOf(group))
}

/** `/users/{id}` as fastify writes it. */
const toRoute = (path: string) => path.replace(/\{(\w+)\}/g, ':$1')

function methodsOf(operations: Operation[]): HTTPMethods[] {
  return operations.flatMap<HTTPMethods>(({ method }) => (method === 'GET' ? ['GET', 'HEAD'] : [method]))
}

async function answer(
  { deps, pings }: { deps: Deps; pings: Pings },
  operation: Operation,
  request: FastifyRequest,
  reply: FastifyReply,
) {
  const ctx = await contextOf(deps, request, reply)
  const input = () => readInput(operation, toRestRequest(request))
  // A procedure without an input never asks for it; what was sent all the same is refused.
  if (!operation.input) input()
  const output = await callTRPCProcedure({
    router: appRouter,
    path: operation.name,
    type: operation.type,
    ctx,
    // Asked for after the ladder: who may not call is not told what is wrong with the input.
    getRawInput: async () => input(),
    signal: operation.type === 'subscription' ? goneSignal(reply) : undefined,
    batchIndex: 0,
  })
  if (operation.type === 'subscription') return sendEvents(request, reply, output, pings)
  reply.code(operation.status)
  if (operation.meta.location) reply.header('location', prefix + fill(operation.meta.location, output))
  return operation.status === 204 ? reply.send() : output
}

function toRestRequest({ params, url, body, headers }: FastifyRequest) {
  const query = new URLSearchParams(url.split('?').slice(1).join('?'))
  const lastEventId = headers['last-event-id']?.toString()
  return { params: params as Record<string, string>, query, body, lastEventId }
}

function fill(location: string, output: unknown): string {
  const fields = output as Record<string, unknown>
  return location.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(fields[name])))
}
