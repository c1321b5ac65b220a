import type { AnyAuthMethod, AuthenticationType, AuthHandlerMiddleware, Prompt } from 'ssh2';
import type { Login, Progress } from './login-progress.ts';
import { carrierOf } from './ssh2-internals.ts';

/**
 * What is offered, step by step: each key, then the password. The host says after each step what it would still take. The password
 * goes out once: as such, or in answer to the one question that is asked without echo.
 */
export function authSteps({ identities, password, connection, isProven }: Login, progress: Progress): AuthHandlerMiddleware {
  const username = connection.user;
  const keys = [...identities.usable].sort((a, b) => Number(isProven(b)) - Number(isProven(a)));
  let unspent = password;
  let isGuess = false;
  const nextKey = (): AnyAuthMethod | undefined => {
    const identity = keys.shift();
    if (identity === undefined) return undefined;
    progress.last = identity;
    progress.offered.push(identity.name);
    return { type: 'publickey', username, key: carrierOf(identity) };
  };
  const next = (accepts: readonly AuthenticationType[] | null): AnyAuthMethod | undefined => {
    // A host that does not take passwords as such has not looked at the one it was sent.
    if (isGuess && accepts?.includes('password') === false) unspent = password;
    isGuess = false;
    const takes = (method: AuthenticationType) => accepts === null || accepts.includes(method);
    const key = takes('publickey') ? nextKey() : undefined;
    if (key !== undefined || unspent === undefined) return key;
    const spent = unspent;
    if (takes('password')) {
      unspent = undefined;
      isGuess = accepts === null;
      progress.offered.push('the password');
      return { type: 'password', username, password: spent };
    }
    if (!takes('keyboard-interactive')) return undefined;
    unspent = undefined;
    progress.offered.push('the password (keyboard-interactive)');
    return { type: 'keyboard-interactive', username, prompt: answerOnce(spent) };
  };
  return (accepts, _partial, give) => {
    progress.accepts = accepts ?? progress.accepts;
    // ssh2 ends the login on false, which its types do not know.
    give((next(accepts) ?? false) as AnyAuthMethod);
  };
}

function answerOnce(password: string) {
  let unspent: string | undefined = password;
  return (_name: string, _instructions: string, _language: string, prompts: readonly Prompt[], finish: (answers: string[]) => void) => {
    finish(
      prompts.map(({ echo }) => {
        if (echo === true || unspent === undefined) return '';
        const answer = unspent;
        unspent = undefined;
        return answer;
      }),
    );
  };
}
