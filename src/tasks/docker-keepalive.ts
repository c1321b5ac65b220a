import * as z from 'zod';
import { DroverError } from '../core/errors.ts';
import { blocked, steady } from '../core/plan.ts';
import { all, type Probe, type Reading, recover } from '../core/probe.ts';
import { defineTask } from '../core/task.ts';
import { type ContainerFile, containerFiles } from '../probes/docker/container-files.ts';
import { type Trouble, troubleOf } from '../probes/docker/keepalive.ts';
import { askDocker, silent } from '../probes/docker.ts';
import { dockerPresence } from '../probes/hardware.ts';

export const dockerKeepalive = defineTask({
  name: 'docker.keepalive',
  summary: 'No container ends, or only seems to live, because nothing stays in its foreground.',
  params: z.strictObject({
    ignore: z.array(z.string()).default([]).describe('Containers that may, by their names.'),
    data_root: z
      .string()
      .regex(/^(\/[^/\n]+)+$/, { error: 'a whole path is expected' })
      .default('/var/lib/docker')
      .describe("The folder of Docker's data, where data-root of its config names another."),
  }),
  effects: 'Only looks, and is blocked with the better command for each such container: to change one is to make it anew.',
  examples: [
    { name: 'Containers stay by themselves', with: {} },
    { name: 'All but the one for tests', with: { ignore: ['scratch'] } },
  ],
  resultSchema: z.strictObject({
    containers: z.int().describe('How many containers there are, stopped ones too.'),
    troubles: z
      .array(z.strictObject({ name: z.string(), because: z.string(), better: z.string() }))
      .describe('Those that do not stay, those to ignore left out, each with the better form.'),
  }),

  inspect: ({ data_root }) =>
    all({
      presence: dockerPresence,
      listed: askDocker('ps', '-a', '-q', '--no-trunc'),
      containers: orError(containerFiles(data_root)),
    }),

  plan(state, { ignore }) {
    if (state.presence !== 'running') return blocked(`Docker is ${state.presence}`, HINTS[state.presence]);
    const containers = known(state);
    const troubles = troublesOf(containers, ignore);
    if (troubles.length > 0) {
      return blocked(troubles.map(({ because }) => because).join('; '), [...new Set(troubles.map(({ better }) => better))].join(' '));
    }
    return steady(containers.length === 0 ? 'there are no containers' : 'what runs stays by itself, and nothing else ended at once');
  },

  result: (state, { ignore }) => {
    const containers = state.presence === 'running' ? known(state) : [];
    return { containers: containers.length, troubles: troublesOf(containers, ignore).map((trouble) => ({ ...trouble })) };
  },
});

interface State {
  readonly presence: 'absent' | 'stopped' | 'running';
  readonly listed: Reading;
  readonly containers: readonly ContainerFile[] | DroverError;
}

const HINTS = {
  absent: 'Take this host out of the group, or install Docker first.',
  stopped: 'Start it first: how containers end shows while it runs.',
} as const;

function orError<T>(probe: Probe<T>): Probe<T | DroverError> {
  return recover<T | DroverError>(probe, (error) => {
    if (error instanceof DroverError) return error;
    throw error;
  });
}

/** Docker's containers, of those on disk: it may have its data elsewhere, and old ones may lie where they were. */
function known({ listed, containers }: State): readonly ContainerFile[] {
  if (listed.status !== 0) throw silent('docker ps', listed);
  const ids = listed.stdout.split('\n').filter(Boolean);
  if (ids.length === 0) return [];
  if (containers instanceof DroverError) throw containers;
  const found = containers.filter(({ id }) => ids.includes(id));
  if (found.length > 0) return found;
  throw new DroverError('STATE_UNREADABLE', 'the files of the containers are not there', {
    hint: 'Give data_root the folder that `docker info` calls Docker Root Dir.',
  });
}

function troublesOf(containers: readonly ContainerFile[], ignore: readonly string[]): readonly Trouble[] {
  return containers.filter(({ name }) => !ignore.includes(name)).flatMap((container) => troubleOf(container) ?? []);
}
