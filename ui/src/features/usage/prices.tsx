// The price table: AWS's list prices, and over them this studio's own, which its administrator edits in place.
import Button from "@cloudscape-design/components/button";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import Input from "@cloudscape-design/components/input";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Table from "@cloudscape-design/components/table";
import TextFilter from "@cloudscape-design/components/text-filter";
import Toggle from "@cloudscape-design/components/toggle";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { studio } from "../../api/client";
import { useStudio } from "../../shared/context";
import { Dialog } from "../../shared/dialog";
import { hourly } from "../../shared/format";
import { Empty, Failure } from "../../shared/parts";
import { usePriceTable } from "./query";
import type { Price } from "./types";

const OWN: Record<string, string> = { serverless: "A GB of memory of a serverless instance while it is awake, or of a function's run", other: "What names no instance type" };

function CurrencyDialog({ now, save, close }: { now: string; save: (currency: string) => Promise<unknown>; close: () => void }) {
  const [code, setCode] = useState(now);
  const good = /^[A-Z]{3}$/.test(code);
  const act = async () => {
    await save(code);
  };
  return (
    <Dialog enter title="Currency of the prices" verb="Save currency" close={close} act={act} disabled={!good}>
      <FormField label="Code" description="Three letters, as EUR. Nothing is converted: the numbers of the prices stay." errorText={good ? undefined : "Three capital letters"}>
        <Input value={code} onChange={({ detail }) => setCode(detail.value.toUpperCase())} autoFocus />
      </FormField>
    </Dialog>
  );
}

export function Prices() {
  const { session, fail } = useStudio();
  const client = useQueryClient();
  const query = usePriceTable();
  const [text, setText] = useState("");
  const [changed, setChanged] = useState(false);
  const [asking, setAsking] = useState(false);
  if (query.isError) return <Failure error={query.error} retry={() => void query.refetch()} />;
  const currency = query.data?.Currency ?? "USD";
  const put = async (input: object) => {
    await studio("PutPrices", input);
    await Promise.all(["prices", "usage", "instance-types"].map((key) => client.invalidateQueries({ queryKey: [key] })));
  };
  const admin = session.studioAdmin;
  const shown = (query.data?.Prices ?? []).filter((one) => one.InstanceType.includes(text.trim().toLowerCase()) && (!changed || one.Changed));
  return (
    <>
      <Table
        variant="container"
        contentDensity="compact"
        loading={query.isPending}
        loadingText="Loading"
        items={shown}
        trackBy="InstanceType"
        header={
          <Header
            variant="h2"
            description={admin ? "A new price holds for what is used from now on." : "An administrator of the studio sets the prices."}
            actions={admin && <Button onClick={() => setAsking(true)}>{`Currency: ${currency}`}</Button>}
          >
            Prices of an hour
          </Header>
        }
        filter={
          <SpaceBetween direction="horizontal" size="l" alignItems="center">
            <TextFilter filteringText={text} filteringPlaceholder="ml.g5" filteringAriaLabel="Find an instance type" countText={`${shown.length} types`} onChange={({ detail }) => setText(detail.filteringText)} />
            <Toggle checked={changed} onChange={({ detail }) => setChanged(detail.checked)}>
              Only our own prices
            </Toggle>
          </SpaceBetween>
        }
        submitEdit={async (one, _, value) => {
          const price = Number(value as string);
          try {
            await put({ Prices: [{ InstanceType: one.InstanceType, PricePerHour: price }] });
          } catch (error) {
            fail(`The price of ${one.InstanceType} was not set`, error);
            throw error;
          }
        }}
        ariaLabels={{
          activateEditLabel: (_, one) => `Edit the price of ${one.InstanceType}`,
          cancelEditLabel: () => "Cancel",
          submitEditLabel: () => "Save",
          submittingEditText: () => "Saving",
          successfulEditLabel: () => "Saved",
          tableLabel: "Prices",
        }}
        columnDefinitions={[
          { id: "type", header: "Instance type", isRowHeader: true, cell: (one) => <span className="mono" title={OWN[one.InstanceType]}>{one.InstanceType}</span> },
          {
            id: "price",
            header: "Price here",
            minWidth: 220,
            cell: (one) => hourly(one.PricePerHour, currency),
            editConfig: admin
              ? {
                  ariaLabel: "Price of an hour",
                  errorIconAriaLabel: "Error",
                  editIconAriaLabel: "editable",
                  constraintText: `${currency} an hour`,
                  validation: (_: Price, value: string | undefined) => (value === undefined || (value !== "" && Number(value) >= 0) ? undefined : "A number, 0 or more"),
                  editingCell: (one: Price, { currentValue, setValue }: { currentValue: string | undefined; setValue: (value: string) => void }) => (
                    <Input autoFocus type="number" value={currentValue ?? String(one.PricePerHour)} onChange={({ detail }) => setValue(detail.value)} />
                  ),
                }
              : undefined,
          },
          { id: "list", header: "AWS's list price", cell: (one) => (OWN[one.InstanceType] ? OWN[one.InstanceType] : hourly(one.ListPrice, "USD")) },
          {
            id: "reset",
            header: "Ours",
            cell: (one) =>
              one.Changed &&
              (admin ? (
                <Button variant="inline-link" ariaLabel={`Take the list price of ${one.InstanceType} again`} onClick={() => void put({ Reset: [one.InstanceType] }).catch((error: unknown) => fail("The price was not set", error))}>
                  Take the list price again
                </Button>
              ) : (
                "Our own"
              )),
          },
        ]}
        empty={<Empty title="No such instance type" text="No type's name holds what you typed." action={<Button onClick={() => { setText(""); setChanged(false); }}>Clear filter</Button>} />}
      />
      {asking && <CurrencyDialog now={currency} save={(Currency) => put({ Currency })} close={() => setAsking(false)} />}
    </>
  );
}
