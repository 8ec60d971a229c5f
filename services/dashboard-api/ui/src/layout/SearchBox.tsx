import { CloseButton, Combobox, Kbd, TextInput, useCombobox } from "@mantine/core";
import { IconSearch } from "@tabler/icons-react";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { type KeyboardEvent, useEffect, useRef, useState } from "react";
import { isJobId } from "~/format";
import { complete, type Suggestion, taken } from "~/search/completion";
import { useVocabulary } from "~/search/useVocabulary";
import { SEARCH_ID } from "./focus";
import style from "./SearchBox.module.css";

/** The one search box: words and qualifiers, completed as they are typed. Enter lists the jobs; an id opens its job. */
export function SearchBox() {
  const navigate = useNavigate();
  const { q } = useSearch({ strict: false }) as { q?: string };
  const [text, setText] = useState(q ?? "");
  const [caret, setCaret] = useState(0);
  const [focused, setFocused] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  const box = useCombobox({ onDropdownClose: () => box.resetSelectedOption() });
  const completion = complete(text, caret, useVocabulary(focused));

  useEffect(() => setText(q ?? ""), [q]);

  const go = (wanted: string) => {
    box.closeDropdown();
    const word = wanted.trim();
    if (isJobId(word)) void navigate({ to: "/jobs/$id", params: { id: word } });
    else void navigate({ to: "/jobs", search: (before) => ({ ...before, q: word || undefined }) });
  };

  const take = (suggestion: Suggestion) => {
    const [whole, at] = taken(text, completion, suggestion);
    setText(whole);
    setCaret(at);
    requestAnimationFrame(() => input.current?.setSelectionRange(at, at));
    box.resetSelectedOption();
  };

  const key = (event: KeyboardEvent<HTMLInputElement>) => {
    const chosen = completion.suggestions[box.getSelectedOptionIndex()];
    if (event.key === "Tab" && box.dropdownOpened && text !== "" && completion.suggestions.length > 0) {
      event.preventDefault();
      const best = chosen ?? completion.suggestions[0];
      if (best) take(best);
    } else if (event.key === "Enter" && !chosen) {
      go(text);
      input.current?.blur();
    } else if (event.key === "Escape") {
      if (box.dropdownOpened) box.closeDropdown();
      else input.current?.blur();
    }
  };

  const typed = () => {
    setCaret(input.current?.selectionStart ?? 0);
    box.openDropdown();
    box.resetSelectedOption();
  };

  return (
    <Combobox
      store={box}
      onOptionSubmit={(label) => {
        const suggestion = completion.suggestions.find((one) => one.text === label);
        if (suggestion) take(suggestion);
      }}
      offset={4}
      shadow="md"
    >
      <Combobox.Target withKeyboardNavigation withExpandedAttribute targetType="input">
        <TextInput
          id={SEARCH_ID}
          ref={input}
          size="sm"
          radius="md"
          role="combobox"
          aria-label="Search jobs"
          placeholder="Search jobs: status:failed type:image* tag:customer=acme …"
          classNames={{ input: style["input"] }}
          leftSection={<IconSearch size={15} />}
          rightSection={
            text ? (
              <CloseButton
                size="sm"
                aria-label="Clear the search"
                onClick={() => {
                  setText("");
                  if (q) go("");
                }}
              />
            ) : (
              <Kbd size="xs" className={style["hint"]}>
                /
              </Kbd>
            )
          }
          value={text}
          maxLength={400}
          autoComplete="off"
          spellCheck={false}
          onChange={(event) => {
            setText(event.currentTarget.value);
            typed();
          }}
          onSelect={() => setCaret(input.current?.selectionStart ?? 0)}
          onFocus={() => {
            setFocused(true);
            typed();
          }}
          onClick={typed}
          onBlur={() => box.closeDropdown()}
          onKeyDown={key}
        />
      </Combobox.Target>
      <Combobox.Dropdown hidden={completion.suggestions.length === 0}>
        <Combobox.Options aria-label="Completions" mah={340} className={style["options"]}>
          {completion.suggestions.map((suggestion) => (
            <Combobox.Option key={suggestion.text} value={suggestion.text} className={style["option"]}>
              <span className="mono">{suggestion.label}</span>
              <span className={style["about"]}>{suggestion.about}</span>
            </Combobox.Option>
          ))}
        </Combobox.Options>
        <Combobox.Footer className={style["foot"]}>
          <span>
            <Kbd size="xs">↑</Kbd> <Kbd size="xs">↓</Kbd> choose · <Kbd size="xs">Tab</Kbd> complete ·{" "}
            <Kbd size="xs">Enter</Kbd> search
          </span>
        </Combobox.Footer>
      </Combobox.Dropdown>
    </Combobox>
  );
}
