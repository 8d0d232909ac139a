// The connections of a drawing that is only looked at, or seen from afar: one picture below the steps, and nothing in it listens.
import { getBezierPath, Position, ViewportPortal } from "@xyflow/react";
import { memo } from "react";

import { HEIGHT, type Way, WIDTH } from "./layout";

/** More than so many that move would hold up the pictures: they are dashed, and stand still. */
const MOVING = 12;

interface OneProps {
  fromX: number;
  fromY: number;
  toX: number;
  toY: number;
  word?: string;
  look?: string;
}

const One = memo(function One({ fromX, fromY, toX, toY, word, look }: OneProps) {
  const [path, x, y] = getBezierPath({
    sourceX: fromX + WIDTH / 2,
    sourceY: fromY + HEIGHT,
    sourcePosition: Position.Bottom,
    targetX: toX + WIDTH / 2,
    targetY: toY,
    targetPosition: Position.Top,
  });
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
  /** The steps that run, in one line each, so that it is the same while they are. */
  running?: string;
}

export const Ways = memo(function Ways({ nodes, edges, running }: Props) {
  const at = new Map(nodes.map((one) => [one.id, one.position]));
  const now = new Set(running ? running.split("\n") : []);
  const moves = now.size <= MOVING ? "live moves" : "live";
  return (
    <ViewportPortal>
      <svg className="ways" aria-hidden="true">
        {edges.map((one) => {
          const from = at.get(one.from)!;
          const to = at.get(one.to)!;
          return <One key={`${one.from}>${one.to}`} fromX={from.x} fromY={from.y} toX={to.x} toY={to.y} word={one.word} look={now.has(one.to) ? moves : undefined} />;
        })}
      </svg>
    </ViewportPortal>
  );
});
