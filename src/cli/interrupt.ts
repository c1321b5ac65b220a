import { setMaxListeners } from 'node:events';

/** Ctrl-C: the first asks to start nothing more and to finish what runs, the second to cut. */
export interface Interrupt {
  readonly stop: AbortSignal;
  readonly cut: AbortSignal;
  /** As the first Ctrl-C; nothing where that was. */
  readonly request: () => void;
  /** No longer listens. */
  readonly release: () => void;
}

/**
 * Listens for SIGINT and SIGTERM until released; `tell` is called at each. A terminal that is closed asks as the first Ctrl-C does, however
 * often its shell and the kernel say so. nohup(1) cannot keep that away: Node sets all signals back when it starts.
 */
export function listenForInterrupt(tell: (line: string) => void): Interrupt {
  const [stop, cut] = [new AbortController(), new AbortController()];
  // Every host under way listens: many are no leak.
  setMaxListeners(Number.POSITIVE_INFINITY, stop.signal, cut.signal);
  const heard = (): void => {
    if (!stop.signal.aborted) {
      tell('interrupted: no more hosts are started, running ones finish; again to cut them off');
      stop.abort();
      return;
    }
    tell('cut off: what was under way may or may not be done');
    cut.abort();
  };
  const request = (): void => {
    if (!stop.signal.aborted) heard();
  };
  process.on('SIGINT', heard);
  process.on('SIGTERM', heard);
  process.on('SIGHUP', request);
  return {
    stop: stop.signal,
    cut: cut.signal,
    request,
    release: () => {
      process.off('SIGINT', heard);
      process.off('SIGTERM', heard);
      process.off('SIGHUP', request);
    },
  };
}
