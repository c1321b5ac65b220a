import * as z from 'zod';
import { defineTask, localTemplate } from '../core/task.ts';
import { fileState } from '../probes/file-state.ts';
import { fileParams, isText, planFile } from './file-plan.ts';

export const fileTemplate = defineTask({
  name: 'file.template',
  summary: 'A file has the text that a template gives for its host.',
  params: z
    .strictObject({
      path: fileParams.path,
      template: localTemplate('A template beside the playbook; it is rendered for each host before the first connection.'),
      mode: fileParams.mode,
      owner: fileParams.owner,
      group: fileParams.group,
      parents: fileParams.parents,
    })
    .refine(({ template }) => isText(template.text), 'text may not hold a NUL'),
  effects: 'Replaces the file whole, in one moment. Links, folders and devices are refused. Nothing is restarted.',
  examples: [{ name: 'The host knows its rack', with: { path: '/etc/rack', template: 'rack.hbs', mode: '0644' } }],

  inspect: (params) => fileState(params),
  plan: (state, params) => planFile(state, params, params.template.text),
});
