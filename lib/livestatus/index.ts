export { type LivestatusAddress, parseLivestatusAddress } from "./address.ts";
export { firstLine, parseRows } from "./answer.ts";
export { type FailureKind, LivestatusError } from "./failure.ts";
export { PEER_COLUMNS, PEER_STATES, type Peer, type PeerState, readPeers } from "./peers.ts";
export { formatQuery, type Query } from "./query.ts";
export { Session } from "./session.ts";
export { type Channel, isBusy, localTimeMs, parseAge, parseStateFile, type SiteState } from "./state-file.ts";
export { type CoreStatus, fetchCoreStatus, fetchLastCheck } from "./status.ts";
