import type { Answer, Request } from '../control/protocol.ts';
import { serveControl } from '../control/server.ts';
import type { Helm } from '../core/control.ts';
import type { RunFolder } from '../journal/folders.ts';
import { printable } from '../report/printable.ts';
import type { Io } from './io.ts';

/** Lets others steer a run through its folder, from when there is a helm. A run goes on without where that cannot be. */
export async function openControl(
  { path }: RunFolder,
  io: Io,
): Promise<{ readonly attach: (helm: Helm) => void; readonly close: () => void }> {
  let helm: Helm | undefined;
  try {
    const close = await serveControl(path, (request) => answerTo(request, helm));
    return { attach: (given) => (helm = given), close };
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error)) throw error;
    io.talk.lines([printable(`the run cannot be steered from another terminal: ${error.message}`)]);
    return { attach: () => {}, close: () => {} };
  }
}

function answerTo({ do: what, by }: Request, helm: Helm | undefined): Omit<Answer, 'drover control'> {
  if (helm === undefined) return what === 'status' ? { ok: true } : { ok: false, because: 'its first wave has not begun' };
  const because = what === 'status' ? undefined : helm.steer(what, by);
  const { ended, running, ...rest } = helm.standing();
  const standing = { ...rest, ended: { ...ended } as Record<string, number>, running: [...running] };
  return because === undefined ? { ok: true, standing } : { ok: false, because, standing };
}
