// What people say of a data set: its description and tags, changed where they stand.
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import Input from "@cloudscape-design/components/input";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Textarea from "@cloudscape-design/components/textarea";
import { useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";

import { studio } from "../../api/client";
import { useStudio } from "../../shared/context";
import { time } from "../../shared/format";
import type { DataSet } from "./types";

export function About({ set }: { set: DataSet }) {
  const { canWrite, fail } = useStudio();
  const client = useQueryClient();
  const [draft, setDraft] = useState<string>();
  const [key, setKey] = useState("");
  const [value, setValue] = useState("");
  const change = async (what: object): Promise<boolean> => {
    try {
      await studio("UpdateDataSet", { DataSetName: set.DataSetName, ...what });
      return true;
    } catch (error) {
      fail("The data set was not changed", error);
      return false;
    } finally {
      await client.invalidateQueries({ queryKey: ["DataSet", set.DataSetName] });
    }
  };
  const add = async (event: FormEvent) => {
    event.preventDefault();
    const name = key.trim();
    if (name && (await change({ Tags: [...set.Tags.filter((one) => one.Key !== name), { Key: name, Value: value }] }))) {
      setKey("");
      setValue("");
    }
  };
  const save = async () => {
    if (await change({ Description: draft })) setDraft(undefined);
  };
  return (
    <Container
      header={
        <Header
          variant="h2"
          actions={
            canWrite &&
            (draft === undefined ? (
              <Button onClick={() => setDraft(set.Description)}>Edit description</Button>
            ) : (
              <SpaceBetween direction="horizontal" size="xs">
                <Button variant="link" onClick={() => setDraft(undefined)}>
                  Cancel
                </Button>
                <Button variant="primary" onClick={() => void save()}>
                  Save
                </Button>
              </SpaceBetween>
            ))
          }
        >
          About
        </Header>
      }
    >
      <SpaceBetween size="m">
        {draft !== undefined ? (
          <Textarea ariaLabel="Description" rows={3} autoFocus value={draft} onChange={({ detail }) => setDraft(detail.value)} />
        ) : set.Description ? (
          <div className="plain">{set.Description}</div>
        ) : (
          <Box color="text-body-secondary">No description. Say what the rows are, and where they come from.</Box>
        )}
        <KeyValuePairs
          columns={3}
          items={[
            { label: "Owner", value: set.Owner },
            { label: "Created", value: time(set.CreationTime) },
            { label: "Changed", value: time(set.LastModifiedTime) },
          ]}
        />
        <ul className="tags" aria-label="Tags">
          {set.Tags.map((tag) => (
            <li key={tag.Key}>
              <b>{tag.Key}</b> {tag.Value}
              {canWrite && <Button variant="inline-icon" iconName="close" ariaLabel={`Remove the tag ${tag.Key}`} onClick={() => void change({ Tags: set.Tags.filter((one) => one.Key !== tag.Key) })} />}
            </li>
          ))}
        </ul>
        {canWrite && (
          <form className="tag-form" onSubmit={(event) => void add(event)}>
            <FormField label="Tag">
              <Input value={key} onChange={({ detail }) => setKey(detail.value)} />
            </FormField>
            <FormField label="Value">
              <Input value={value} onChange={({ detail }) => setValue(detail.value)} />
            </FormField>
            <Button formAction="submit" disabled={!key.trim()}>
              Add tag
            </Button>
          </form>
        )}
      </SpaceBetween>
    </Container>
  );
}
