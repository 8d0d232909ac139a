// When a schedule starts: chosen by words, shown as the next times; what is wrong is said by the scheduler itself while one types.
import Alert from "@cloudscape-design/components/alert";
import Checkbox from "@cloudscape-design/components/checkbox";
import ColumnLayout from "@cloudscape-design/components/column-layout";
import DatePicker from "@cloudscape-design/components/date-picker";
import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import TimeInput from "@cloudscape-design/components/time-input";
import { keepPreviousData, useQuery } from "@tanstack/react-query";

import { studio } from "../../api/client";
import { useCalm } from "../../shared/calm";
import { type Bound, type Bounds, wrongBound } from "./bounds";
import { DAYS, dayName, type Every, expressionOf, moment, myZone, spoken, until, type When, whenOf, zones } from "./words";

const KINDS: { value: When["kind"]; label: string }[] = [
  { value: "daily", label: "Every day" },
  { value: "weekly", label: "On days of the week" },
  { value: "monthly", label: "On a day of the month" },
  { value: "rate", label: "At a rate" },
  { value: "once", label: "Once" },
  { value: "cron", label: "By a cron expression" },
];
const UNITS = ["minutes", "hours", "days"].map((value) => ({ value, label: value }));
const DAYS_OF_MONTH = [...Array.from({ length: 31 }, (_, n) => ({ value: String(n + 1), label: String(n + 1) })), { value: "L", label: "the last" }];

interface Dates {
  StartDate?: number;
  EndDate?: number;
}

export function useTimes(expression: string, zone: string, dates: Dates = {}) {
  const asked = useCalm(JSON.stringify({ ScheduleExpression: expression, ScheduleExpressionTimezone: zone, ...dates }), 250);
  return useQuery({
    queryKey: ["schedule-times", asked],
    queryFn: () => studio<{ Times: number[] }>("GetScheduleTimes", { ...(JSON.parse(asked) as object), Count: 5 }),
    placeholderData: keepPreviousData,
    retry: false,
  });
}

interface Props {
  when: When;
  zone: string;
  set: (when: When) => void;
  setZone: (zone: string) => void;
  /** Left out where there is nothing like them: what is asked for then holds for ever. */
  bounds?: Bounds;
  dates?: Dates;
  setBounds?: (bounds: Bounds) => void;
}

function BoundField({ label, hint, value, set }: { label: string; hint: string; value: Bound; set: (value: Bound) => void }) {
  return (
    <FormField
      label={label}
      constraintText={hint}
      errorText={wrongBound(value)}
    >
      <div className="day-and-time">
        <DatePicker ariaLabel={label} value={value.date} placeholder="yyyy/mm/dd" openCalendarAriaLabel={() => `Choose the day: ${label.toLowerCase()}`} onChange={({ detail }) => set({ ...value, date: detail.value })} />
        <TimeInput ariaLabelledby="" ariaLabel={`${label} at`} format="hh:mm" placeholder="hh:mm" disabled={!value.date} value={value.clock} onChange={({ detail }) => set({ ...value, clock: detail.value })} />
      </div>
    </FormField>
  );
}

