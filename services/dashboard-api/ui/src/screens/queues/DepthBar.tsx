import { BANDS, bandsInWords, inBands } from "./bands";
import style from "./DepthBar.module.css";

interface DepthBarProps {
  byPriority: Readonly<Record<string, number>>;
  /** The depth that fills the whole width: that of the deepest queue. */
  most: number;
}

/** How many jobs are in line, the most urgent at the left; its length compares with the bars above and below it. */
export function DepthBar({ byPriority, most }: DepthBarProps) {
  const sums = inBands(byPriority);
  const words = bandsInWords(sums);
  return (
    <span className={style["bar"]} role="img" aria-label={words} title={words}>
      {BANDS.map(({ name, colour }, at) => {
        const width = ((sums[at] ?? 0) / most) * 100;
        return width > 0 && <i key={name} style={{ width: `${width}%`, background: `var(${colour})` }} />;
      })}
    </span>
  );
}
