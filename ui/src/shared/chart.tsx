// Lines over time or steps, by uPlot; drawn in the theme's own colours, with its values as a table for those who do not see.
import { useEffect, useMemo, useRef } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";

import { number } from "./format";
import { useDark } from "./theme";

export interface Line {
  label: string;
  points: { x: number; y: number }[];
}
const LIGHT = ["#4b4acf", "#0f7b6c", "#b4520a", "#a3246f", "#2166ac", "#5c6b00"];
const DARK = ["#a5a4ff", "#5fd3bf", "#f3a867", "#f08ac2", "#7fb8ec", "#c3d35a"];

export function hash(text: string): number {
  let value = 0;
  for (const character of text) value = (value * 31 + character.charCodeAt(0)) >>> 0;
  return value;
}

export function align(lines: Line[]): (number | null)[][] {
  const xs = [...new Set(lines.flatMap((line) => line.points.map((point) => point.x)))].sort((a, b) => a - b);
  const place = new Map(xs.map((x, index) => [x, index]));
  const columns = lines.map((line) => {
    const column: (number | null)[] = new Array(xs.length).fill(null);
    for (const point of line.points) column[place.get(point.x)!] = point.y;
    return column;
  });
  return [xs, ...columns];
}

/** A tick of the time axis, as exact as the ticks are apart. */
const clock = (seconds: number, step: number): string => {
  const at = new Date(seconds * 1000);
  if (step >= 86400) return at.toLocaleDateString("en", { month: "short", day: "numeric" });
  return at.toLocaleTimeString("en", { hour: "2-digit", minute: "2-digit", second: step < 60 ? "2-digit" : undefined, hourCycle: "h23" });
};

/** Moments close together stand at the end of a minute: ticks are whole seconds, and none is told twice. */
const spread = (_: uPlot, low: number | null, high: number | null): [number, number] => {
  if (low === null || high === null) return [low ?? 0, high ?? 1];
  return high === low ? [low - 30, low + 30] : [Math.min(low, high - 60), high];
};

export function Chart({ title, lines, time = true, height = 200 }: { title: string; lines: Line[]; time?: boolean; height?: number }) {
  const holder = useRef<HTMLDivElement>(null);
  const dark = useDark();
  const data = useMemo(() => align(lines), [lines]);
  const labels = lines.map((line) => line.label).join("\n");
  useEffect(() => {
    const place = holder.current;
    if (!place) return;
    const ink = dark ? "#b6bac9" : "#54576b";
    const grid = { stroke: dark ? "#2d3040" : "#e6e7ee", width: 1 };
    const axis = { stroke: ink, grid, ticks: grid, font: "12px 'Inter Variable', sans-serif" };
    const palette = dark ? DARK : LIGHT;
    const chart = new uPlot(
      {
        width: place.clientWidth || 400,
        height,
        scales: { x: { time, range: time ? spread : undefined } },
        legend: { live: true },
        cursor: { points: { size: 6 } },
        axes: [time ? { ...axis, values: (_, ticks, __, ___, step) => ticks.map((tick) => clock(tick, step)) } : axis, { ...axis, size: 64, values: (_, ticks) => ticks.map((tick) => number(tick)) }],
        series: [
          { label: time ? "Time" : "Step" },
          ...labels.split("\n").map((label, index) => ({
            label,
            stroke: palette[index % palette.length],
            width: 2,
            spanGaps: true,
            value: (_: uPlot, value: number | null) => number(value ?? undefined),
          })),
        ],
      },
      data as uPlot.AlignedData,
      place,
    );
    const watch = new ResizeObserver(() => chart.setSize({ width: place.clientWidth, height }));
    watch.observe(place);
    return () => {
      watch.disconnect();
      chart.destroy();
    };
  }, [data, labels, time, height, dark]);
  const last = lines.map((line) => `${line.label}: ${number(line.points.at(-1)?.y)}`).join(", ");
  return (
    <figure className="chart">
      <figcaption>{title}</figcaption>
      <div ref={holder} role="img" aria-label={`${title}. Last values: ${last}`} />
    </figure>
  );
}
