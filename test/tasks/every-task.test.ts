import { tasks } from '../../src/tasks/index.ts';
import { casesOf } from '../support/task-cases.ts';
import { testTask } from '../support/task-table.ts';

for (const task of tasks) testTask(task, casesOf(task.name));
