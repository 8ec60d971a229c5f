/** How a chart looks: quiet axes, no legend of its own, a box that follows the pointer. */

import type { RefObject } from "react";
import UPlot from "uplot";
import { moment } from "~/format";
import { readout } from "./readout";
import type { Line, TimeChartProps } from "./TimeChart";

/** How wide a letter of a label is, about. */
const LETTER_PX = 6.2;
/** Of a shorter time the labels have seconds. */
const SECONDS_BELOW_S = 600;

export function optionsOf(latest: RefObject<TimeChartProps>, element: HTMLElement): UPlot.Options {
  const { lines, height = 180, logarithmic, steps } = latest.current;
  const colour = (name: string) => getComputedStyle(element).getPropertyValue(name).trim() || "#888";
  const resolved = (name: string) => resolve(element, colour(name));
  const axis: UPlot.Axis = {
    stroke: resolved("--jm-quiet"),
    grid: { stroke: resolved("--jm-line"), width: 1 },
    ticks: { show: false },
    font: '11px "Inter Variable", sans-serif',
  };
  return {
    width: element.clientWidth,
    height,
    padding: [6, 1, 0, 0],
    legend: { show: false },
    cursor: { y: false, points: { size: 6 }, drag: { x: false, y: false } },
    plugins: [readout(latest)],
    scales: { x: { time: true }, y: logarithmic ? { distr: 3, log: 10 } : { range: rangeOf(latest) } },
    axes: [
      {
        ...axis,
        grid: { show: false },
        size: 22,
        gap: 6,
        space: (_plot, _axis, from, to) => (to - from < SECONDS_BELOW_S ? 70 : 50),
        values: (plot, ticks, _axis, _space, step) => ticks.map((tick) => clockOf(plot, tick, step)),
      },
      {
        ...axis,
        size: (_plot, values) => widest(values),
        space: 34,
        ...(steps ? { incrs: [...steps] } : {}),
        gap: 6,
        values: (_, ticks) => ticks.map((tick) => (tick === null ? "" : latest.current.format(tick))),
      },
    ],
    series: [{}, ...lines.map((line) => seriesOf(line, resolved))],
  };
}

/** Canvas knows neither custom properties nor `light-dark()`: an element that uses them says what they are. */
function resolve(element: HTMLElement, value: string): string {
  const probe = document.createElement("span");
  probe.style.color = value;
  element.append(probe);
  const found = getComputedStyle(probe).color;
  probe.remove();
  return found;
}

function rangeOf(latest: RefObject<TimeChartProps>): UPlot.Range.Function {
  return (_plot, _least, most) => [0, Math.max((most ?? 0) * 1.12, latest.current.least ?? 1)];
}

/** The room that the labels of the upright axis take, so that the plot has all that is left of the card. */
function widest(values: readonly string[] | null): number {
  return Math.ceil(Math.max(2, ...(values ?? []).map(({ length }) => length)) * LETTER_PX) + 10;
}

/** 13:47; with seconds where the labels are less than a minute apart. None where it would be cut off at the edge. */
function clockOf(plot: UPlot, second: number, step: number): string {
  const words = moment(second * 1000, second * 1000).slice(0, step < 60 ? 8 : 5);
  const { min = 0, max = 0 } = plot.scales["x"] ?? {};
  const after = ((max - second) / (max - min || 1)) * plot.width;
  return after < (words.length * LETTER_PX) / 2 ? "" : words;
}

function seriesOf(line: Line, colour: (name: string) => string): UPlot.Series {
  const stroke = colour(line.colour);
  const series: UPlot.Series = { label: line.name, stroke, width: 1.6, points: { show: false } };
  if (line.dashed) series.dash = [4, 3];
  if (line.kind === "area") series.fill = faded(stroke, 0.14);
  if (line.kind === "steps") {
    series.fill = faded(stroke, 0.12);
    const stepped = UPlot.paths.stepped?.({ align: 1 });
    if (stepped) series.paths = stepped;
  }
  if (line.kind === "bars") {
    const bars = UPlot.paths.bars?.({ size: [0.72, 14], radius: 0.18 });
    if (bars) series.paths = bars;
    series.fill = stroke;
    series.width = 0;
  }
  return series;
}

function faded(colour: string, alpha: number): string {
  return colour.replace(/^rgba?\(([\d.]+),\s*([\d.]+),\s*([\d.]+).*\)$/, `rgba($1, $2, $3, ${alpha})`);
}