export function WhenFields({ when, zone, set, setZone, bounds, dates, setBounds }: Props) {
  const put = (part: Partial<When>) => set({ ...when, ...part });
  const expression = expressionOf(when);
  const times = useTimes(expression, zone, dates);
  const choose = (kind: When["kind"]) => {
    // A cron begins with what was chosen so far; a form begins with what the cron says, where it can.
    if (kind === "cron") set({ ...when, kind, cron: /^cron\((.*)\)$/.exec(expression)?.[1] ?? when.cron });
    else if (when.kind === "cron") set({ ...when, ...(whenOf(expression).kind === kind ? whenOf(expression) : {}), kind });
    else put({ kind, ...(kind === "once" && !when.date ? { date: new Date(Date.now() + 86_400_000).toISOString().slice(0, 10) } : {}) });
  };
  const clock = (
    <FormField label="At" constraintText="Hours and minutes, 24 hours">
      <TimeInput format="hh:mm" placeholder="hh:mm" value={when.clock} onChange={({ detail }) => put({ clock: detail.value })} />
    </FormField>
  );
  const told = times.error instanceof Error ? times.error.message : undefined;
  return (
    <SpaceBetween size="m">
      <ColumnLayout columns={3}>
        <FormField label="How often">
          <Select options={KINDS} selectedOption={KINDS.find((one) => one.value === when.kind) ?? null} onChange={({ detail }) => choose(detail.selectedOption.value as When["kind"])} />
        </FormField>
        {when.kind === "rate" && (
          <FormField label="Every">
            <div className="with-button">
              <Input ariaLabel="Count" type="number" inputMode="numeric" value={when.count} onChange={({ detail }) => put({ count: detail.value })} />
              <Select ariaLabel="Unit" options={UNITS} selectedOption={UNITS.find((one) => one.value === when.unit) ?? null} onChange={({ detail }) => put({ unit: detail.selectedOption.value as Every })} />
            </div>
          </FormField>
        )}
        {when.kind === "monthly" && (
          <FormField label="Day of the month">
            <Select options={DAYS_OF_MONTH} selectedOption={DAYS_OF_MONTH.find((one) => one.value === when.day) ?? null} onChange={({ detail }) => put({ day: detail.selectedOption.value! })} />
          </FormField>
        )}
        {when.kind === "once" && (
          <FormField label="On">
            <DatePicker value={when.date} placeholder="yyyy/mm/dd" openCalendarAriaLabel={() => "Choose a date"} onChange={({ detail }) => put({ date: detail.value })} />
          </FormField>
        )}
        {when.kind === "cron" && (
          <FormField label="Cron expression" description="Minutes, hours, day of the month, month, day of the week, year." constraintText="One of the two days is ?: as in 0 3 ? * MON-FRI *">
            <Input value={when.cron} spellcheck={false} onChange={({ detail }) => put({ cron: detail.value })} />
          </FormField>
        )}
        {["daily", "weekly", "monthly", "once"].includes(when.kind) && clock}
        {when.kind !== "rate" && (
          <FormField label="Time zone">
            <Select filteringType="auto" virtualScroll options={zones().map((value) => ({ value, label: value === myZone() ? `${value} (yours)` : value }))} selectedOption={{ value: zone, label: zone === myZone() ? `${zone} (yours)` : zone }} onChange={({ detail }) => setZone(detail.selectedOption.value!)} />
          </FormField>
        )}
      </ColumnLayout>
      {when.kind === "weekly" && (
        <div role="group" aria-label="Days of the week" className="days">
          {DAYS.map((one) => (
            <Checkbox key={one} checked={when.days.includes(one)} onChange={({ detail }) => put({ days: detail.checked ? [...when.days, one] : when.days.filter((each) => each !== one) })}>
              {dayName(one)}
            </Checkbox>
          ))}
        </div>
      )}
      {bounds && setBounds && when.kind !== "once" && (
        <ColumnLayout columns={3}>
          <BoundField label="Not before" hint={`In your time zone, ${myZone()}. Empty: from now on.`} value={bounds.start} set={(start) => setBounds({ ...bounds, start })} />
          <BoundField label="Not after" hint="Empty: without an end." value={bounds.end} set={(end) => setBounds({ ...bounds, end })} />
        </ColumnLayout>
      )}
      {told ? (
        <Alert type="error" header="This time can't be">
          {told}
        </Alert>
      ) : (
        <section className="times" aria-label="Next times" aria-live="polite">
          <strong>{spoken(expression, zone)}</strong>
          {times.data?.Times.length === 0 && <p>{dates?.EndDate ? "No time comes before the end: it would start nothing." : "This time has passed: it would start nothing."}</p>}
          <ol>
            {(times.data?.Times ?? []).map((one) => (
              <li key={one}>
                {moment(one)} <span className="quiet">{until(one - Date.now() / 1000)}</span>
              </li>
            ))}
          </ol>
          {(times.data?.Times.length ?? 0) > 0 && <p className="quiet">{`In your time zone, ${myZone()}.${when.kind === "rate" ? ` ${dates?.StartDate ? "A rate begins with the day and time it is not before." : "A rate begins as soon as it is made."}` : ""}`}</p>}
        </section>
      )}
    </SpaceBetween>
  );
}
