import { Status } from "./status.ts";

/** A failure that knows the state it stands for. Whatever else is thrown is a bug, and shows as UNKNOWN. */
export class CheckError extends Error {
  override readonly name: string = "CheckError";
  readonly status: Status;
  constructor(status: Status, message: string, options?: ErrorOptions) {
    super(message, options);
    this.status = status;
  }
}

/**
 * The reason a deadline's AbortSignal carries: the state the user wants a timeout to have (`-t 10:UNKNOWN`) and the
 * whole time allowed, in seconds.
 */
export class DeadlineError extends CheckError {
  override readonly name = "DeadlineError";
  readonly seconds: number;
  constructor(status: Status, seconds: number) {
    super(status, `no verdict within ${seconds} s`);
    this.seconds = seconds;
  }
}

/** The command line asks for something impossible: UNKNOWN, and the answer ends with the short usage. */
export class UsageError extends CheckError {
  override readonly name = "UsageError";
  constructor(message: string, options?: ErrorOptions) {
    super(Status.UNKNOWN, message, options);
  }
}

/** Nothing more can be opened, and so nothing be said of what was looked for. */
export class NoDescriptorsError extends CheckError {
  override readonly name = "NoDescriptorsError";
  constructor(message: string, options?: ErrorOptions) {
    super(Status.UNKNOWN, message, options);
  }
}

/** Whether a lack of descriptors is behind an error. */
export function noDescriptors(error: unknown): NoDescriptorsError | undefined {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof NoDescriptorsError) return cause;
    const { code } = cause as NodeJS.ErrnoException;
    if (code === "EMFILE")
      return new NoDescriptorsError("this check has no descriptors left (ulimit -n)", { cause: error });
    if (code === "ENFILE")
      return new NoDescriptorsError("this machine has no descriptors left (fs.file-max)", { cause: error });
  }
  return undefined;
}
