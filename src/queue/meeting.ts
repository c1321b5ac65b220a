import { DroverError } from '../core/errors.ts';
import type { Host } from '../core/host.ts';
import type { Engine } from './engine-file.ts';
import { type Line, openLine, SILENCE_MS } from './line.ts';
import { Answer, type Envelope, hostForWorker, type Request, restoreError } from './messages.ts';
import type { Open } from './remote-session.ts';
import { sealFor } from './seal.ts';
import type { Wire } from './wire.ts';

export interface MeetingOptions {
  readonly engine: Engine;
  readonly wire: Wire;
  readonly host: Host;
  readonly session: string;
}

/** The worker is gone, or the way to it; nothing was done yet. */
export interface Lost {
  readonly lost: string;
}

/** A controller waits for the first worker that claims a session, tells it the host, and waits for its word that the host is reached. */
export class Meeting {
  /** Rejects with a DroverError where the host cannot be reached. */
  readonly ended: Promise<Open | Lost>;
  readonly #options: MeetingOptions;
  readonly #forgets: readonly (() => void)[];
  #done: (end: Open | Lost) => void = () => {};
  #refuse: (error: Error) => void = () => {};
  #line: Line<Request> | undefined;
  #open: Open | undefined;

  constructor(options: MeetingOptions) {
    this.#options = options;
    this.ended = new Promise((done, refuse) => {
      this.#done = done;
      this.#refuse = refuse;
    });
    const { wire, session } = options;
    this.#forgets = [
      wire.hear(session, (envelope) => this.#receive(envelope)),
      wire.onDown(() => this.lose('the server of the engine went away')),
    ];
  }

  /** Calls it off; without effect once the host is reached. */
  fail(error: Error): void {
    if (this.#open === undefined) this.#end();
    this.#refuse(error);
  }

  /** There is no worker any more. */
  lose(why: string): void {
    this.#end();
    this.#done({ lost: why });
    this.#open?.onLost(why);
  }

  #receive({ number, from, challenge, box }: Envelope): void {
    if (challenge === undefined) {
      this.#line?.hear(number, box);
      return;
    }
    const { engine, session, wire } = this.#options;
    const seal = sealFor(engine.key, 'controller', session, challenge);
    // Only who has the key can claim a session, and the first one has it.
    if (number !== 0 || seal.open(0, box) === undefined) {
      if (this.#line === undefined) this.fail(new DroverError('ENGINE_INVALID', 'a worker of its site has another key'));
      return;
    }
    const send = (count: number, text: string): void => wire.send(from, { session, number: count, from: wire.channel, box: text });
    if (this.#line !== undefined) {
      send(0, seal.seal(0, JSON.stringify({ type: 'gone' } satisfies Request)));
      return;
    }
    this.#line = openLine<Request>({
      seal,
      send,
      onMessage: (text) => this.#take(Answer.parse(JSON.parse(text))),
      onLost: (why) => this.lose(why),
      silenceMs: SILENCE_MS,
    });
    this.#line.hear(number, box);
  }

  #take(answer: Answer): void {
    switch (answer.type) {
      case 'claim':
        this.#line?.say(hostForWorker(this.#options.host));
        return;
      case 'opened':
        this.#open = { say: (request) => this.#line?.say(request), onAnswer: () => {}, onLost: () => {}, end: () => this.#end() };
        this.#done(this.#open);
        return;
      case 'failed':
        this.fail(restoreError(answer.error));
        return;
      case 'left':
        this.lose('it was stopped');
        return;
      case 'alive':
        return;
      default:
        this.#open?.onAnswer(answer);
    }
  }

  #end(): void {
    this.#line?.end();
    for (const forget of this.#forgets) forget();
  }
}
