/** The box beside the pointer: the time, and what each line is there. Written as text, so nothing in it can be markup. */

import type { RefObject } from "react";
import type UPlot from "uplot";
import { exact, NOTHING } from "~/format";
import style from "./Plot.module.css";
import type { TimeChartProps } from "./TimeChart";

const AWAY_PX = 14;

export function readout(latest: RefObject<TimeChartProps>): UPlot.Plugin {
  const box = document.createElement("div");
  box.className = style["readout"] ?? "";
  box.hidden = true;
  return {
    hooks: {
      init: (plot) => plot.over.append(box),
      setCursor: (plot) => {
        const { idx, left = -1 } = plot.cursor;
        box.hidden = idx === null || idx === undefined || left < 0;
        if (!box.hidden) show(box, plot, Number(idx), left, latest.current);
      },
    },
  };
}

function show(
  box: HTMLElement,
  plot: UPlot,
  index: number,
  left: number,
  { lines, times, format }: TimeChartProps,
) {
  const title = line(exact((times[index] ?? 0) * 1000).replace(/\.\d+ .*/, ""), "", "");
  const rows = lines.map(({ name, colour, values }) => {
    const value = values[index];
    return line(name, value === null || value === undefined ? NOTHING : format(value), colour);
  });
  box.replaceChildren(title, ...rows);
  const width = box.offsetWidth;
  const beside = left + AWAY_PX + width > plot.over.clientWidth ? left - AWAY_PX - width : left + AWAY_PX;
  box.style.transform = `translateX(${Math.max(0, beside)}px)`;
}

function line(name: string, value: string, colour: string): HTMLElement {
  const row = document.createElement("div");
  if (colour) {
    const mark = document.createElement("i");
    mark.style.background = `var(${colour})`;
    row.append(mark);
  }
  const left = document.createElement("span");
  left.textContent = name;
  const right = document.createElement("b");
  right.textContent = value;
  row.append(left, right);
  return row;
}
