// The connections of a drawing that is only looked at, or seen from afar: one picture below the steps, and nothing in it listens.
import { getBezierPath, Position, ViewportPortal } from "@xyflow/react";
import { memo } from "react";

import { HEIGHT, type Spot, type Way, WIDTH } from "./layout";

/** More than so many that move would hold up the pictures: they are dashed, and stand still. */
const MOVING = 12;

/** From step to step, straight through each row of others that lies between, so that it never runs below one. */
function bent(from: Spot, to: Spot, bends: Spot[]): [string, number, number] {
  const stops = [...bends.map(({ x, y }) => ({ x, y: y - HEIGHT / 2, end: y + HEIGHT / 2 })), { x: to.x, y: to.y, end: to.y }];
  let path = `M${from.x},${from.y}`;
  let { x, y } = from;
  for (const stop of stops) {
    const middle = (y + stop.y) / 2;
    path += ` C${x},${middle} ${stop.x},${middle} ${stop.x},${stop.y} L${stop.x},${stop.end}`;
    ({ x, end: y } = stop);
  }
  return [path, (from.x + stops[0]!.x) / 2, (from.y + stops[0]!.y) / 2];
}

interface OneProps {
  fromX: number;
  fromY: number;
  toX: number;
  toY: number;
  bends?: Spot[];
  word?: string;
  look?: string;
}

const One = memo(function One({ fromX, fromY, toX, toY, bends, word, look }: OneProps) {
  const from = { x: fromX + WIDTH / 2, y: fromY + HEIGHT };
  const to = { x: toX + WIDTH / 2, y: toY };
  const ends = { sourceX: from.x, sourceY: from.y, sourcePosition: Position.Bottom, targetX: to.x, targetY: to.y, targetPosition: Position.Top };
  const [path, x, y] = bends?.length ? bent(from, to, bends) : getBezierPath(ends);
  return (
    <>
      <path d={path} className={look} />
      {word && (
        <text x={x} y={y}>
          {word}
        </text>
      )}
    </>
  );
});

interface Props {
  nodes: { id: string; position: { x: number; y: number } }[];
  edges: Way[];
  /** The steps stand where they were laid out. */
  laid?: boolean;
  /** The steps that run, in one line each, so that it is the same while they are. */
  running?: string;
}

export const Ways = memo(function Ways({ nodes, edges, laid, running }: Props) {
  const at = new Map(nodes.map((one) => [one.id, one.position]));
  const now = new Set(running ? running.split("\n") : []);
  const moves = now.size <= MOVING ? "live moves" : "live";
  return (
    <ViewportPortal>
      <svg className="ways" aria-hidden="true">
        {edges.map((one) => {
          const from = at.get(one.from)!;
          const to = at.get(one.to)!;
          return <One key={`${one.from}>${one.to}`} fromX={from.x} fromY={from.y} toX={to.x} toY={to.y} bends={laid ? one.bends : undefined} word={one.word} look={now.has(one.to) ? moves : undefined} />;
        })}
      </svg>
    </ViewportPortal>
  );
});
