interface SearchFieldProps {
  readonly text: string;
  readonly onText: (text: string) => void;
}

export function SearchField({ text, onText }: SearchFieldProps) {
  return (
    <label class="search-field">
      <span class="tool-name">Find</span>
      <input type="search" value={text} onInput={(event) => onText(event.currentTarget.value)} />
    </label>
  );
}
