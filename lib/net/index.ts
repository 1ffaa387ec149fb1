export { Connection, type ConnectOptions } from "./connection.ts";
export {
  type Address,
  type Endpoint,
  endpointLabel,
  formatEndpoint,
  parseAddress,
  parseAddresses,
  parsePort,
  type TcpEndpoint,
  type UnixEndpoint,
  withPort,
} from "./endpoint.ts";
export { type NetworkValues, networkOptions, readNetworkOptions } from "./options.ts";
export type { TlsOptions } from "./tls.ts";
