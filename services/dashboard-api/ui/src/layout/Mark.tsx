/** The mark: a J whose last dot is the job at hand. */
export function Mark() {
  return (
    <svg width="28" height="28" viewBox="0 0 32 32" aria-hidden="true">
      <rect width="32" height="32" rx="9" fill="#5b5bd6" />
      <g fill="none" stroke="#fff" strokeWidth="3" strokeLinecap="round" strokeLinejoin="round">
        <path d="M19 8v11a5 5 0 0 1-10 .6" />
        <path d="M14 8h10" />
      </g>
      <circle cx="24" cy="23" r="2.2" fill="#fff" />
    </svg>
  );
}
