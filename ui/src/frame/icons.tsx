// The navigation's signs: strokes on a grid of 16, in the colour of the text beside them.
const PATHS = {
  home: "M2 7.5 8 2.5l6 5M3.5 6.5v7h9v-7M6.5 13.5v-4h3v4",
  folder: "M1.5 12.5v-9h4.5l1.5 2h7v7z",
  jobs: "M1.5 4l1.2 1.2L5 3M1.5 8.2l1.2 1.2L5 7.2M1.5 12.4l1.2 1.2L5 11.4M7.5 4h7M7.5 8.2h7M7.5 12.4h7",
  model: "M8 1.5l5.8 3.2v6.6L8 14.5l-5.8-3.2V4.7zM2.2 4.7 8 8l5.8-3.3M8 8v6.5",
  rocket: "M6 10 4 8c1-3.5 4-6 9.5-6.5C13 7 10.500 10 7 11zM4 8H2l2-2.500M7 11v2.500l2.500-2M3.500 10.500l-2 4 4-2M10 6.200a.6.6 0 1 0 .010 0",
  batch: "M2 4.500 8 2l6 2.500L8 7zM2 8l6 2.500L14 8M2 11.500 8 14l6-2.500",
  pipeline: "M1.500 3h4v3.500h-4zM10.500 3h4v3.500h-4zM6 9.500h4V13H6zM5.500 4.750h5M3.500 6.500v4.750H6M12.500 6.500v4.750H10",
  registry: "M3 1.500h10v13H3zM5.500 5h5M5.500 8h5M5.500 11h3",
  tune: "M2 13.500l3.500-5 3 2.500 5.500-8.500M10.500 2.500H14V6M2 2v11.500h12",
  process: "M2 3.500h8M12.500 3.500H14M2 8h3M7.500 8H14M2 12.500h6M10.500 12.500H14M11 2v3M6 6.500v3M9 11v3",
  box: "M2 5l6-3 6 3v6l-6 3-6-3zM2 5l6 3 6-3M8 8v6M5 3.500l6 3",
  bell: "M3.500 11.500V7a4.500 4.500 0 0 1 9 0v4.500l1 1h-11zM6.500 14.500h3",
  activity: "M1.500 8h3l2-5.500 3 11 2-5.500h3",
  project: "M1.500 5h13v8.500h-13zM5.500 5V2.500h5V5M1.500 9h13",
  people: "M5.800 7.200a2.400 2.400 0 1 0-.010 0M1.500 13.500c0-5 8.600-5 8.600 0M10.500 3a2.100 2.100 0 0 1 0 4M11.800 9.500c1.800.4 2.700 1.800 2.700 4",
  key: "M5 13.500A3 3 0 1 0 5 7.500a3 3 0 0 0 0 6M7.200 8.400l6.300-6.300M10.500 5l2 2M12.500 3l1.500 1.500",
  plug: "M5.500 1.500v4M10.500 1.500v4M3.500 5.500h9v3a4.500 4.500 0 0 1-9 0zM8 13v2",
  gear: "M8 10.200a2.200 2.200 0 1 0-.010 0M8 1.500v2M8 12.500v2M1.500 8h2M12.500 8h2M3.400 3.400l1.400 1.400M11.200 11.200l1.400 1.400M3.400 12.600l1.400-1.400M11.200 4.800l1.400-1.400",
  menu: "M2 4h12M2 8h12M2 12h12",
  find: "M7 12A5 5 0 1 0 7 2a5 5 0 0 0 0 10M10.600 10.600 14.500 14.500",
  sun: "M8 11A3 3 0 1 0 8 5a3 3 0 0 0 0 6M8 1v1.500M8 13.500V15M1 8h1.500M13.500 8H15M3 3l1 1M12 12l1 1M3 13l1-1M12 4l1-1",
  moon: "M13.500 9.500A6 6 0 1 1 6.500 2.500a5 5 0 0 0 7 7z",
  code: "M5 4.500 1.500 8 5 11.500M11 4.500 14.500 8 11 11.500M9.200 2.500l-2.400 11",
  close: "M3.500 3.500l9 9M12.500 3.500l-9 9",
} as const;

export type IconName = keyof typeof PATHS;

export const Sign = ({ name }: { name: IconName }) => (
  <svg className="sign" viewBox="0 0 16 16" width="16" height="16" fill="none" stroke="currentColor" strokeWidth="1.4" strokeLinejoin="round" strokeLinecap="round" aria-hidden="true">
    <path d={PATHS[name]} />
  </svg>
);
