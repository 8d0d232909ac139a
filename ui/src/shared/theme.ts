// Light, dark, or as the system has it.
const KEY = "studiolo.theme";
const wants = window.matchMedia("(prefers-color-scheme: dark)");

export const theme = (): string => localStorage.getItem(KEY) ?? "system";

export function applyTheme() {
  const dark = theme() === "dark" || (theme() === "system" && wants.matches);
  document.body.classList.toggle("awsui-dark-mode", dark);
  document.documentElement.style.colorScheme = dark ? "dark" : "light";
}

export function setTheme(chosen: string) {
  localStorage.setItem(KEY, chosen);
  applyTheme();
}

wants.addEventListener("change", applyTheme);
