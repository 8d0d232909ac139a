// One notification in words, and where it leads.
import { Avatar } from "./avatar";
import { time } from "./format";
import { commentsOf, pageOf, wordOf } from "./where";

export interface Notification {
  NotificationId: string;
  Time: number;
  Read: boolean;
  Type: string;
  Kind: string;
  Name: string;
  ResourceArn: string;
  By?: string;
  Status?: string;
  Text?: string;
}
export const TYPES: Record<string, string> = {
  Mention: "Somebody mentions you in a comment",
  Comment: "Somebody comments on something of yours",
  JobFailed: "A job, tuning job or pipeline execution of yours failed",
  JobEnded: "One of yours ended well, or was stopped",
  EndpointReady: "An endpoint of yours is in service",
  EndpointFailed: "An endpoint of yours failed",
  ApprovalAsked: "A model version waits for approval (admins)",
  ApprovalGiven: "A model version of yours was decided on",
  BudgetAlert: "A part of a budget is spent (admins, and the person it is for)",
};

export function sentence(one: Notification): string {
  const thing = `${wordOf(one.Kind)} ${one.Name}`;
  const by = one.By ?? "Somebody";
  const said: Record<string, string> = {
    Mention: `${by} mentions you on ${thing}`,
    Comment: `${by} comments on your ${thing}`,
    JobFailed: `Your ${thing} failed`,
    JobEnded: `Your ${thing} ${one.Status === "Stopped" ? "was stopped" : "is done"}`,
    EndpointReady: `Your ${thing} is in service`,
    EndpointFailed: `Your ${thing} failed`,
    ApprovalAsked: `${by} asks for approval of ${thing}`,
    ApprovalGiven: `${by} ${one.Status === "Approved" ? "approved" : "rejected"} your ${thing}`,
    BudgetAlert: one.Status === "Spent" ? `The ${thing} is spent` : `${one.Status ?? ""} of the ${thing} is spent`,
  };
  return said[one.Type] ?? `${one.Type}: ${thing}`;
}

export const leadsTo = (one: Notification): string | undefined =>
  ["Mention", "Comment"].includes(one.Type) ? commentsOf(one.Kind, one.Name, one.ResourceArn) : pageOf(one.Kind, one.Name, one.ResourceArn);

export const NotificationLine = ({ one }: { one: Notification }) => (
  <>
    <Avatar name={one.By ?? "studio"} />
    <span>
      <span className="said">{sentence(one)}</span>
      {one.Text && <span className="quoted">{one.Text}</span>}
      <small>{time(one.Time)}</small>
    </span>
    {!one.Read && <i className="unread" role="img" aria-label="Unread" />}
  </>
);
