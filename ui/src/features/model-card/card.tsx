// A model card: read, and its main fields edited. Where it is kept is the caller's matter.
import Alert from "@cloudscape-design/components/alert";
import AttributeEditor from "@cloudscape-design/components/attribute-editor";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import ExpandableSection from "@cloudscape-design/components/expandable-section";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import Input from "@cloudscape-design/components/input";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Table from "@cloudscape-design/components/table";
import Textarea from "@cloudscape-design/components/textarea";
import { type ReactNode, useState } from "react";

import { VIEWER } from "../../shared/actions";
import { describe, useStudio } from "../../shared/context";
import { Code, Empty, Status } from "../../shared/parts";
import { at, type Content, type Field, metricsOf, SECTIONS, set, STATUSES, textAt } from "./content";

interface Props {
  content: Content;
  status: string | undefined;
  /** Fills in what is known of the model, where the card says nothing. */
  fill?: (content: Content) => Promise<Content>;
  save: (content: Content, status: string) => Promise<unknown>;
  /** An earlier version: it is only read. */
  reading?: boolean;
  /** What can be done with a card that is written. */
  more?: ReactNode;
}

const MOST = 2048;

function Entry({ field, content, change }: { field: Field; content: Content; change: (content: Content) => void }) {
  const value = textAt(content, field.at);
  const put = (text: string) => change(set(content, field.at, text));
  const options = (field.options ?? []).map((one) => ({ value: one, label: one }));
  return (
    <FormField label={field.label} description={field.help} errorText={value.length > MOST ? `At most ${MOST} characters.` : undefined} stretch={field.lines}>
      {field.options ? (
        <Select options={options} selectedOption={options.find((one) => one.value === value) ?? null} placeholder="Not said" onChange={({ detail }) => put(detail.selectedOption.value ?? "")} />
      ) : field.lines ? (
        <Textarea rows={3} value={value} onChange={({ detail }) => put(detail.value)} />
      ) : (
        <Input value={value} onChange={({ detail }) => put(detail.value)} />
      )}
    </FormField>
  );
}

const DETAILS = "additional_information.custom_details";
const pairsOf = (content: Content) => Object.entries((at(content, DETAILS) ?? {}) as Record<string, string>).map(([key, value]) => ({ key, value }));

function Editor({ content, status, fill, save, close }: Props & { close: () => void }) {
  const [card, setCard] = useState(content);
  const [word, setWord] = useState(status ?? "Draft");
  const [pairs, setPairs] = useState(pairsOf(content));
  const [busy, setBusy] = useState(false);
  const [refused, setRefused] = useState<unknown>();
  const act = async (what: () => Promise<unknown>) => {
    setBusy(true);
    setRefused(undefined);
    try {
      await what();
    } catch (error) {
      setRefused(error);
    } finally {
      setBusy(false);
    }
  };
  const send = () =>
    act(async () => {
      await save(set(card, DETAILS, Object.fromEntries(pairs.filter((one) => one.key).map((one) => [one.key, one.value]))), word);
      close();
    });
  const put = (index: number, part: Partial<{ key: string; value: string }>) => setPairs((old) => old.map((one, n) => (n === index ? { ...one, ...part } : one)));
  const words = STATUSES.map((value) => ({ value, label: value === "PendingReview" ? "Pending review" : value }));
  return (
    <SpaceBetween size="l">
      {refused !== undefined && (
        <Alert type="error" header="Not saved">
          {describe(refused)}
        </Alert>
      )}
      <Container
        header={
          <Header variant="h2" actions={fill && <Button loading={busy} onClick={() => void act(async () => setCard(await fill(card)))}>Fill in what is known</Button>}>
            Card
          </Header>
        }
      >
        <FormField label="Status" description="The content of an archived card is not changed any more.">
          <Select options={words} selectedOption={words.find((one) => one.value === word) ?? null} onChange={({ detail }) => setWord(detail.selectedOption.value ?? "Draft")} />
        </FormField>
      </Container>
      {SECTIONS.map((section) => (
        <Container key={section.title} header={<Header variant="h2">{section.title}</Header>}>
          <SpaceBetween size="m">
            {section.fields.map((field) => (
              <Entry key={field.at} field={field} content={card} change={setCard} />
            ))}
          </SpaceBetween>
        </Container>
      ))}
      <Container header={<Header variant="h2">Own details</Header>}>
        <AttributeEditor
          items={pairs}
          addButtonText="Add a detail"
          removeButtonText="Remove"
          removeButtonAriaLabel={(one) => `Remove ${one.key}`}
          onAddButtonClick={() => setPairs((old) => [...old, { key: "", value: "" }])}
          onRemoveButtonClick={({ detail }) => setPairs((old) => old.filter((_, n) => n !== detail.itemIndex))}
          empty="None."
          definition={[
            { label: "Name", control: (one, index) => <Input ariaLabel="Name" value={one.key} onChange={({ detail }) => put(index, { key: detail.value })} /> },
            { label: "Value", control: (one, index) => <Input ariaLabel="Value" value={one.value} onChange={({ detail }) => put(index, { value: detail.value })} /> },
          ]}
        />
      </Container>
      <SpaceBetween direction="horizontal" size="xs">
        <Button variant="primary" loading={busy} onClick={() => void send()}>
          Save card
        </Button>
        <Button variant="link" onClick={close}>
          Cancel
        </Button>
      </SpaceBetween>
    </SpaceBetween>
  );
}

