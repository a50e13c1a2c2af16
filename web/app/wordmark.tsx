/** The product's name, with the line of its logo. */
export function Wordmark() {
  return (
    <span className="flex items-center gap-2.5 text-[0.9375rem] font-semibold tracking-tight">
      <svg aria-hidden width="10" height="22" viewBox="0 0 10 22">
        <path d="M5 1v20" stroke="var(--thread)" strokeWidth="2" strokeLinecap="round" />
        <path d="M5 1v9" stroke="var(--accent)" strokeWidth="2" strokeLinecap="round" />
        <circle cx="5" cy="11" r="4" fill="var(--accent)" />
      </svg>
      Throughline
    </span>
  )
}
