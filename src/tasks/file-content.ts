import * as z from 'zod';
import { defineTask, localText } from '../core/task.ts';
import { fileState } from '../probes/file-state.ts';
import { fileParams, isText, planFile } from './file-plan.ts';

export const fileContent = defineTask({
  name: 'file.content',
  summary: 'A file has exactly this content, mode and owner, or is not there.',
  params: z
    .strictObject({
      path: fileParams.path,
      content: z.string().refine(isText, 'text may not hold a NUL').optional().describe('The whole text of the file.'),
      source: localText('A file beside the playbook that holds the text; in place of content.').optional(),
      ensure: z.enum(['present', 'absent']).default('present').describe('Whether the file is there.'),
      mode: fileParams.mode,
      owner: fileParams.owner,
      group: fileParams.group,
      parents: fileParams.parents,
    })
    .refine(
      ({ ensure, content, source }) => [content, source].filter((text) => text !== undefined).length === (ensure === 'present' ? 1 : 0),
      'say content or source, one of them; and neither with ensure: absent',
    )
    .refine(({ source }) => source === undefined || isText(source.text), 'text may not hold a NUL'),
  effects: 'Replaces the file whole, in one moment, or removes it. Links, folders and devices are refused. Nothing is restarted.',
  examples: [
    { name: 'A notice at login', with: { path: '/etc/motd', content: 'Kept by drover.\n', mode: '0644' } },
    { name: 'The old setting is gone', with: { path: '/etc/sysctl.d/99-old.conf', ensure: 'absent' } },
  ],

  inspect: (params) => fileState(params),
  plan: (state, params) => planFile(state, params, params.ensure === 'absent' ? undefined : (params.content ?? params.source?.text ?? '')),
});
