import { useComputedColorScheme } from "@mantine/core";
import { useEffect, useRef } from "react";
import UPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import style from "./Plot.module.css";
import { optionsOf } from "./plot-options";
import type { TimeChartProps } from "./TimeChart";

/** Draws a chart, redraws its data in place, and makes it anew only when its lines or colours change. */
export function Plot(props: TimeChartProps & { height: number }) {
  const { times, lines, height, fill } = props;
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<UPlot | null>(null);
  const latest = useRef(props);
  latest.current = props;
  const scheme = useComputedColorScheme("light");
  const shape = lines.map(({ name, colour, kind }) => `${name} ${colour} ${kind}`).join();

  // biome-ignore lint/correctness/useExhaustiveDependencies: shape and scheme say when the chart must be made anew
  useEffect(() => {
    const element = box.current;
    if (element === null) return;
    const made = new UPlot(optionsOf(latest, element), dataOf(latest.current), element);
    plot.current = made;
    const observer = new ResizeObserver(() =>
      made.setSize({ width: element.clientWidth, height: fill ? element.clientHeight : height }),
    );
    observer.observe(element);
    return () => {
      observer.disconnect();
      made.destroy();
      plot.current = null;
    };
  }, [shape, scheme, height, fill]);

  useEffect(() => {
    plot.current?.setData(dataOf({ times, lines }));
  }, [times, lines]);

  return (
    <div
      ref={box}
      className={style["plot"]}
      data-fill={fill || undefined}
      style={fill ? undefined : { height }}
    />
  );
}

function dataOf({ times, lines }: Pick<TimeChartProps, "times" | "lines">): UPlot.AlignedData {
  return [times as number[], ...lines.map(({ values }) => values as (number | null)[])];
}
