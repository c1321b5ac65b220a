import * as z from 'zod';
import { DroverError } from '../../core/errors.ts';
import type { Json } from '../../core/json.ts';
import { command, map, type Probe, type Reading } from '../../core/probe.ts';

/** A container as dockerd keeps it on disk; of its file only what an audit needs. */
export interface ContainerFile {
  readonly id: string;
  readonly name: string;
  readonly argv: readonly string[];
  readonly running: boolean;
  /** It ended, and waits to be started again by its restart policy. */
  readonly restarting: boolean;
  readonly stoppedByHand: boolean;
  readonly outOfMemory: boolean;
  readonly exitCode: number;
  /** In milliseconds since 1970; undefined before the first time. `ended` is of the run before while it runs. */
  readonly began: number | undefined;
  readonly ended: number | undefined;
  readonly restarts: number;
  /** Whether somebody can type into it. */
  readonly interactive: boolean;
  /** Who made it, if not a person; in words. */
  readonly madeBy: string | undefined;
}

const STRING = '"([^"\\\\]|\\\\.)*"';

/** The fields that may travel: the files hold the environment too. In the text of a value every quote has a backslash, so none can pose as a field. */
const FIELDS = [
  `"State":\\{("[A-Za-z]+":(${STRING}|[a-z0-9]+),?)*`,
  `"(Path|com\\.docker\\.(compose\\.project|swarm\\.service\\.name)|io\\.kubernetes\\.pod\\.name)":${STRING}`,
  `"Args":\\[(${STRING},?)*\\]`,
  '"(Tty|OpenStdin|HasBeenManuallyStopped)":[a-z]+',
  '"RestartCount":[0-9]+',
  `"Name":"/[^"]*"`,
].join('|');

/** The containers of a Docker whose data lie in that folder. */
export function containerFiles(dataRoot: string): Probe<readonly ContainerFile[]> {
  const folder = `${dataRoot}/containers`;
  return map(command('grep', '-r', '-a', '-o', '-E', '--include=config.v2.json', '-e', FIELDS, folder), (answer) => parse(folder, answer));
}

const Fields = z.object({
  State: z.object({
    Running: z.boolean(),
    Restarting: z.boolean(),
    OOMKilled: z.boolean(),
    ExitCode: z.number(),
    StartedAt: z.string(),
    FinishedAt: z.string(),
  }),
  Path: z.string(),
  Args: z.array(z.string()).default([]),
  Tty: z.boolean(),
  OpenStdin: z.boolean(),
  Name: z.string(),
  RestartCount: z.number(),
  HasBeenManuallyStopped: z.boolean().default(false),
  'com.docker.compose.project': z.string().optional(),
  'com.docker.swarm.service.name': z.string().optional(),
  'io.kubernetes.pod.name': z.string().optional(),
});

function parse(folder: string, { status, stdout, stderr }: Reading): readonly ContainerFile[] {
  const found = new Map<string, Record<string, Json>>();
  for (const line of stdout.split('\n').filter(Boolean)) {
    const mark = line.indexOf(':');
    const path = line.slice(0, mark);
    // What a field is called may stand in later parts of the file too; the container's own come first.
    found.set(path, { ...fieldOf(line.slice(mark + 1)), ...found.get(path) });
  }
  // grep has status 1 where nothing fits. A container that goes while it is read makes it 2.
  if (status > 1 && found.size === 0) {
    throw new DroverError('STATE_UNREADABLE', `${folder}: ${stderr.trim() || `grep ended with status ${status}`}`, {
      hint: 'Use --become, for the files are of root; where Docker has its data elsewhere, say so in data_root.',
    });
  }
  return [...found].flatMap(understood).sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** `"State":{"Running":true,` is cut before its first field that is an object. */
function fieldOf(text: string): Record<string, Json> {
  const whole = text.startsWith('"State":') ? `${text.replace(/,$/, '')}}` : text;
  try {
    return JSON.parse(`{${whole}}`) as Record<string, Json>;
  } catch {
    return {};
  }
}

/** A file that lacks a field is one that is being made: the container is not there yet. */
function understood([path, fields]: readonly [string, Record<string, Json>]): readonly ContainerFile[] {
  const { success, data } = Fields.safeParse(fields);
  if (!success) return [];
  const { State: state } = data;
  return [
    {
      id: path.split('/').at(-2) ?? '',
      name: data.Name.replace(/^\//, ''),
      argv: [data.Path, ...data.Args],
      running: state.Running && !state.Restarting,
      restarting: state.Restarting,
      stoppedByHand: data.HasBeenManuallyStopped,
      outOfMemory: state.OOMKilled,
      exitCode: state.ExitCode,
      began: timeOf(state.StartedAt),
      ended: timeOf(state.FinishedAt),
      restarts: data.RestartCount,
      interactive: data.Tty || data.OpenStdin,
      madeBy: makerOf(data),
    },
  ];
}

function makerOf(labels: z.output<typeof Fields>): string | undefined {
  const { 'io.kubernetes.pod.name': pod, 'com.docker.swarm.service.name': service, 'com.docker.compose.project': project } = labels;
  if (pod !== undefined) return `pod ${pod}`;
  if (service !== undefined) return `swarm service ${service}`;
  return project === undefined ? undefined : `compose project ${project}`;
}

/** dockerd writes the year 1 for never. */
function timeOf(text: string): number | undefined {
  const time = Date.parse(text);
  return Number.isNaN(time) || time < 0 ? undefined : time;
}
