/** Words that a programmer wrote about something: what is between backticks is code, all else is text. */
export function Described({ text }: { text: string }) {
  return (
    <bdi>
      {text.split("`").map((part, at) =>
        at % 2 === 1 ? (
          // biome-ignore lint/suspicious/noArrayIndexKey: the parts of a text are their places
          <code key={at} className="mono">
            {part}
          </code>
        ) : (
          part
        ),
      )}
    </bdi>
  );
}
