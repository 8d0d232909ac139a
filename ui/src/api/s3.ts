// S3's own REST API, for the browser: listing, small and large uploads with progress, removal.
import { currentProject, headers, send } from "./client";

export interface S3Object {
  key: string;
  size: number;
  modified: string;
}
export interface Listing {
  folders: string[];
  objects: S3Object[];
  next?: string;
}

const encode = (key: string) => key.split("/").map(encodeURIComponent).join("/");
export const objectUrl = (bucket: string, key: string) =>
  `/api/s3/${bucket}/${encode(key)}?x-studio-project=${currentProject()}`;

const texts = (node: Element | Document, name: string) =>
  [...node.getElementsByTagName(name)].map((one) => one.textContent ?? "");

async function xml(path: string, init: RequestInit = {}): Promise<Document> {
  const answer = await send(`/api/s3${path}`, { ...init, headers: headers() });
  return new DOMParser().parseFromString(await answer.text(), "application/xml");
}

export async function listBuckets(): Promise<{ name: string; created: string }[]> {
  const document = await xml("/");
  return [...document.getElementsByTagName("Bucket")].map((one) => ({
    name: texts(one, "Name")[0] ?? "",
    created: texts(one, "CreationDate")[0] ?? "",
  }));
}

export async function listObjects(bucket: string, prefix: string, token?: string, delimiter = "/"): Promise<Listing> {
  const query = new URLSearchParams({ "list-type": "2", prefix, "max-keys": "200" });
  if (delimiter) query.set("delimiter", delimiter);
  if (token) query.set("continuation-token", token);
  const document = await xml(`/${bucket}?${query}`);
  return {
    folders: [...document.getElementsByTagName("CommonPrefixes")].map((one) => texts(one, "Prefix")[0] ?? ""),
    objects: [...document.getElementsByTagName("Contents")]
      .map((one) => ({
        key: texts(one, "Key")[0] ?? "",
        size: Number(texts(one, "Size")[0] ?? 0),
        modified: texts(one, "LastModified")[0] ?? "",
      }))
      .filter((one) => one.key !== prefix),
    next: texts(document, "NextContinuationToken")[0],
  };
}

/** The newest objects below a folder whose names grow with time (years, months, days, hours), newest first. */
export async function newestObjects(bucket: string, prefix: string, most: number): Promise<S3Object[]> {
  const found: S3Object[] = [];
  const descend = async (folder: string): Promise<void> => {
    let token: string | undefined;
    const folders: string[] = [];
    const here: S3Object[] = [];
    do {
      const page = await listObjects(bucket, folder, token);
      folders.push(...page.folders);
      here.push(...page.objects);
      token = page.next;
    } while (token);
    for (const one of folders.reverse()) if (found.length < most) await descend(one);
    found.push(...here.reverse());
  };
  await descend(prefix);
  return found.sort((a, b) => b.modified.localeCompare(a.modified)).slice(0, most);
}

/** most: only so many of its first bytes, for a look into what may be large. */
export const textOf = async (bucket: string, key: string, most?: number): Promise<string> =>
  (await send(`/api/s3/${bucket}/${encode(key)}`, { headers: headers(most ? { Range: `bytes=0-${most - 1}` } : {}) })).text();

/** What is put into the bucket becomes events, which rules may match. */
export const tellOfObjects = (bucket: string) =>
  send(`/api/s3/${bucket}?notification`, { method: "PUT", headers: headers(), body: "<NotificationConfiguration><EventBridgeConfiguration/></NotificationConfiguration>" });

export const createBucket = (bucket: string) => send(`/api/s3/${bucket}`, { method: "PUT", headers: headers() });
export const deleteObject = (bucket: string, key: string) =>
  send(`/api/s3/${bucket}/${encode(key)}`, { method: "DELETE", headers: headers() });

export async function deleteFolder(bucket: string, prefix: string): Promise<void> {
  for (;;) {
    const page = await listObjects(bucket, prefix, undefined, "");
    const keys = page.objects.map((one) => one.key);
    if (keys.length === 0) break;
    await Promise.all(keys.map((key) => deleteObject(bucket, key)));
  }
  await deleteObject(bucket, prefix);
}

type Progress = (sent: number) => void;

/** XMLHttpRequest, since fetch tells nothing of what was sent. Resolves with the ETag. */
function put(url: string, body: Blob, progress: Progress, signal: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("PUT", url);
    for (const [name, value] of Object.entries(headers())) request.setRequestHeader(name, value);
    if (body.type) request.setRequestHeader("Content-Type", body.type);
    request.upload.onprogress = (event) => progress(event.loaded);
    request.onload = () =>
      request.status < 300
        ? resolve(request.getResponseHeader("etag") ?? "")
        : reject(new Error(/<Message>(.*?)<\/Message>/.exec(request.responseText)?.[1] ?? request.statusText));
    request.onerror = () => reject(new Error("The studio does not answer."));
    request.onabort = () => reject(new DOMException("Cancelled", "AbortError"));
    signal.addEventListener("abort", () => request.abort());
    request.send(body);
  });
}

const PART = 32 * 2 ** 20;

export async function upload(bucket: string, key: string, file: Blob, progress: Progress, signal: AbortSignal) {
  const url = `/api/s3/${bucket}/${encode(key)}`;
  if (file.size <= PART) {
    await put(url, file, progress, signal);
    return;
  }
  const begun = await xml(`/${bucket}/${encode(key)}?uploads`, { method: "POST" });
  const id = texts(begun, "UploadId")[0] ?? "";
  try {
    const tags: string[] = [];
    for (let start = 0, number = 1; start < file.size; start += PART, number++) {
      const part = file.slice(start, start + PART);
      const query = `?partNumber=${number}&uploadId=${id}`;
      tags.push(await put(url + query, part, (sent) => progress(start + sent), signal));
    }
    const parts = tags.map((tag, n) => `<Part><PartNumber>${n + 1}</PartNumber><ETag>${tag}</ETag></Part>`).join("");
    await send(`${url}?uploadId=${id}`, {
      method: "POST",
      headers: headers(),
      body: `<CompleteMultipartUpload>${parts}</CompleteMultipartUpload>`,
    });
  } catch (error) {
    await send(`${url}?uploadId=${id}`, { method: "DELETE", headers: headers() }).catch(() => undefined);
    throw error;
  }
}
