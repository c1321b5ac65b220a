/** Why a command cannot be the main process of a container. */
export interface CommandFlaw {
  /** It goes into the background; it is a shell without a task; it started something and keeps up by a trick. */
  readonly kind: 'background' | 'shell' | 'kept';
  /** The words that do it. */
  readonly words: string;
  /** The command that stays, where it is known. */
  readonly better: string | undefined;
}

interface Daemon {
  readonly programs: RegExp;
  readonly services: RegExp;
  /** Words that keep it in the foreground, or, where it stays by itself, those that send it away. */
  readonly stays?: RegExp;
  readonly goes?: RegExp;
  readonly better: string;
}

/** Programs that people put into containers, as their manuals have it. */
const DAEMONS: readonly Daemon[] = [
  { programs: /^nginx$/, services: /^nginx$/, stays: /\bdaemon\s+off\b/, better: "nginx -g 'daemon off;'" },
  { programs: /^(apache2|apache2ctl|apachectl)$/, services: /^apache2$/, stays: /FOREGROUND|\s-X\b/, better: 'apache2ctl -D FOREGROUND' },
  // BusyBox has an httpd too, which stays with -f.
  { programs: /^httpd$/, services: /^httpd$/, stays: /FOREGROUND|\s-X\b|\s-f\b/, better: 'httpd -DFOREGROUND' },
  { programs: /^sshd$/, services: /^sshd?$/, stays: /\s-\w*[Dd]/, better: '/usr/sbin/sshd -D' },
  { programs: /^php-fpm[\d.]*$/, services: /^php[\d.]*-fpm$/, stays: /\s(-\w*F|--nodaemonize)\b/, better: 'php-fpm -F' },
  { programs: /^cron$/, services: /^cron$/, stays: /\s-\w*f/, better: 'cron -f' },
  { programs: /^crond$/, services: /^crond$/, stays: /\s-\w*[fn]/, better: 'crond -f' },
  { programs: /^rsyslogd$/, services: /^rsyslog$/, stays: /\s-\w*n/, better: 'rsyslogd -n' },
  { programs: /^supervisord$/, services: /^supervisord?$/, stays: /\s(-\w*n|--nodaemon)\b/, better: 'supervisord -n' },
  {
    programs: /^dnsmasq$/,
    services: /^dnsmasq$/,
    stays: /\s(-\w*[kd]|--keep-in-foreground|--no-daemon)\b/,
    better: 'dnsmasq --keep-in-foreground',
  },
  { programs: /^named$/, services: /^(named|bind9)$/, stays: /\s-\w*[fg]\b/, better: 'named -f' },
  { programs: /^smbd$/, services: /^smbd?$/, stays: /\s(-\w*[Fi]|--foreground|--interactive)\b/, better: 'smbd -F' },
  { programs: /^squid$/, services: /^squid$/, stays: /\s(-\w*N|--foreground)\b/, better: 'squid -N' },
  { programs: /^postfix$/, services: /^postfix$/, stays: /\sstart-fg\b/, better: 'postfix start-fg' },
  { programs: /^catalina\.sh$/, services: /^tomcat\d*$/, goes: /\sstart\b/, better: 'catalina.sh run' },
  { programs: /^redis-server$/, services: /^redis(-server)?$/, goes: /--daemonize\s+yes\b/, better: 'redis-server' },
  { programs: /^(mysqld|mariadbd)$/, services: /^(mysqld?|mariadb)$/, goes: /--daemonize\b/, better: 'mysqld' },
  { programs: /^memcached$/, services: /^memcached$/, goes: /\s(-\w*d\b|--daemon\b)/, better: 'memcached' },
  { programs: /^haproxy$/, services: /^haproxy$/, goes: /\s-\w*D/, better: 'haproxy -W -db' },
];

const SHELL = /^(sh|bash|dash|ash|ksh|zsh)$/;
/** Programs that run what follows them. */
const WRAPPER = /^(exec|env|nohup|setsid|busybox|tini|docker-init|dumb-init|.*entrypoint.*)$/;

/** What is wrong with a command as the main process of a container; undefined where nothing is known to be. */
export function commandFlaw(argv: readonly string[]): CommandFlaw | undefined {
  const words = unwrapped(argv);
  const program = baseName(words[0]);
  if (!SHELL.test(program)) return background(words.join(' '));
  const option = words.findIndex((word, at) => at > 0 && /^-\w*c$/.test(word));
  if (option > 0) return scriptFlaw(words[option + 1] ?? '');
  return words.slice(1).every((word) => word.startsWith('-')) ? { kind: 'shell', words: program, better: undefined } : undefined;
}

