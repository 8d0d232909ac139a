// Writes the theme as a stylesheet at build time: applying it at run time would ship Cloudscape's whole theming metadata.
// The package's modules are made for bundlers, so Vite bundles the generator before Node runs it.
import { mkdirSync, writeFileSync } from "node:fs";
import { build } from "vite";

await build({
  configFile: false,
  logLevel: "error",
  build: { ssr: "scripts/theming.mjs", outDir: "node_modules/.theming", emptyOutDir: true },
  ssr: { noExternal: true },
});
const { generateThemeStylesheet } = await import("../node_modules/.theming/theming.js");

const accent = { light: "#4b4acf", dark: "#8f8eff" };
const strong = { light: "#3b3aae", dark: "#b3b2ff" };
const font = "'Inter Variable', system-ui, sans-serif";
const theme = {
  tokens: {
    fontFamilyBase: font,
    fontFamilyHeading: font,
    colorBackgroundButtonPrimaryDefault: accent,
    colorBackgroundButtonPrimaryHover: strong,
    colorBackgroundButtonPrimaryActive: strong,
    colorTextLinkDefault: { light: "#4342bd", dark: "#a5a4ff" },
    colorTextLinkHover: strong,
    colorTextAccent: { light: "#4342bd", dark: "#a5a4ff" },
    colorBorderItemSelected: accent,
    colorBorderItemFocused: accent,
    colorBackgroundItemSelected: { light: "#f1f1fd", dark: "#23233f" },
    colorBackgroundControlChecked: accent,
    colorBackgroundToggleCheckedDisabled: { light: "#c9c9f0", dark: "#4a4a7d" },
    colorBackgroundProgressBarValueDefault: accent,
    colorBackgroundSegmentActive: accent,
    colorBackgroundSliderRangeDefault: accent,
    colorBackgroundSliderRangeActive: strong,
    colorBackgroundSliderHandleDefault: accent,
    colorBackgroundSliderHandleActive: strong,
    colorTextButtonNormalDefault: { light: "#33364d", dark: "#d7d8e8" },
    colorBorderButtonNormalDefault: { light: "#8d90a8", dark: "#7d80a0" },
    colorBackgroundLayoutMain: { light: "#fbfbfd", dark: "#14151d" },
    colorBackgroundContainerContent: { light: "#ffffff", dark: "#1a1b26" },
    colorBackgroundContainerHeader: { light: "#ffffff", dark: "#1a1b26" },
    borderRadiusContainer: "12px",
    borderRadiusButton: "8px",
    borderRadiusInput: "8px",
  },
};

mkdirSync("src/generated", { recursive: true });
writeFileSync("src/generated/theme.css", generateThemeStylesheet({ theme }));
