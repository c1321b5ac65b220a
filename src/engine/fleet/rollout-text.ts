import { fold } from '../../core/nodeset.ts';
import type { Budget } from '../../core/rollout.ts';
import type { Work } from '../../core/work.ts';
import { type Batch, batchesOf } from './waves.ts';

/** So many batches of a wave are told one by one. */
const BATCHES_TOLD = 12;

/** How a run will go, for people to agree to before anything starts: which hosts, in which wave, and at how many bad ones it stops. */
export function rolloutLines({ rollout, gate, hosts }: Work): readonly string[] {
  const { budget, onStop } = rollout;
  const batches = batchesOf(
    rollout,
    hosts.map(({ host }) => host.name),
  );
  const waves = [...new Set(batches.map(({ wave }) => wave))];
  const steps = [...new Set(hosts.flatMap((one) => one.gate ?? []).map(({ name }) => name))];
  const gates = [...steps, ...(gate?.conditions ?? []).map(({ text }) => text)];
  const seed = rollout.waves.find((wave) => wave.seed !== undefined)?.seed;
  return [
    ...waves.flatMap((wave) =>
      waveLines(
        batches.filter((batch) => batch.wave === wave),
        budget,
      ),
    ),
    ...(seed === undefined ? [] : [`shuffled by --seed ${seed}`]),
    ...onceLines({ hosts }),
    ...(gates.length === 0 ? [] : [`behind each wave a gate: ${gates.join('; ')}`]),
    ...unaskedLines(gate, batches),
    ...(budget === undefined ? ['no budget: bad hosts do not stop the run'] : []),
    ...(budget?.per === 'run' ? [`the run ${stopsAt(budget, hosts.length)}`] : []),
    ...(onStop === 'rollback' ? ['where it stops, its changes are taken back'] : []),
  ];
}

function waveLines(own: readonly Batch[], budget: Budget | undefined): readonly string[] {
  const members = own.flatMap((batch) => batch.hosts);
  const most = Math.max(...own.map((batch) => batch.hosts.length));
  const [{ wave = '', bakeMs = 0, confirm = false, concurrency } = {}] = own;
  const parts = [
    ...(own.length === 1 ? [] : [`${most} at a time`]),
    ...(concurrency === undefined ? [] : [`at most ${concurrency} at once`]),
    ...(confirm ? ['asks before each batch'] : []),
    ...(bakeMs > 0 ? [`bakes for ${bakeMs / 1000} s`] : []),
    ...(budget?.per === 'wave' ? [stopsAt(budget, members.length)] : []),
  ];
  const told = own.length === 1 ? [] : own.slice(0, BATCHES_TOLD).map(({ hosts }, i) => `  ${i + 1}/${own.length}: ${fold(hosts)}`);
  const rest = own.length > BATCHES_TOLD ? [`  and ${own.length - BATCHES_TOLD} more`] : [];
  return [`wave ${wave}: ${[`${fold(members)} (${count(members.length)})`, ...parts].join(', ')}`, ...told, ...rest];
}

function stopsAt({ bad }: Budget, hosts: number): string {
  return bad > hosts ? `cannot stop: ${bad} bad are more than its ${count(hosts)}` : `stops at ${bad} bad`;
}

function onceLines({ hosts }: Pick<Work, 'hosts'>): readonly string[] {
  const single = hosts.flatMap(({ host, steps }) =>
    steps.filter(({ once }) => once !== undefined).map((step) => ({ host: host.name, step })),
  );
  const numbers = [...new Set(single.map(({ step }) => step.number))].sort((a, b) => a - b);
  return numbers.flatMap((number) => {
    const own = single.filter(({ step }) => step.number === number);
    const [first] = own;
    return first === undefined
      ? []
      : [`step ${number} ${first.step.name}: once a ${first.step.once}, on ${fold(own.map(({ host }) => host))}`];
  });
}

/** Behind the last batch no host is left untouched. */
function unaskedLines(gate: Work['gate'], batches: readonly Batch[]): readonly string[] {
  const texts = (gate?.conditions ?? []).filter((condition) => condition.compares).map(({ text }) => text);
  return texts.map((text) => `not asked behind ${batches.at(-1)?.name}, where no host is left untouched: ${text}`);
}

function count(hosts: number): string {
  return hosts === 1 ? '1 host' : `${hosts} hosts`;
}
