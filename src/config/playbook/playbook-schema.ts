import * as z from 'zod';
import { BecomeKey } from '../inventory/connection.ts';
import { Vars } from '../inventory/read-inventory.ts';
import type { JsonSchema } from '../source/json-words.ts';
import { canWait, TOO_LONG } from '../source/time.ts';

const Pattern = z.union([z.string(), z.array(z.string()).min(1)]);
const Tag = z
  .string()
  .regex(/^(?!(?:always|never|all)$)[\w.-]+$/, 'a tag has letters, digits, `.`, `-` and `_`; always, never and all have no meaning here');

const Wave = z.strictObject({
  name: z.string().min(1).describe('What the wave is called in plans and reports.'),
  hosts: Pattern.optional().describe('The hosts of this wave that no earlier wave has; without it, all that are left.'),
  size: z
    .union([z.int().min(1), z.string().regex(/^(100|[1-9]\d?)%$/, 'a share is written 25%')])
    .optional()
    .describe("How many of the wave's hosts go at a time: a number, or a share such as 25%."),
  concurrency: z
    .int()
    .min(1)
    .optional()
    .describe('How many hosts of it are worked on at the same time, with no barrier between them; -f bounds it too.'),
  order: z
    .enum(['inventory', 'reverse', 'sorted', 'shuffle'])
    .optional()
    .describe('Which of its hosts come first: as in the inventory, from its end, by name, or by lot (--seed repeats one).'),
  spread: z.string().optional().describe('A variable such as rack: hosts that have the same value in it go as far apart as can be.'),
  bake: z
    .string()
    .regex(/^[1-9]\d{0,5}(s|m|h)$/, 'a time is written 30s, 5m or 2h')
    .refine(canWait, TOO_LONG)
    .optional()
    .describe('How long each batch is left alone after it has ended, before its gate is asked: 30s, 5m, 2h.'),
  confirm: z.boolean().optional().describe('Whether a person is asked before each batch of it; without a terminal the run holds there.'),
});

const GateStep = z.strictObject({
  name: z.string().min(1).optional(),
  task: z.string().describe('A task that must be steady on every host that the wave changed.'),
  with: z.record(z.string(), z.unknown()).optional().describe("The task's params."),
});

const GateCondition = z.strictObject({
  expr: z
    .string()
    .min(1)
    .describe(
      'An expression (CEL) over `before` and `after`, what was measured of a host before its wave and after it, and `untouched.before` and `untouched.after`, the same of hosts that the run has not touched.',
    ),
});

const Rollout = z.strictObject({
  waves: z.array(Wave).min(1).describe('Groups of hosts, one after the other.'),
  budget: z
    .strictObject({
      bad: z.int().min(1).describe('How many bad hosts stop the run: as soon as there are so many.'),
      per: z.enum(['wave', 'run']).default('wave').describe('Whether bad hosts are counted anew in each wave.'),
    })
    .optional()
    .describe('When to stop.'),
  gate: z
    .array(z.union([GateStep, GateCondition]))
    .min(1)
    .optional()
    .describe('What must hold on the hosts that a wave has changed, before the next one starts.'),
  probes: z
    .record(z.string().regex(/^[A-Za-z_]\w*$/, 'a name has letters, digits and `_` only'), z.string().min(1))
    .optional()
    .describe('More to measure for the gate: names with shell commands that change nothing and print one number or line.'),
  on_stop: z
    .enum(['hold', 'rollback'])
    .optional()
    .describe('What becomes of the changes when the run stops early: they stay (hold), or are taken back (rollback).'),
});

const Step = z.strictObject({
  name: z.string().min(1).optional().describe("What the step is called in plans and reports; the task's name if there is none."),
  task: z.string().describe('The kind of state to bring the host to; see `drover tasks`.'),
  with: z.record(z.string(), z.unknown()).optional().describe("The task's params. Text may hold {{ names }} of variables."),
  when: z.union([z.string(), z.boolean()]).optional().describe('An expression (CEL); where it is false, the step is skipped.'),
  register: z
    .string()
    .regex(/^(?!(?:host|item)$)[A-Za-z_]\w*$/, 'a name has letters, digits and `_` only; `host` and `item` have a meaning of their own')
    .optional()
    .describe("The name that later steps know this step's result by."),
  loop: z
    .union([z.array(z.unknown()).min(1), z.string()])
    .optional()
    .describe('A list, or the name of one as {{ name }}: the step is done for each `item` of it.'),
  tags: z
    .union([Tag, z.array(Tag)])
    .optional()
    .describe('Words to choose steps by, with --tags and --skip-tags.'),
  once: z
    .enum(['run', 'wave'])
    .optional()
    .describe('Done on one host only: the first of the run, or of each wave, that its `when` lets in. The others skip it.'),
  optional: z.boolean().optional().describe('Whether the host goes on where this step is blocked.'),
  sensitive: z
    .boolean()
    .optional()
    .describe('Whether the params are secret: then neither they nor file contents and outputs of this step are shown anywhere.'),
  vars: Vars.optional(),
});

