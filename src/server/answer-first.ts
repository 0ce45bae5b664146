// What `serve` listens with: tracking paths are answered before Koa sees them, by the same core that the middleware
// asks. Koa and its router would cost more than the rest of a hit together, and take longer to load than all the rest.
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { emptyAnswer, sendAnswer } from './answer.ts';
import type { Core } from './prepare-core.ts';

/** Makes the listener; whatever is no tracking path is Koa's, and waits for it. */
export function answerFirst(
  { front, collect }: Pick<Core, 'front' | 'collect'>,
  loading: Promise<RequestListener>,
  onProblem: (error: unknown) => void,
): RequestListener {
  let callKoa: RequestListener = (request, response) => {
    loading.then(
      (call) => call(request, response),
      (error: unknown) => fail(request, response, () => onProblem(error)),
    );
  };
  void loading.then(
    (call) => {
      callKoa = call;
    },
    () => undefined,
  );
  return (request, response) => {
    const passed = front(request);
    if ('answer' in passed) return sendAnswer(response, passed.answer);
    const answering = collect(request, passed.path);
    if (answering === undefined) return void callKoa(request, response);
    answering.then(
      (answer) => sendAnswer(response, answer),
      (error: unknown) => fail(request, response, () => onProblem(error)),
    );
  };
}

/** A request that broke off needs no answer; any other failure is ours. */
function fail(request: IncomingMessage, response: ServerResponse, tell: () => void): void {
  if (request.destroyed && !request.complete) return void response.destroy();
  tell();
  if (!response.headersSent) sendAnswer(response, emptyAnswer(500));
}