function scriptFlaw(script: string): CommandFlaw | undefined {
  const parts = commandsOf(script);
  const idle = parts.findIndex((_, at) => isIdle(parts, at));
  if (idle < 0) return background(parts.at(-1) ?? '');
  const started = parts.slice(0, idle).flatMap((part) => background(part) ?? starter(part) ?? []);
  const last = started.at(-1);
  return last === undefined ? undefined : { ...last, kind: 'kept' };
}

function background(part: string): CommandFlaw | undefined {
  if (part.endsWith('&')) return flaw(part, part.slice(0, -1).trim());
  const words = unwrapped(part.split(/\s+/));
  const [, service] =
    /^(?:\S*\/)?(?:service|rc-service)\s+(\S+)\s+(?:re)?start\b|^\/etc\/init\.d\/(\S+)\s+(?:re)?start\b|^(?:\S*\/)?systemctl\s+(?:re)?start\s+(\S+)/
      .exec(words.join(' '))
      ?.filter((word) => word !== undefined) ?? [];
  if (service !== undefined) {
    return flaw(part, DAEMONS.find(({ services }) => services.test(service.replace(/\.service$/, '')))?.better);
  }
  const program = baseName(words[0]);
  const daemon = DAEMONS.find(({ programs }) => programs.test(program));
  if (daemon === undefined) return undefined;
  const text = words.join(' ');
  const goes = daemon.goes?.test(text) ?? !daemon.stays?.test(text);
  return goes ? flaw(part, daemon.better) : undefined;
}

/** For a message, where backticks stand around it. */
function shortened(words: string): string {
  const text = words.replaceAll('`', "'").replaceAll(/\s+/g, ' ');
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
}

/** `./start.sh`, `/opt/app/bin/app start`: something that is to go on when they have ended. */
function starter(part: string): CommandFlaw | undefined {
  const words = unwrapped(part.split(/\s+/));
  return /start/i.test(baseName(words[0])) || words.at(-1) === 'start' ? flaw(part, undefined) : undefined;
}

function flaw(words: string, better: string | undefined): CommandFlaw {
  return { kind: 'background', words: shortened(words), better };
}

/** Commands that wait for nothing. */
function isIdle(parts: readonly string[], at: number): boolean {
  const part = unwrapped((parts[at] ?? '').split(/\s+/)).join(' ');
  if (/^(\S*\/)?(tail\s(.*\s)?(-\w*[fF]|--follow\S*)(\s|$)|sleep\s+(inf|infinity|\d{5,}\w?)$)/.test(part)) return true;
  return /^while\s+(true|:|\[\s*1\s*\])$/.test(part) && /^do\s+(\S*\/)?(sleep\b|:$|true$)/.test(parts[at + 1] ?? '');
}

/** The simple commands of a shell's text, in order; one that is put into the background keeps its `&`. Quoted text is not looked into. */
function commandsOf(script: string): readonly string[] {
  const tokens = script.match(/\\.|'[^']*'|"(?:\\.|[^"\\])*"|\d?>&\d?|&>|&&|\|\||[;&|\n]|[^\\'";&|\n]+?(?=\d?>&|[\\'";&|\n]|$)|./gs) ?? [];
  const parts: string[] = [''];
  for (const token of tokens) {
    if (token === '&') parts.push(`${parts.pop() ?? ''}&`, '');
    else if (/^(&&|\|\||[;|\n])$/.test(token)) parts.push('');
    else parts.push((parts.pop() ?? '') + token);
  }
  return parts.map((part) => part.trim()).filter(Boolean);
}

/** The words without what only runs them. */
function unwrapped(words: readonly string[]): readonly string[] {
  const rest = words.filter(Boolean);
  let at = 0;
  while (at < rest.length && (WRAPPER.test(baseName(rest[at])) || (at > 0 && /^-/.test(rest[at] ?? '')) || /^\w+=/.test(rest[at] ?? '')))
    at += 1;
  return at < rest.length ? rest.slice(at) : rest;
}

function baseName(word = ''): string {
  return word.slice(word.lastIndexOf('/') + 1);
}