const Include = z.strictObject({
  name: z.string().min(1).optional().describe('What stands before the names of its steps in plans and reports.'),
  include: z.string().min(1).describe('A file with `inputs:` and `steps:`; its path begins at the folder of this file.'),
  with: z.record(z.string(), z.unknown()).optional().describe('The values of its inputs. Text may hold {{ names }} of variables.'),
  when: z.union([z.string(), z.boolean()]).optional().describe('An expression (CEL); where it is false, all its steps are skipped.'),
  tags: z
    .union([Tag, z.array(Tag)])
    .optional()
    .describe('Words that each of its steps has too.'),
});

const Steps = z.array(z.union([Step, Include])).min(1);

const Input = z.strictObject({
  type: z.enum(['string', 'integer', 'number', 'boolean', 'list', 'mapping']).describe('What may be given.'),
  default: z.unknown().optional().describe('Its value where none is given; without a default one has to be given.'),
  description: z.string().min(1).optional().describe('What it is for.'),
});

/** A list of steps for `include:`, as it stands in YAML. */
export const StepsFile = z.strictObject({
  inputs: z
    .record(
      z
        .string()
        .regex(
          /^(?!(?:host|item)$)[A-Za-z_]\w*$/,
          'a name has letters, digits and `_` only; `host` and `item` have a meaning of their own',
        ),
      Input,
    )
    .optional()
    .describe('What has to be given where it is included, by name.'),
  steps: Steps.describe('What each host goes through, in this order.'),
});
export type StepsFile = z.output<typeof StepsFile>;

/** A playbook as it stands in YAML. */
export const PlaybookFile = z.strictObject({
  name: z.string().min(1).optional().describe("What the playbook is called in plans and reports; the file's name if there is none."),
  hosts: Pattern.describe('The hosts to bring to the state below: a pattern, or a list of them.'),
  become: BecomeKey.optional(),
  vars: Vars.optional(),
  rollout: Rollout.optional().describe('In which order hosts go, and when to stop; without it, all in one wave.'),
  steps: Steps.describe('What each host goes through, in this order.'),
});
export type PlaybookFile = z.output<typeof PlaybookFile>;
export type StepFile = z.output<typeof Step>;
export type IncludeFile = z.output<typeof Include>;
export type InputFile = z.output<typeof Input>;

/** A step without regard to unknown keys, so that what is known can be checked further. */
export const LooseStep = z.object(Step.shape);

/** As LooseStep. */
export const LooseInclude = z.object(Include.shape);

/** The JSON schema of PlaybookFile, for messages and editors: made when it is wanted, for most runs have no mistake to explain. */
export function playbookFileSchema(): JsonSchema {
  return z.toJSONSchema(PlaybookFile, { io: 'input', target: 'draft-7' }) as JsonSchema;
}

/** As playbookFileSchema, of StepsFile. */
export function stepsFileSchema(): JsonSchema {
  return z.toJSONSchema(StepsFile, { io: 'input', target: 'draft-7' }) as JsonSchema;
}

/** Keys of Ansible's playbooks, and of drover's own in other places, with what to do in place of them. */
export const FOREIGN_PLAYBOOK_KEYS: Readonly<Record<string, string>> = {
  include: 'An `include:` is a step of its own, without a `task:`.',
  inputs: 'A file with `inputs:` is no playbook; another one takes it in with `include:`.',
  import_tasks: 'In this format it is `include:`, with a file that has `inputs:` and `steps:`.',
  include_tasks: 'In this format it is `include:`, with a file that has `inputs:` and `steps:`.',
  tasks: 'In this format it is `steps:`.',
  roles: 'There are no roles; list `steps:`.',
  handlers: 'There are no handlers; what a change makes necessary is done by its task.',
  notify: 'There are no handlers; what a change makes necessary is done by its task.',
  gather_facts: 'Facts are looked up where `when:` asks for them: `host.arch`, `host.os.family`.',
  serial: 'Write `rollout:` with `waves:`; each wave has a `size:`.',
  max_fail_percentage: 'Write `rollout:` with `budget:`.',
  any_errors_fatal: 'Write `rollout:` with `budget: { bad: 1 }`.',
  params: 'In this format it is `with:`.',
  args: 'In this format it is `with:`.',
  with_items: 'In this format it is `loop:`.',
  ignore_errors: 'A step that may be blocked is `optional: true`.',
  no_log: 'In this format it is `sensitive: true`.',
  become: 'Only the playbook as a whole can become another user.',
  become_user: 'Write `become: { user: name }`.',
};
