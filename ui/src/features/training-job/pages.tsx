export { ComparePage } from "./compare";
export { CreateJobPage } from "./create";
export { JobPage } from "./detail";
export { JobsPage } from "./list";