function Read({ content }: { content: Content }) {
  const metrics = metricsOf(content);
  const own = pairsOf(content).map((one) => ({ label: one.key, value: one.value }));
  return (
    <SpaceBetween size="l">
      {SECTIONS.map((section) => {
        const said = section.fields.filter((field) => textAt(content, field.at));
        if (!said.length) return null;
        return (
          <Container key={section.title} header={<Header variant="h2">{section.title}</Header>}>
            <KeyValuePairs columns={2} items={said.map((field) => ({ label: field.label, value: <span className="lines">{textAt(content, field.at)}</span> }))} />
          </Container>
        );
      })}
      {own.length > 0 && (
        <Container header={<Header variant="h2">Own details</Header>}>
          <KeyValuePairs columns={3} items={own} />
        </Container>
      )}
      {metrics.length > 0 && (
        <Table
          contentDensity="compact"
          header={<Header variant="h2">Evaluations</Header>}
          ariaLabels={{ tableLabel: "Evaluations" }}
          items={metrics}
          columnDefinitions={[
            { id: "name", header: "Metric", isRowHeader: true, cell: (one) => one.name },
            { id: "value", header: "Value", cell: (one) => <span className="mono">{one.value}</span> },
            { id: "group", header: "Group", cell: (one) => one.group },
            { id: "evaluation", header: "Evaluation", cell: (one) => one.evaluation },
          ]}
        />
      )}
      <ExpandableSection headerText="As it is written">
        <Code text={JSON.stringify(content, null, 2)} />
      </ExpandableSection>
    </SpaceBetween>
  );
}

export function ModelCardView(props: Props) {
  const { canWrite } = useStudio();
  const [editing, setEditing] = useState(false);
  const { content, status, reading } = props;
  const why = canWrite ? undefined : VIEWER;
  const edit = !reading && (
    <SpaceBetween direction="horizontal" size="xs">
      {Object.keys(content).length > 0 && props.more}
      <Button disabled={Boolean(why)} disabledReason={why} onClick={() => setEditing(true)}>
        {Object.keys(content).length ? "Edit card" : "Write the card"}
      </Button>
    </SpaceBetween>
  );
  if (editing) return <Editor {...props} close={() => setEditing(false)} />;
  if (!Object.keys(content).length)
    return <Empty title="No card yet" text="A model card tells people what the model is for, how risky it is, and what to look out for before they rely on it." action={edit} />;
  return (
    <SpaceBetween size="l">
      <Header variant="h2" actions={edit}>
        <SpaceBetween direction="horizontal" size="s">
          <span>Model card</span>
          <Box fontWeight="normal">
            <Status word={status ?? "Draft"} />
          </Box>
        </SpaceBetween>
      </Header>
      <Read content={content} />
    </SpaceBetween>
  );
}
