// The studio's API is AWS's own: one POST a call, named by X-Amz-Target, authenticated by the session's cookie.
export class ApiError extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly status: number,
    readonly requestId: string,
  ) {
    super(message);
  }
}

let project: string | undefined;

export const currentProject = (): string => (project ??= localStorage.getItem("studiolo.project") ?? "");

export function chooseProject(account: string) {
  project = account;
  localStorage.setItem("studiolo.project", account);
}

export function headers(extra: Record<string, string> = {}): Record<string, string> {
  return currentProject() ? { ...extra, "X-Studio-Project": currentProject() } : extra;
}

async function failure(answer: Response): Promise<ApiError> {
  const text = await answer.text();
  const id = answer.headers.get("x-amzn-requestid") ?? "";
  try {
    const body = JSON.parse(text) as { __type?: string; message?: string };
    return new ApiError(body.__type ?? String(answer.status), body.message ?? answer.statusText, answer.status, id);
  } catch {
    const code = /<Code>(.*?)<\/Code>/.exec(text)?.[1];
    const message = /<Message>(.*?)<\/Message>/.exec(text)?.[1];
    return new ApiError(code ?? String(answer.status), message ?? answer.statusText, answer.status, id);
  }
}

export async function send(url: string, init: RequestInit): Promise<Response> {
  let answer: Response;
  try {
    answer = await fetch(url, { credentials: "same-origin", ...init });
  } catch {
    throw new ApiError("Unreachable", "The studio does not answer. Is it running?", 0, "");
  }
  if (answer.status === 401 && !url.startsWith("/api/session")) window.dispatchEvent(new Event("studiolo:signed-out"));
  if (!answer.ok) throw await failure(answer);
  return answer;
}

const PREFIX = {
  sagemaker: "SageMaker",
  logs: "Logs_20140328",
  studio: "Studio",
  cloudwatch: "GraniteServiceVersion20100801",
  "application-autoscaling": "AnyScaleFrontendService",
  events: "AWSEvents",
} as const;

export async function call<T>(service: keyof typeof PREFIX, operation: string, input: object = {}): Promise<T> {
  const answer = await send(`/api/${service}`, {
    method: "POST",
    headers: headers({ "Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": `${PREFIX[service]}.${operation}` }),
    body: JSON.stringify(input),
  });
  const text = await answer.text();
  return (text ? JSON.parse(text) : {}) as T;
}

export const sagemaker = <T>(operation: string, input: object = {}) => call<T>("sagemaker", operation, input);
export const studio = <T>(operation: string, input: object = {}) => call<T>("studio", operation, input);
export const logs = <T>(operation: string, input: object = {}) => call<T>("logs", operation, input);
export const cloudwatch = <T>(operation: string, input: object = {}) => call<T>("cloudwatch", operation, input);
export const autoscaling = <T>(operation: string, input: object = {}) => call<T>("application-autoscaling", operation, { ServiceNamespace: "sagemaker", ...input });
