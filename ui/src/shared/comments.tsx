// What was said about a thing, on its own page: read and written by every member, changed by whoever wrote it and by admins.
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import { lazy, Suspense, useState } from "react";

import { studio } from "../api/client";
import { Avatar } from "./avatar";
import { useStudio } from "./context";
import { time } from "./format";
import { Empty, Failure } from "./parts";
import { Skeleton } from "./skeleton";
import { Write } from "./write";

const Markdown = lazy(() => import("./markdown").then((all) => ({ default: all.Markdown })));

interface Comment {
  CommentId: string;
  User: string;
  Text: string;
  CreationTime: number;
  EditedBy?: string;
  EditedTime?: number;
}
interface Page {
  Comments: Comment[];
  NextToken?: string;
}

function One({ comment, changed }: { comment: Comment; changed: () => Promise<unknown> }) {
  const { session, confirm, fail } = useStudio();
  const [editing, setEditing] = useState(false);
  const own = comment.User.toLowerCase() === session.user.toLowerCase() || session.project?.role === "admin";
  const save = async (text: string) => {
    try {
      await studio("UpdateComment", { CommentId: comment.CommentId, Text: text });
      setEditing(false);
      return true;
    } catch (error) {
      fail("The comment was not changed", error);
      return false;
    } finally {
      await changed();
    }
  };
  const remove = () =>
    confirm({
      title: "Delete this comment?",
      text: "It is gone for everybody.",
      verb: "Delete",
      act: async () => {
        await studio("DeleteComment", { CommentId: comment.CommentId });
        await changed();
      },
    });
  return (
    <li className="comment">
      <Avatar name={comment.User} />
      <div>
        <p className="comment-head">
          <b>{comment.User}</b> <span>{time(comment.CreationTime)}</span>
          {comment.EditedTime !== undefined && <span title={time(comment.EditedTime)}>changed by {comment.EditedBy}</span>}
          {own && !editing && (
            <span className="comment-acts">
              <Button variant="inline-icon" iconName="edit" ariaLabel={`Change the comment of ${comment.User}`} onClick={() => setEditing(true)} />
              <Button variant="inline-icon" iconName="remove" ariaLabel={`Delete the comment of ${comment.User}`} onClick={remove} />
            </span>
          )}
        </p>
        {editing ? (
          <Write label="Change the comment" verb="Save" first={comment.Text} send={save} cancel={() => setEditing(false)} />
        ) : (
          <Suspense fallback={<div className="markdown">{comment.Text}</div>}>
            <Markdown text={comment.Text} />
          </Suspense>
        )}
      </div>
    </li>
  );
}

export function Comments({ arn }: { arn: string }) {
  const { can, fail } = useStudio();
  const client = useQueryClient();
  const key = ["comments", arn];
  const query = useInfiniteQuery({
    queryKey: key,
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam }) => studio<Page>("ListComments", { ResourceArn: arn, NextToken: pageParam }),
    getNextPageParam: (page) => page.NextToken,
    enabled: can("studio:ListComments"),
  });
  if (!can("studio:ListComments")) return null;
  if (query.isError) return <Failure error={query.error} retry={() => void query.refetch()} />;
  if (query.isPending) return <Skeleton rows={3} />;
  const changed = () => client.invalidateQueries({ queryKey: key });
  const comments = query.data.pages.flatMap((page) => page.Comments);
  const put = async (text: string) => {
    try {
      await studio("PutComment", { ResourceArn: arn, Text: text });
      await changed();
      return true;
    } catch (error) {
      fail("The comment was not sent", error);
      return false;
    }
  };
  return (
    <Container header={<Header variant="h2" counter={comments.length ? `(${comments.length}${query.hasNextPage ? "+" : ""})` : undefined}>Comments</Header>}>
      <SpaceBetween size="m">
        {comments.length === 0 ? (
          <Empty title="Nothing said yet" text="Say what you found, and name members with @: they are told at once." />
        ) : (
          <ol className="comments" aria-label="Comments">
            {comments.map((one) => (
              <One key={one.CommentId} comment={one} changed={changed} />
            ))}
          </ol>
        )}
        {query.hasNextPage && (
          <Button loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
            More comments
          </Button>
        )}
        <Write label="Comment" verb="Comment" send={put} />
      </SpaceBetween>
    </Container>
  );
}
