/**
 * Processes, their descriptors, limits and sockets, from Linux' proc file system. Where proc is mounted is a parameter of
 * every function.
 *
 * @packageDocumentation
 */
export { type Boot, readBoot } from "./boot.ts";
export {
  countDescriptors,
  type DescriptorReading,
  descriptorKind,
  descriptorOwner,
  readDescriptors,
  sizeCountsDescriptors,
  socketInode,
} from "./descriptors.ts";
export type { Unreadable } from "./file.ts";
export { hidesProcesses } from "./hidepid.ts";
export { InodeSet } from "./inode-set.ts";
export { type DescriptorLimit, parseSoftLimit, readDescriptorLimit } from "./limits.ts";
export { type Found, findProcesses, type Process, parseProcess, readProcess } from "./process.ts";
export { formatAddress, networkNamespace, parseTcpLine, readTcpSockets, type TcpSocket } from "./sockets.ts";
export { Tally } from "./tally.ts";
export {
  findTitledProcesses,
  isAlive,
  type ProcessUse,
  readProcessUse,
  readTitledProcess,
  type TitledProcess,
} from "./titled-process.ts";
export { listeningPaths } from "./unix-sockets.ts";
export { Users } from "./users.ts";
