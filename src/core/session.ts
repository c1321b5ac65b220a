/** What a script or command left behind. `status` is undefined where a signal ended it. */
export interface Output {
  readonly status: number | undefined;
  readonly signal?: string;
  readonly stdout: Buffer;
  readonly stderr: Buffer;
  /** More came than `maxBytes`: only the head was kept (`act` and `exec`; listeners were given all). */
  readonly truncated?: true;
}

/** Limits and listeners of one exchange. */
export interface Exchange {
  readonly timeoutMs: number;
  /** Of stdout and stderr together. Past it a look is cut and LOOK_TOO_LARGE thrown; `act` and `exec` go on and keep the head. */
  readonly maxBytes: number;
  /** Called with every chunk as it comes. */
  readonly onStdout?: (chunk: Buffer) => void;
  readonly onStderr?: (chunk: Buffer) => void;
}

/** A connection that can only look. `drover plan` gets no more than this. */
export interface Looker {
  /**
   * Feeds a POSIX script to `sh -s` on the host, with the host's privileges, and waits for its end.
   * Throws DroverError: CONNECTION_LOST, LOOK_TIMEOUT, LOOK_TOO_LARGE, SUDO_REFUSED.
   */
  look(script: string, exchange: Exchange): Promise<Output>;
}

/** An open connection to one host. */
export interface Session extends Looker {
  /** As `look`, with a script that changes the host; CHANGE_TIMEOUT in place of LOOK_TIMEOUT. */
  act(script: string, exchange: Exchange): Promise<Output>;
  /** Runs an operator's command line through `sh -c`, with what stdin shall be (nothing: closed at once). */
  exec(command: string, stdin: Buffer | undefined, exchange: Exchange): Promise<Output>;
  /** Ends the connection; pending exchanges fail with CONNECTION_LOST. Never throws. */
  close(): Promise<void>;
}
