import { setImmediate } from 'node:timers/promises';
import type { Listener } from '../../core/events.ts';
import type { HostAsks, StepAnswer } from '../../core/step.ts';

/** Asks a person of one step, for the hosts that have come to it. */
export type AskStep = (asking: readonly [HostAsks, ...HostAsks[]], over: AbortSignal) => Promise<StepAnswer>;

/** Brings the hosts of a wave to one question a step. */
export interface Asker {
  /** Nothing is asked before this host has come to a question or to its end. */
  readonly join: (host: string) => void;
  readonly leave: (host: string) => void;
  readonly ask: (asking: HostAsks) => Promise<StepAnswer>;
}

/** What else it is made with. `stop`: whoever waits for an answer then gets `quit`. */
export interface AskerOptions {
  readonly stop: AbortSignal;
  readonly listener: Listener;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

/** Where every host under way waits for an answer, those at the earliest step are asked for together; the others wait on. */
export function newAsker(askStep: AskStep, { stop, listener, now }: AskerOptions): Asker {
  const underWay = new Set<string>();
  const waiting = new Map<string, { readonly asking: HostAsks; readonly give: (answer: StepAnswer) => void }>();
  let settled: StepAnswer | undefined;
  let isBusy = false;
  const next = async (): Promise<void> => {
    const all = [...waiting.values()];
    const least = Math.min(...all.map(({ asking }) => asking.number));
    const group = all.filter(({ asking }) => asking.number === least);
    const [first, ...more] = group.map(({ asking }) => asking);
    if (first === undefined) return;
    const answer = stop.aborted ? 'quit' : (settled ?? (await askStep([first, ...more], stop)));
    if (settled === undefined) {
      const hosts = group.map(({ asking }) => asking.host);
      listener({ type: 'step answered', step: least, name: first.name, hosts, answer, at: now() });
    }
    if (answer === 'continue' || answer === 'quit') settled = answer;
    for (const { asking, give } of group) {
      waiting.delete(asking.host);
      give(answer);
    }
  };
  const consider = async (): Promise<void> => {
    // A host in the place of one that has ended joins first.
    await setImmediate();
    if (isBusy) return;
    isBusy = true;
    while (waiting.size > 0 && (settled !== undefined || waiting.size === underWay.size)) await next();
    isBusy = false;
  };
  return {
    join: (host) => void underWay.add(host),
    leave: (host) => {
      underWay.delete(host);
      void consider();
    },
    ask: (asking) =>
      new Promise((give) => {
        waiting.set(asking.host, { asking, give });
        void consider();
      }),
  };
}
