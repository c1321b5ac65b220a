import { DroverError } from '../core/errors.ts';
import type { Connection } from '../core/host.ts';
import type { Exchange } from '../core/session.ts';
import { showAddress } from './dial.ts';
import type { ExchangeEnd } from './exchange.ts';

/** What is known of the exchange that failed. */
export interface FailedExchange {
  readonly kind: 'look' | 'act' | 'exec';
  readonly connection: Connection;
  readonly limits: Exchange;
  /** Why the connection is gone; undefined while it is there. */
  readonly lost: string | undefined;
}

/** The error for an exchange that has no output. */
export function exchangeFailure(end: Exclude<ExchangeEnd, { kind: 'done' }>, failed: FailedExchange): DroverError {
  const { kind, connection, limits, lost } = failed;
  const place = `${connection.user}@${showAddress(connection)}`;
  const seconds = limits.timeoutMs / 1000;
  switch (end.kind) {
    case 'lost':
      return new DroverError('CONNECTION_LOST', `${place}: ${lost ?? 'the host closed the channel without an exit status'}`);
    case 'silent':
      return new DroverError('CONNECTION_LOST', `${place}: no session was opened within ${seconds} s`);
    case 'refused':
      return new DroverError('AUTH_FAILED', `${place}: logged in, but the host does not let this user run commands`);
    case 'too large':
      return new DroverError('LOOK_TOO_LARGE', `${place}: more than ${limits.maxBytes} bytes came back`);
    case 'wrong password':
      return new DroverError('SUDO_REFUSED', `${place}: sudo does not take the password: ${lastWords(end.said)}`);
    case 'not started':
      return notStarted(end, connection, place);
    case 'timeout': {
      if (end.stat === undefined && connection.become !== undefined) {
        return new DroverError('SUDO_REFUSED', `${place}: sudo did not get through within ${seconds} s: ${lastWords(end.said)}`);
      }
      const what = end.stat === undefined ? 'the login shell did not start sh' : 'did not end';
      return new DroverError(kind === 'look' ? 'LOOK_TIMEOUT' : 'CHANGE_TIMEOUT', `${place}: ${what} within ${seconds} s`);
    }
    default:
      return end satisfies never;
  }
}

function notStarted(end: Extract<ExchangeEnd, { kind: 'not started' }>, { become }: Connection, place: string): DroverError {
  const words = lastWords(end.said) || `status ${end.status ?? 'unknown'}`;
  if (become !== undefined) return new DroverError('SUDO_REFUSED', `${place}: sudo to ${become.user} refused: ${words}`);
  const hint = 'The user needs a login shell that can run `sh`.';
  return new DroverError('AUTH_FAILED', `${place}: logged in, but its login shell does not run sh: ${words}`, { hint });
}

/** The end of what was said: sudo's first lecture to a user, and the login's greeting, stand before it. */
function lastWords(said: string): string {
  const lines = said.split('\n').map((line) => line.trim());
  return lines.filter(Boolean).slice(-3).join('; ');
}
