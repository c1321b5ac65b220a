import { DroverError } from '../core/errors.ts';
import type { Connection } from '../core/host.ts';
import { osWords, showAddress, unreachable } from './dial.ts';
import type { Login, LoginFailure, Progress } from './login-progress.ts';

/** What an error in the midst of a login means, and whether it is worth another dial. */
export function failureOf(error: Error & { readonly level?: string }, { connection, ...rest }: Login, progress: Progress): LoginFailure {
  // Our own, thrown inside one of ssh2's callbacks.
  if (error instanceof DroverError) return { kind: 'failed', error, retry: 'never' };
  if (error.level === 'client-authentication') return authFailed({ connection, ...rest }, progress, undefined);
  // Once it has answered, a host that hangs up does not want more tries (MaxAuthTries of sshd_config(5)).
  if (progress.isAnswered) return authFailed({ connection, ...rest }, progress, osWords(error));
  return handshakeFailure(error, connection, progress);
}

/** What an error before the login means. */
export function handshakeFailure(
  error: Error,
  connection: Connection,
  { isHandshakeDone }: Pick<Progress, 'isHandshakeDone'> = { isHandshakeDone: false },
): LoginFailure {
  const words = WORDS.find(([pattern]) => pattern.test(error.message));
  if (words !== undefined) return { kind: 'failed', error: unreachable(connection, words[1], error), retry: 'never' };
  // Over MaxStartups sshd drops connections so.
  if (/before handshake/.test(error.message)) return { kind: 'failed', error: unreachable(connection, HUNG_UP, error), retry: 'later' };
  const when = isHandshakeDone ? 'during the login' : 'during the handshake';
  return { kind: 'failed', error: unreachable(connection, `${osWords(error)} ${when}`, error), retry: 'later' };
}

const HUNG_UP = 'it hung up before it said anything; are there too many connections at once (MaxStartups of sshd_config)?';

const WORDS: readonly (readonly [RegExp, string])[] = [
  [/no matching key exchange/, 'no key exchange in common; does it allow only post-quantum ones?'],
  [/no matching host key/, 'it has no host key of a type that known_hosts and drover know'],
  [/no matching/i, 'no cipher or MAC in common'],
  [/signature verification failed/, 'it cannot prove that the host key it shows is its own'],
  [/identification string|protocol version/i, 'what answers there does not speak SSH 2'],
];

/** A host that answers no more. */
export function timedOut(login: Login, progress: Progress): LoginFailure {
  if (progress.isAnswered) return authFailed(login, progress, 'it does not answer any more');
  const what = progress.isHandshakeDone ? 'no answer to the login' : 'connected, but no handshake in time; does it speak SSH?';
  return { kind: 'failed', error: unreachable(login.connection, what), retry: 'later' };
}

/** The error for a host that does not let us in, with all that was tried. */
export function authFailed({ connection, identities }: Login, progress: Progress, why: string | undefined): LoginFailure {
  const { accepts, offered } = progress;
  const parts = [
    offered.length === 0 ? 'there was nothing to offer' : `it refused ${offered.join(', ')}`,
    ...(why === undefined ? [] : [why]),
    ...(accepts.length === 0 ? [] : [`it takes ${accepts.join(', ')}`]),
    ...identities.unusable,
  ];
  const message = `${connection.user}@${showAddress(connection)}: login refused: ${parts.join('; ')}`;
  return { kind: 'failed', error: new DroverError('AUTH_FAILED', message), retry: 'never' };
}
