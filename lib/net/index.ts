export { Connection, type ConnectOptions } from "./connection.ts";
export {
  type Address,
  type Endpoint,
  endpointLabel,
  endpointsOf,
  formatEndpoint,
  parseAddress,
  parseAddresses,
  parsePort,
  type TcpEndpoint,
  tcpEndpoint,
  type UnixEndpoint,
  withPort,
} from "./endpoint.ts";
export { type NetworkValues, networkOptions, readNetworkOptions, serverOptions } from "./options.ts";
export type { TlsOptions } from "./tls.ts";
