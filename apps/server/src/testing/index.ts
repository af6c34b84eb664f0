export { makeTestDataDir, type TestDataDir } from './data-dir.ts'
export { startTestServer, type TestServer, type TestServerOptions } from './test-server.ts'
export { startTestSystem, type TestSystem, type TestSystemOptions } from './test-system.ts'
