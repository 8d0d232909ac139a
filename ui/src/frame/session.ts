// Who is signed in, and what this studio can do for them.
import { useCallback, useEffect, useState } from "react";

import { chooseProject, currentProject, headers, send } from "../api/client";
import type { Session } from "../api/types";

export function useSession() {
  const [session, setSession] = useState<Session | null>();
  const load = useCallback(() => {
    send("/api/session", { headers: headers() })
      .then((answer) => answer.json() as Promise<Session>)
      .then((found) => {
        if (!found.project && found.projects[0]) {
          chooseProject(found.projects[0].account);
          found.project = found.projects[0];
        }
        if (found.project && currentProject() !== found.project.account) chooseProject(found.project.account);
        setSession(found);
      })
      .catch(() => setSession(null));
  }, []);
  useEffect(() => {
    load();
    const out = () => setSession(null);
    window.addEventListener("studiolo:signed-out", out);
    return () => window.removeEventListener("studiolo:signed-out", out);
  }, [load]);
  return { session, load };
}

/** Whether the studio does an operation ("sagemaker:CreateTransformJob"): a page offers nothing that would be refused. */
export const does = (session: Session, operation: string): boolean => {
  const [service, name] = operation.split(":") as [string, string];
  return session.operations[service]?.includes(name) ?? false;
};
