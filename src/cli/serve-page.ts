import { spawn } from 'node:child_process';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { DONE } from './exit-codes.ts';
import { say } from './say.ts';

const HOST = '127.0.0.1';

/** Serves one page to this machine until Ctrl-C, and opens it in a browser where there is one. @returns the exit code */
export async function servePage(text: string): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(0, HOST, resolve);
  });
  const { port } = server.address() as AddressInfo;
  server.on('request', (request, response) => answer(request, response, port, text));
  const url = `http://${HOST}:${port}/`;
  say(`${url}   (Ctrl-C ends it)`);
  if (process.stdout.isTTY === true) openBrowser(url);
  await interrupted();
  await closed(server);
  return DONE;
}

/**
 * Only the page, only to who asks this machine by its own name: a page from elsewhere that has a name lead here is answered
 * nothing.
 */
function answer(
  { method, url, headers }: IncomingMessage,
  response: ServerResponse,
  port: number,
  text: string,
): void {
  const isOwn = [`${HOST}:${port}`, `localhost:${port}`].includes(headers.host ?? '');
  const isRead = method === 'GET' || method === 'HEAD';
  const status = !isOwn ? 403 : !isRead ? 405 : url !== '/' ? 404 : 200;
  response.writeHead(status, {
    'content-type': status === 200 ? 'text/html; charset=utf-8' : 'text/plain',
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'cross-origin-resource-policy': 'same-origin',
    ...(status === 405 && { allow: 'GET, HEAD' }),
  });
  if (method === 'HEAD') response.end();
  else response.end(status === 200 ? text : `${status}\n`);
}

/** Asks the desktop for a browser, if there is a desktop. Whether it comes is not known, so the address is said anyway. */
function openBrowser(url: string): void {
  const { platform, env } = process;
  const hasDesktop = platform !== 'linux' || Boolean(env.DISPLAY ?? env.WAYLAND_DISPLAY);
  if (!hasDesktop) return;
  const [program, ...args] =
    platform === 'darwin'
      ? ['open']
      : platform === 'win32'
        ? ['cmd', '/c', 'start', '""']
        : ['xdg-open'];
  spawn(program, [...args, url], { stdio: 'ignore', detached: true })
    .on('error', () => {})
    .unref();
}

function interrupted(): Promise<void> {
  return new Promise((resolve) => {
    process.once('SIGINT', () => resolve()).once('SIGTERM', () => resolve());
  });
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
