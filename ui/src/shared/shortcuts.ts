// The keys that work everywhere. Single letters do nothing while a field has the focus.
export const SHORTCUTS = [
  { keys: "Ctrl K", does: "Find anything, do anything" },
  { keys: "?", does: "These shortcuts" },
  { keys: "g h", does: "Home" },
  { keys: "g j", does: "Training jobs" },
  { keys: "g m", does: "Models" },
  { keys: "g e", does: "Endpoints" },
  { keys: "g d", does: "Files" },
  { keys: "n j", does: "New training job" },
  { keys: "/", does: "The filter of the list" },
  { keys: "↑ ↓", does: "The row above, the row below" },
  { keys: "Enter", does: "Open the row" },
  { keys: "Space", does: "Details of the row beside the list" },
  { keys: "Shift F10", does: "Actions of the row in a list" },
  { keys: "D", does: "Deploy the row in a list" },
];

export const CHORDS: Record<string, string> = {
  "g h": "/",
  "g j": "/jobs",
  "g m": "/models",
  "g e": "/endpoints",
  "g d": "/data",
  "n j": "/jobs/create",
};

const LETTERS = "studiolo.letters";
/** Keys without Ctrl can be switched off, for those who speak to their machine or strike keys by accident. */
export const lettersOn = (): boolean => localStorage.getItem(LETTERS) !== "off";
export const setLetters = (on: boolean) => localStorage.setItem(LETTERS, on ? "on" : "off");

export const typing = (target: EventTarget | null): boolean => {
  const element = target as HTMLElement | null;
  return Boolean(element?.closest("input, textarea, select, [contenteditable=true], [role=dialog], [role=menu]"));
};
