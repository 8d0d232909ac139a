// How far a job is, in the title of its tab: seen while another one is in front.
import { useEffect } from "react";

export function useTitle(name: string, progress: number | undefined) {
  useEffect(() => {
    document.title = `${progress === undefined ? "" : `${Math.round(100 * progress)} % · `}${name} · studiolo`;
  }, [name, progress]);
}
