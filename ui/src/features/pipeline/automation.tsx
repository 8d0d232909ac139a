// What starts a pipeline by itself, on the pipeline's own page.
import Button from "@cloudscape-design/components/button";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useNavigate } from "@tanstack/react-router";

import { VIEWER } from "../../shared/actions";
import { useStudio } from "../../shared/context";
import { RulesOf } from "../rule/list";
import { SchedulesOf } from "../schedule/list";

export function Automation({ pipeline }: { pipeline: string }) {
  const navigate = useNavigate();
  const { canWrite } = useStudio();
  const add = (text: string, to: string) => (
    <Button disabled={!canWrite} disabledReason={VIEWER} onClick={() => void navigate({ to, search: { pipeline } as never })}>
      {text}
    </Button>
  );
  return (
    <SpaceBetween size="l">
      <SchedulesOf
        kind="Pipeline"
        name={pipeline}
        header={
          <Header variant="h3" actions={add("Schedule…", "/schedules/create")}>
            Schedules
          </Header>
        }
      />
      <RulesOf
        kind="Pipeline"
        name={pipeline}
        header={
          <Header variant="h3" actions={add("Start on an event…", "/rules/create")}>
            Event rules
          </Header>
        }
      />
    </SpaceBetween>
  );
}
