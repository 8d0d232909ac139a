// The tags of a thing, shown and edited where it is; AddTags, ListTags and DeleteTags by its ARN.
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import Input from "@cloudscape-design/components/input";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";

import { sagemaker } from "../api/client";
import { useStudio } from "./context";
import { Failure } from "./parts";

interface Tag {
  Key: string;
  Value: string;
}

export function Tags({ arn }: { arn: string }) {
  const { canWrite, fail } = useStudio();
  const client = useQueryClient();
  const key = ["tags", arn];
  const query = useQuery({ queryKey: key, queryFn: () => sagemaker<{ Tags: Tag[] }>("ListTags", { ResourceArn: arn }) });
  const [name, setName] = useState("");
  const [value, setValue] = useState("");
  if (query.isError) return <Failure error={query.error} retry={() => void query.refetch()} />;
  const change = async (operation: string, input: object) => {
    try {
      await sagemaker(operation, { ResourceArn: arn, ...input });
      return true;
    } catch (error) {
      fail("The tags were not changed", error);
      return false;
    } finally {
      await client.invalidateQueries({ queryKey: key });
    }
  };
  const add = async (event: FormEvent) => {
    event.preventDefault();
    if (name.trim() && (await change("AddTags", { Tags: [{ Key: name.trim(), Value: value }] }))) {
      setName("");
      setValue("");
    }
  };
  const tags = query.data?.Tags ?? [];
  return (
    <Container header={<Header variant="h2">Tags</Header>}>
      <ul className="tags" aria-label="Tags">
        {tags.map((tag) => (
          <li key={tag.Key}>
            <b>{tag.Key}</b> {tag.Value}
            {canWrite && <Button variant="inline-icon" iconName="close" ariaLabel={`Remove the tag ${tag.Key}`} onClick={() => void change("DeleteTags", { TagKeys: [tag.Key] })} />}
          </li>
        ))}
      </ul>
      {query.isSuccess && tags.length === 0 && <Box color="text-body-secondary">No tags. Tags group what belongs together, and searches find them.</Box>}
      {canWrite && (
        <form className="tag-form" onSubmit={(event) => void add(event)}>
          <FormField label="Key">
            <Input value={name} onChange={({ detail }) => setName(detail.value)} />
          </FormField>
          <FormField label="Value">
            <Input value={value} onChange={({ detail }) => setValue(detail.value)} />
          </FormField>
          <Button formAction="submit" disabled={!name.trim()}>
            Add tag
          </Button>
        </form>
      )}
    </Container>
  );
}
