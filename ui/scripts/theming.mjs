export { generateThemeStylesheet } from "@cloudscape-design/components/theming";
