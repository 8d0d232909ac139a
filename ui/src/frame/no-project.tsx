// What somebody sees who is a member of no project, or of none any more.
import { Empty, Link } from "../shared/parts";

export const NoProject = ({ admin }: { admin: boolean }) => (
  <Empty
    title="You are a member of no project"
    text={admin ? "Make a project, or become a member of one." : "Ask an admin of a project to invite you. What you had open is closed."}
    action={admin ? <Link to="/projects">Projects</Link> : undefined}
  />
);
