// Light, dark, or as the system has it.
import { useSyncExternalStore } from "react";

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

const watch = (changed: () => void) => {
  window.addEventListener("studiolo:theme", changed);
  wants.addEventListener("change", changed);
  return () => {
    window.removeEventListener("studiolo:theme", changed);
    wants.removeEventListener("change", changed);
  };
};

export const useTheme = (): string => useSyncExternalStore(watch, theme);
/** Whether it is dark, told anew when that changes: for what is drawn by colours of its own. */
export const useDark = (): boolean => useSyncExternalStore(watch, isDark);
