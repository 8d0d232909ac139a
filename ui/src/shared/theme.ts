// Light, dark, or as the system has it.
const KEY = "studiolo.theme";
const wants = window.matchMedia("(prefers-color-scheme: dark)");

export const theme = (): string => localStorage.getItem(KEY) ?? "system";

export const isDark = (): boolean => theme() === "dark" || (theme() === "system" && wants.matches);

export function applyTheme() {
  const dark = isDark();
  document.body.classList.toggle("awsui-dark-mode", dark);
  document.documentElement.style.colorScheme = dark ? "dark" : "light";
}

export function setTheme(chosen: string) {
  localStorage.setItem(KEY, chosen);
  applyTheme();
  window.dispatchEvent(new Event("studiolo:theme"));
}

wants.addEventListener("change", applyTheme);
