// A live log: reads on from where it stopped, follows the end, searches and downloads.
import Button from "@cloudscape-design/components/button";
import Input from "@cloudscape-design/components/input";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Toggle from "@cloudscape-design/components/toggle";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useMemo, useRef, useState } from "react";

import { logs } from "../api/client";
import { Empty, Failure } from "./parts";

interface Line {
  timestamp: number;
  message: string;
}
const SHOWN = 3000;

function useLines(group: string, stream: string | undefined, live: boolean) {
  const [lines, setLines] = useState<Line[]>([]);
  useEffect(() => {
    setLines([]);
    if (!stream) return;
    let token: string | undefined;
    let stopped = false;
    let timer: number | undefined;
    const read = async () => {
      try {
        for (;;) {
          const page = await logs<{ events: Line[]; nextForwardToken: string }>("GetLogEvents", {
            logGroupName: group,
            logStreamName: stream,
            startFromHead: true,
            nextToken: token,
          });
          if (stopped) return;
          token = page.nextForwardToken;
          if (page.events.length === 0) break;
          setLines((old) => [...old, ...page.events].slice(-20_000));
        }
      } catch {
        // A stream that is not there yet: look again.
      }
      if (!stopped && live) timer = window.setTimeout(() => void read(), 1000);
    };
    void read();
    return () => {
      stopped = true;
      window.clearTimeout(timer);
    };
  }, [group, stream, live]);
  return lines;
}

export function LogView({ group, prefix, live }: { group: string; prefix: string; live: boolean }) {
  const streams = useQuery({
    queryKey: ["log-streams", group, prefix, live],
    queryFn: () =>
      logs<{ logStreams: { logStreamName: string }[] }>("DescribeLogStreams", { logGroupName: group, logStreamNamePrefix: prefix || undefined }),
    refetchInterval: live ? 3000 : false,
    select: (answer) => answer.logStreams.map((one) => one.logStreamName),
  });
  const [chosen, setChosen] = useState<string>();
  const [wanted, setWanted] = useState("");
  const [follow, setFollow] = useState(true);
  const stream = chosen ?? streams.data?.[0];
  const lines = useLines(group, stream, live);
  const end = useRef<HTMLPreElement>(null);
  const shown = useMemo(
    () => (wanted ? lines.filter((line) => line.message.toLowerCase().includes(wanted.toLowerCase())) : lines).slice(-SHOWN),
    [lines, wanted],
  );
  useEffect(() => {
    if (follow && end.current) end.current.scrollTop = end.current.scrollHeight;
  }, [shown, follow]);
  if (streams.isError) return <Failure error={streams.error} />;
  if (!stream) return <Empty title="No log yet" text="What it prints appears here, line by line." />;
  const download = () => {
    const text = lines.map((line) => `${new Date(line.timestamp).toISOString()} ${line.message}`).join("\n");
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], { type: "text/plain" }));
    link.download = `${stream.replaceAll("/", "_")}.log`;
    link.click();
    URL.revokeObjectURL(link.href);
  };
  const options = (streams.data ?? []).map((one) => ({ value: one, label: one }));
  return (
    <SpaceBetween size="s">
      <div className="filters">
        {options.length > 1 && (
          <Select
            ariaLabel="Log stream"
            options={options}
            selectedOption={options.find((one) => one.value === stream) ?? null}
            onChange={({ detail }) => setChosen(detail.selectedOption.value)}
          />
        )}
        <Input type="search" ariaLabel="Find in the log" placeholder="Find in the log" value={wanted} onChange={({ detail }) => setWanted(detail.value)} />
        <Toggle checked={follow} onChange={({ detail }) => setFollow(detail.checked)}>
          Follow
        </Toggle>
        <Button iconName="download" onClick={download}>
          Download
        </Button>
      </div>
      <pre className="log" ref={end} tabIndex={0} aria-label="Log">
        {lines.length > shown.length && !wanted && `… ${lines.length - shown.length} earlier lines are in the download\n`}
        {shown.map((line, index) => (
          <span key={index}>
            <time>{new Date(line.timestamp).toLocaleTimeString("en", { hour12: false })}</time> {line.message}
            {"\n"}
          </span>
        ))}
        {shown.length === 0 && (wanted ? "No line matches." : "Nothing printed yet.")}
      </pre>
    </SpaceBetween>
  );
}
