import type { HostFacts } from '../../core/facts.ts';
import type { Probe } from '../../core/probe.ts';
import type { AnyTask } from '../../core/task.ts';
import type { Surroundings } from '../inventory/connection.ts';
import type { StepChoice } from './choose-steps.ts';
import type { Connect } from './lay-work.ts';

/** What a work is made with, beside the inventory. */
export interface WorkOptions extends Surroundings {
  readonly tasks: readonly AnyTask[];
  /** For expressions that ask of the host's architecture and the like. */
  readonly facts: Probe<HostFacts>;
  /** What a gate may measure, by the names that its expressions use. */
  readonly measures: Readonly<Record<string, Probe<number | null>>>;
  /** Usually `completeConnection` with the layers of the command line. */
  readonly connect: Connect;
  readonly limit?: string;
  readonly exclude?: string;
  /** What waves draw lots from. */
  readonly seed?: string;
  /** Each as it stands after `-e`: `name=value …`, a YAML or JSON mapping, or `@file`. */
  readonly extraVars?: readonly string[];
  /** Takes the values that may be shown nowhere: most while it is loaded, what sensitive steps register while it is done. */
  readonly secrets?: Set<string>;
}

/** The same, with the steps that are meant. */
export type PlaybookOptions = WorkOptions & StepChoice;
