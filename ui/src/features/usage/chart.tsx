import BarChart from "@cloudscape-design/components/bar-chart";

import { amount, number } from "../../shared/format";
import { useDark } from "../../shared/theme";
import type { Bars, Measure } from "./series";

const LIGHT = ["#4b4acf", "#0f7b6c", "#b4520a", "#a3246f", "#2166ac", "#5c6b00"];
const DARK = ["#a5a4ff", "#5fd3bf", "#f3a867", "#f08ac2", "#7fb8ec", "#c3d35a"];

/** "Nov 25" of a day, "Nov 2026" of a month. */
const tick = (name: string): string =>
  new Date(`${name.length === 7 ? `${name}-01` : name}T00:00:00Z`).toLocaleDateString("en", name.length === 7 ? { month: "short", year: "numeric", timeZone: "UTC" } : { month: "short", day: "numeric", timeZone: "UTC" });

export function UsageChart({ bars, names, measure, currency }: { bars: Bars[]; names: string[]; measure: Measure; currency: string }) {
  const dark = useDark();
  const palette = dark ? DARK : LIGHT;
  const value = (one: number) => (measure === "cost" ? amount(one, currency) : `${number(one)} h`);
  const highest = Math.max(...names.map((_, index) => bars.reduce((sum, one) => sum + (one.values[index] ?? 0), 0)));
  return (
    <BarChart
      stackedBars
      hideFilter
      height={260}
      ariaLabel={measure === "cost" ? "Cost" : "Hours of instances"}
      ariaDescription="One bar a day or month, made of parts by what it is split by. Arrow keys read the bars."
      xScaleType="categorical"
      xDomain={names}
      yDomain={[0, highest || 1]}
      yTitle={measure === "cost" ? currency : "Hours"}
      series={bars.map((one, index) => ({
        type: "bar" as const,
        title: one.title,
        color: one.rest ? (dark ? "#7d8196" : "#8b8ea3") : palette[index % palette.length],
        data: names.map((x, place) => ({ x, y: one.values[place] ?? 0 })),
        valueFormatter: value,
      }))}
      i18nStrings={{
        xTickFormatter: tick,
        yTickFormatter: value,
        legendAriaLabel: "Legend",
        chartAriaRoleDescription: "Bar chart",
        detailPopoverDismissAriaLabel: "Close",
        xAxisAriaRoleDescription: "Horizontal axis",
        yAxisAriaRoleDescription: "Vertical axis",
      }}
      empty="Nothing was used in this time."
      noMatch="Nothing was used in this time."
    />
  );
}
