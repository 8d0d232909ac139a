// Topics and their webhooks; SNS speaks forms and XML.
import { headers, send } from "./client";

async function act(action: string, fields: Record<string, string>, answer: string): Promise<string> {
  const got = await send("/api/sns", {
    method: "POST",
    headers: headers({ "Content-Type": "application/x-www-form-urlencoded; charset=utf-8" }),
    body: new URLSearchParams({ Action: action, Version: "2010-03-31", ...fields }).toString(),
  });
  const document = new DOMParser().parseFromString(await got.text(), "application/xml");
  return document.getElementsByTagName(answer)[0]?.textContent ?? "";
}

/** The topic's ARN; making one that is there gives it back. */
export const createTopic = (name: string) => act("CreateTopic", { Name: name }, "TopicArn");

export const subscribe = (topic: string, url: string) => act("Subscribe", { TopicArn: topic, Protocol: url.split(":")[0] ?? "https", Endpoint: url }, "SubscriptionArn");
