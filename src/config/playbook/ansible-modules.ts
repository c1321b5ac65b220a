/** Ansible's modules and the tasks that do the same. */
const TASK_OF: Readonly<Record<string, string>> = {
  apt: 'package.present',
  command: 'command.run',
  copy: 'file.content',
  dnf: 'package.present',
  lineinfile: 'file.line',
  modprobe: 'kernel.module',
  package: 'package.present',
  reboot: 'host.reboot',
  service: 'service.state',
  shell: 'command.run',
  sysctl: 'sysctl.value',
  systemd: 'service.state',
  systemd_service: 'service.state',
  template: 'file.template',
  yum: 'package.present',
};

/** The task that does what a module of Ansible does, by its short or its whole name. */
export function taskOfModule(word: string): string | undefined {
  const module = word.replace(/^(?:ansible\.(?:builtin|legacy|posix)|community\.general)\./, '');
  return Object.hasOwn(TASK_OF, module) ? TASK_OF[module] : undefined;
}
